"""``python3 manage.py test [--slow] [--pg BIN_DIR] [anything pytest takes]``

Starts a PostgreSQL of its own that may forget everything, and a broker; migrates one template database as the owner (kept for
the next run, until a migration changes); sets the environment; and only then runs pytest, whose tests connect as the application. Nothing is left behind.

* ``--slow``: also the tests marked slow, and the counts that the documents state (the ``count`` fixture).
* ``--pg BIN_DIR``: on another PostgreSQL, say ``/usr/lib/postgresql/15/bin`` (also ``EMBEDDED_PG_BIN``).
* ``TEST_DATABASE_OWNER_URL`` and ``TEST_DATABASE_URL``: a server you run. The owner needs CREATEDB and membership in
  ``pg_signal_backend``; the databases are made and dropped by us.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from traceability import embedded
from traceability.embedded import child

from . import migrated, pango, paths

TEMPLATE = "lotline_template"
# With one of these the person wants one process, whatever else is asked.
ONE_PROCESS = ("-n", "--numprocesses", "-p", "--pdb", "--trace", "-s", "--collect-only", "--co")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py test", usage=__doc__, add_help=False, allow_abbrev=False)
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--pg", type=Path)
    ours, for_pytest = parser.parse_known_args(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(a_folder())
        environment = {
            **os.environ,
            **stack.enter_context(databases(folder, ours.pg)),
            "CELERY_BROKER_URL": stack.enter_context(broker()),
            "LOTLINE_SLOW": "1" if ours.slow else "",
            "LOTLINE_MEDIA_ROOT": str(folder / "media"),
            "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright runs an event loop in the test's thread.
            "DATABASE_LOCK_TIMEOUT": os.environ.get("DATABASE_LOCK_TIMEOUT", "20s"),
            "PYTHONUNBUFFERED": "1",
            **pango.environment(),
        }
        return run_pytest(for_pytest, environment)


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    """For this run alone: two people may test in one tree. What a killed run left is swept by the next."""
    parent = paths.DATA / "tests"
    parent.mkdir(parents=True, exist_ok=True)
    for old in parent.iterdir():
        if old.name.isdigit() and not Path(f"/proc/{old.name}").exists() and Path("/proc/self").exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = parent / str(os.getpid())
    folder.mkdir(exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def databases(folder: Path, bin_folder: Path | None) -> Iterator[dict[str, str]]:
    """The environment with both addresses of a migrated template database."""
    if "TEST_DATABASE_OWNER_URL" in os.environ:
        owner, app = os.environ["TEST_DATABASE_OWNER_URL"], os.environ["TEST_DATABASE_URL"]
        for environment in _on_a_given_server(owner, app):
            migrate(environment)
            yield environment
        return
    bin_folder = bin_folder or embedded.binaries()
    data = embedded.data_folder(folder, bin_folder)
    try:
        migrated.copy_to(data, bin_folder, make=_make_template)
        with embedded.Cluster(data, bin_folder=bin_folder, testing=True) as cluster:
            yield cluster.environment(TEMPLATE)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _make_template(data: Path, bin_folder: Path) -> None:
    """A cluster in `data`, with the template migrated, stopped."""
    with embedded.Cluster(data, bin_folder=bin_folder, testing=True) as cluster:
        cluster.create_database(TEMPLATE)
        migrate(cluster.environment(TEMPLATE))
        cluster.stop(to_be_copied=True)


def _on_a_given_server(owner: str, app: str) -> Iterator[dict[str, str]]:
    import psycopg2

    template = f"{TEMPLATE}_{os.getpid()}"
    connection = psycopg2.connect(owner)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{template}"')
        try:
            yield {
                "DATABASE_URL": urlsplit(app)._replace(path=f"/{template}").geturl(),
                "DATABASE_OWNER_URL": urlsplit(owner)._replace(path=f"/{template}").geturl(),
            }
        finally:
            cursor.execute(f'DROP DATABASE IF EXISTS "{template}" WITH (FORCE)')
    connection.close()


@contextlib.contextmanager
def broker() -> Iterator[str]:
    if "TEST_BROKER_URL" in os.environ:
        yield os.environ["TEST_BROKER_URL"]
        return
    with embedded.Valkey() as valkey:
        yield valkey.url


def migrate(environment: dict[str, str]) -> None:
    begun = time.monotonic()
    as_owner = {**os.environ, **environment, "DATABASE_URL": environment["DATABASE_OWNER_URL"]}
    command = [sys.executable, str(paths.ROOT / "manage.py"), "migrate", "--verbosity=0", "--skip-checks"]
    if subprocess.run(command, env=as_owner, cwd=paths.ROOT).returncode:
        sys.exit("The migrations failed (see above).")
    print(f"Migrated an empty database in {time.monotonic() - begun:.1f} s.", flush=True)


def run_pytest(arguments: list[str], environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *in_parallel(arguments), *arguments]
    process = child.start(command, on_parent_death=signal.SIGTERM, env=environment, cwd=paths.ROOT)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal has told pytest too; let it finish its report.
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()


def in_parallel(arguments: list[str]) -> list[str]:
    """Two workers, unless a single file or test is asked for, or something that needs one process."""
    if any(argument.startswith(ONE_PROCESS) for argument in arguments):
        return []
    named = [argument for argument in arguments if ".py" in argument]
    folders = [argument for argument in arguments if Path(argument.rstrip("/")).is_dir()]
    if len(named) == 1 and not folders:
        return []
    return ["-n", "2", "--dist", "loadfile"]
