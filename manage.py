#!/usr/bin/env python3
"""Every command of Lotline: ``python3 manage.py demo``, ``python3 manage.py test``, and Django's own.

Works with nothing but Python 3.11 or later: the first run makes ``.venv`` from ``uv.lock`` and goes on inside it;
later runs see the stamp and start at once. Standard library only, because it runs before anything is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "lotline-stamp"
TOOLS = ROOT / ".data" / "tools"


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Lotline needs Python 3.11 or later; this is {sys.version.split()[0]} ({sys.executable}).")
    os.environ.setdefault("LOTLINE_STARTED", str(time.time()))  # The demo says how long everything took.
    if not os.environ.get("LOTLINE_NO_BOOTSTRAP"):  # An image brings its own, complete environment.
        if not is_installed():
            install()
        enter()
    from traceability.config.commandline import run

    run(sys.argv)


def is_installed() -> bool:
    return bool(STAMP.exists() and STAMP.read_text() == wanted() and venv_python().exists())


def wanted() -> str:
    """What the environment is made from. Another lock, folder or Python means another environment."""
    lock = hashlib.sha256((ROOT / "uv.lock").read_bytes()).hexdigest()
    return f"{lock} {VENV} {sys.version_info.major}.{sys.version_info.minor} {' '.join(groups())}"


def groups() -> list[str]:
    """The tools of tests come with the first ``test`` and stay; whoever only runs Lotline never fetches them."""
    for_tests = sys.argv[1:2] == ["test"] or bool(os.environ.get("LOTLINE_DEV"))
    there = STAMP.read_text().split() if STAMP.exists() else []
    return ["dev", "embedded"] if for_tests or "dev" in there else ["embedded"]


def install() -> None:
    print("Lotline: preparing .venv (once, and after each change of uv.lock) …", file=sys.stderr, flush=True)
    sync = [uv(), "sync", "--frozen", "--quiet", "--python", base_python(), "--project", str(ROOT)]
    sync += [f"--group={group}" for group in groups()]
    stamp = wanted()
    # The system's certificates know a company's re-signing proxy; uv's own know the world where those are missing.
    for certificates in ({"UV_SYSTEM_CERTS": "1"}, {}):
        environment = {**os.environ, **certificates, "UV_PROJECT_ENVIRONMENT": str(VENV)}
        environment.pop("VIRTUAL_ENV", None)
        if subprocess.run(sync, env=environment).returncode == 0:
            STAMP.write_text(stamp)
            return
    sys.exit("Lotline: the packages could not be installed (see above). Is there a way to PyPI?")


def uv() -> str:
    """uv from the PATH, or our own copy by pip."""
    if found := shutil.which("uv"):
        return found
    own = TOOLS / "bin" / "uv"
    if not own.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, "--root-user-action=ignore", "--target", str(TOOLS), "uv"]).returncode:
            sys.exit(
                "Lotline: needs uv, and pip could not install it. Type one of:\n"
                "  sudo apt-get install -y python3-pip    (Debian, Ubuntu)\n"
                "  curl -LsSf https://astral.sh/uv/install.sh | sh"
            )
    return str(own)


def base_python() -> str:
    """The interpreter behind a virtual environment: ours must not depend on another one."""
    return getattr(sys, "_base_executable", None) or sys.executable


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def enter() -> None:
    """Become the Python of ``.venv``, in the same process, so that signals and exit codes need no go-between."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        return
    python = str(venv_python())
    command = [python, str(ROOT / "manage.py"), *sys.argv[1:]]
    if os.name == "nt":
        sys.exit(subprocess.run(command).returncode)
    os.execv(python, command)


if __name__ == "__main__":
    main()
