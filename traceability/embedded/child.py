"""Start a program that cannot outlive us, if need be without the rights of root.

Run as a script (``python child.py --parent PID --signal INT --identity same -- program args``), it prepares itself
and then *becomes* the program. A script instead of ``preexec_fn``, which may deadlock in a process with threads.
Standard library only.

Identities: ``same``; ``mapped`` (root only: a user namespace in which our root is ``nobody``, so files stay ours and
nothing needs another owner); ``nobody`` (root only: where namespaces are forbidden, as in most containers).
"""

import argparse
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def start(
    command: Sequence[str],
    *,
    on_parent_death: signal.Signals = signal.SIGKILL,
    identity: str = "same",
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Popen for a child that gets ``on_parent_death`` when we die, however we die.

    Call it from the main thread: Linux sends the signal when the *thread* that started the child ends.
    """
    return subprocess.Popen(
        [*_launcher(identity, on_parent_death), *map(os.fspath, command)],
        env=dict(os.environ if env is None else env),
        **options,
    )


def identity_for_servers() -> str:
    """PostgreSQL refuses to run as root. Say how to start it here."""
    if os.name != "posix" or os.geteuid() != 0:
        return "same"
    probe = subprocess.run([*_launcher("mapped", signal.SIGKILL), "/bin/true"], capture_output=True)
    return "mapped" if probe.returncode == 0 else "nobody"


def nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return entry.pw_uid, entry.pw_gid


def _launcher(identity: str, on_parent_death: signal.Signals) -> list[str]:
    script = os.path.abspath(__file__)
    number = str(int(on_parent_death))
    parent = str(os.getpid())
    # -S -E: no site-packages, no PYTHON* variables; the launcher starts in 15 ms.
    return [
        sys.executable,
        "-S",
        "-E",
        script,
        "--parent",
        parent,
        "--signal",
        number,
        "--identity",
        identity,
        "--",
    ]


def _become(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--identity", choices=["same", "mapped", "nobody"], required=True)
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args(arguments)
    if wanted.identity == "mapped":
        _map_root_to_nobody()
    elif wanted.identity == "nobody":
        _drop_to_nobody()
    # After the change of identity, which would clear it.
    die_with(wanted.parent, wanted.signal)
    os.execvp(wanted.command[0], wanted.command)


def _map_root_to_nobody() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise SystemExit(f"user namespaces are not allowed here: {os.strerror(ctypes.get_errno())}")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {uid} 1"),
        ("gid_map", f"{NOBODY} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _drop_to_nobody() -> None:
    uid, gid = nobody()
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, number: int) -> None:
    """Let this process get the signal when the thread that started it ends, however it ends (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before we asked to be told.
        raise SystemExit("the parent process is gone")


if __name__ == "__main__":
    _become(sys.argv[1:])
