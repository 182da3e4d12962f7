"""``python3 manage.py demo``: the whole product on this machine, with a story to walk through.

Our own PostgreSQL and Valkey (unless DATABASE_URL or CELERY_BROKER_URL name others), migrations as the owner, the
story as the application, then a web server, a worker and beat. The data stay in ``.data``; nothing else does: Ctrl-C,
SIGTERM and even kill -9 take every process along.
"""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from traceability import embedded

from . import pango, paths
from .supervision import Program, Supervisor, free_port, is_free

MANAGE = [sys.executable, str(paths.ROOT / "manage.py")]
CELERY = [sys.executable, "-m", "celery", "--app=traceability.config.celery", "--quiet"]


def main(argv: list[str]) -> int:
    wanted = arguments(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with contextlib.ExitStack() as stack:
            data = (
                stack.enter_context(a_throw_away_folder()) if wanted.check and not wanted.keep else paths.DATA
            )
            return run(wanted, data, stack)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py demo", description=__doc__)
    parser.add_argument("--port", type=int, help="8000; with --check any free one")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 shows the demo to the network")
    parser.add_argument(
        "--reset", action="store_true", help="start the story over: forget all data of the demo"
    )
    parser.add_argument("--empty", action="store_true", help="without the story")
    parser.add_argument(
        "--check", action="store_true", help="start on throw-away data, check, stop; exit 0 if right"
    )
    parser.add_argument("--keep", action="store_true", help="with --check: on the demo's own data")
    return parser.parse_args(argv)


def run(wanted: argparse.Namespace, data: Path, stack: contextlib.ExitStack) -> int:
    stack.enter_context(the_only_one(data))
    port = wanted.port if wanted.port is not None else (0 if wanted.check else 8000)
    port = port or free_port()
    if not is_free(wanted.host, port):
        sys.exit(f"Port {port} is taken. Choose another: python3 manage.py demo --port {port + 1}")
    supervisor = stack.enter_context(Supervisor(data / "logs"))
    # Fetching Pango may take some seconds: let PostgreSQL start meanwhile.
    fetching = supervisor.start(Program("pango", [sys.executable, "-m", "traceability.config.pango"]))

    say("Starting PostgreSQL and Valkey …")
    environment = {
        **os.environ,
        **stack.enter_context(database(data, reset=wanted.reset)),
        "CELERY_BROKER_URL": stack.enter_context(broker()),
        "LOTLINE_DATA": str(data),
    }
    environment.setdefault("LOTLINE_CHECKPOINT_FOLDER", str(data / "checkpoints"))
    environment.setdefault("LOTLINE_URL", f"http://localhost:{port}")
    if wanted.host not in {"127.0.0.1", "localhost"}:
        environment.setdefault("ALLOWED_HOSTS", "*")
    as_owner = {
        **environment,
        "DATABASE_URL": environment.get("DATABASE_OWNER_URL", environment["DATABASE_URL"]),
    }
    say("Migrating …")
    supervisor.run(Program("migrate", [*MANAGE, "migrate", "--verbosity=0", "--skip-checks"], as_owner))
    if not wanted.empty:
        say("Telling the story …")
        supervisor.run(Program("story", [*MANAGE, "load_story", "--skip-checks"], environment))

    no_pdf = fetching.said()
    environment.update(pango.environment())
    web, *others = [Program(name, command, environment) for name, command in servers(wanted.host, port, data)]
    supervisor.serve(web, until_answers=f"http://127.0.0.1:{port}/healthz")
    for program in others:
        supervisor.serve(program)

    accounts = read_accounts(data)
    address = f"http://localhost:{port}/"
    greet(address, accounts, no_pdf)
    if wanted.check:
        return check(address, accounts)
    return supervisor.wait()


def servers(host: str, port: int, data: Path) -> Iterator[tuple[str, list[str]]]:
    yield (
        "web",
        [
            *[
                sys.executable,
                "-m",
                "gunicorn",
                "traceability.config.wsgi:application",
                f"--bind={host}:{port}",
            ],
            *["--workers=2", "--threads=4", "--preload", "--log-level=warning", "--graceful-timeout=5"],
            *["--no-control-socket"],
        ],
    )
    threads = [*CELERY, "worker", "--pool=threads", "--concurrency=2", "--loglevel=WARNING"]
    yield "worker", [*threads, "--without-gossip", "--without-mingle"]
    yield (
        "beat",
        [*CELERY, "beat", f"--schedule={data / 'beat-schedule'}", "--pidfile=", "--loglevel=WARNING"],
    )


@contextlib.contextmanager
def a_throw_away_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lotline-check-"))
    try:
        yield folder
    finally:
        forget(folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def the_only_one(data: Path) -> Iterator[None]:
    """The lock goes with the process, so a killed demo does not stand in the way of the next."""
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "demo.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(
                "The demo is running already. Stop it first, or give this one its own folder: LOTLINE_DATA=…"
            )
        yield


@contextlib.contextmanager
def database(data: Path, *, reset: bool) -> Iterator[dict[str, str]]:
    if "DATABASE_URL" in os.environ:
        if reset:
            sys.exit(
                "--reset forgets only the demo's own PostgreSQL. Empty the database of DATABASE_URL yourself."
            )
        yield {}
        return
    if reset:
        forget(data)
    with embedded.Cluster(embedded.data_folder(data)) as cluster:
        cluster.create_database("lotline")
        yield cluster.environment()


def forget(data: Path) -> None:
    for path in (embedded.data_folder(data), data / "media", data / "checkpoints"):
        shutil.rmtree(path, ignore_errors=True)
    for path in (data / "demo-accounts.json", *data.glob("beat-schedule*")):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def broker() -> Iterator[str]:
    if "CELERY_BROKER_URL" in os.environ:
        yield os.environ["CELERY_BROKER_URL"]
        return
    with embedded.Valkey() as valkey:
        yield valkey.url


def read_accounts(data: Path) -> list[dict[str, str]]:
    path = data / "demo-accounts.json"
    return json.loads(path.read_text()) if path.exists() else []


def greet(address: str, accounts: list[dict[str, str]], no_pdf: str) -> None:
    seconds = time.time() - float(os.environ["LOTLINE_STARTED"])
    print(f"\nLotline is at {address}  (after {seconds:.1f} s; Ctrl-C stops it)\n")
    for account in accounts:
        print("  {role:<24} {name:<20} {username:<14} {password}".format_map(account))
    if no_pdf:
        print(f"\n{no_pdf}")
    print(flush=True)


def check(address: str, accounts: list[dict[str, str]]) -> int:
    from . import checking

    started = float(os.environ["LOTLINE_STARTED"])
    everything_right = True
    for ok, sentence in checking.check(address, accounts, started):
        print("ok   " if ok else "WRONG", sentence, flush=True)
        everything_right = everything_right and ok
    print(
        f"{'Everything is right' if everything_right else 'Not right'}, {time.time() - started:.1f} s after the start."
    )
    return 0 if everything_right else 1


def say(sentence: str) -> None:
    print(sentence, flush=True)
