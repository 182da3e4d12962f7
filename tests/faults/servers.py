"""Servers that can be killed, and a wire that can be cut: PostgreSQL, the web server, and what lies between."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
from django.db import connections

from tests.house.test_processes import descendants
from traceability import embedded
from traceability.config import paths
from traceability.config.supervision import free_port
from traceability.embedded import child
from traceability.embedded.postgres import OWNER_ROLE, SUPERUSER
from traceability.embedded.sockets import private_folder

NAME = "lotline"
_numbers = count(1)
PATIENCE = 60.0


class Mortal(embedded.Cluster):
    """A PostgreSQL with the settings of production (fsync on). It can be killed at any moment, and comes back where it was."""

    def restore(self, url: str, name: str) -> None:
        """A copy of a database elsewhere, by dump and restore: faster than migrating, and what a backup is."""
        self.create_database(name)
        dump = subprocess.Popen([self.bin / "pg_dump", "--no-comments", url], stdout=subprocess.PIPE)
        subprocess.run(
            [self.bin / "psql", "--quiet", "--set=ON_ERROR_STOP=1", "--no-psqlrc", self.owner_url(name)],
            stdin=dump.stdout,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        assert dump.wait() == 0

    @contextmanager
    def clone(self) -> Iterator[str]:
        """A database of its own for one test."""
        name = f"{NAME}_{next(_numbers)}"
        with self.superuser() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{NAME}" OWNER {OWNER_ROLE}')
        yield name

    def kill(self) -> None:
        """kill -9 of the postmaster and of every process of it."""
        assert self._process is not None
        for pid in [self._process.pid, *descendants(self._process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def come_back(self) -> None:
        """As an init system would: start it again, where everybody looks for it."""
        deadline = time.monotonic() + PATIENCE
        while not self._try_to_start(deadline):
            assert time.monotonic() < deadline, self._log_tail()
            time.sleep(0.1)

    @property
    def socket(self) -> Path:
        assert self._sockets is not None
        return self._sockets / ".s.PGSQL.5432"

    @contextmanager
    def superuser(self) -> Iterator[Any]:
        session = psycopg2.connect(self._url(SUPERUSER, "postgres"))
        session.autocommit = True
        try:
            with session.cursor() as cursor:
                yield cursor
        finally:
            session.close()


@contextmanager
def default_on(folder: Path | str, name: str) -> Iterator[None]:
    """Django's default connection, in every thread, to a database of the server whose socket is in this folder."""
    settings = connections.settings["default"]
    before = {key: settings[key] for key in ("HOST", "NAME")}
    connections["default"].close()
    settings.update(HOST=str(folder), NAME=name)
    try:
        yield
    finally:
        connections["default"].close()
        settings.update(before)


class Wire:
    """Between the application and PostgreSQL. `lose(n)`: the next n answers to a COMMIT are lost after it was done."""

    def __init__(self, server: Path) -> None:
        self.server, self.lost, self._to_lose = server, 0, 0
        self.folder = private_folder()
        self._lock, self._ends = threading.Lock(), False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / ".s.PGSQL.5432"))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, answers: int) -> None:
        with self._lock:
            self._to_lose = answers

    def close(self) -> None:
        self._ends = True
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._ends:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far, suppress(OSError):
            far.connect(str(self.server))
            while True:
                for end in select.select([near, far], [], [])[0]:
                    data = end.recv(65_536)
                    if not data:
                        return
                    if end is near and b"COMMIT\x00" in data and self._takes():
                        far.sendall(data)
                        far.recv(65_536)  # It is done; nobody will hear of it.
                        return
                    (far if end is near else near).sendall(data)

    def _takes(self) -> bool:
        with self._lock:
            if self._to_lose == 0:
                return False
            self._to_lose -= 1
            self.lost += 1
            return True


@contextmanager
def a_web_server(database_url: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """gunicorn as production has it: its address and its process, whose children are the workers."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "traceability.config.wsgi:application", f"--bind=127.0.0.1:{port}",
        "--workers=2", "--threads=4", "--log-level=critical", "--no-control-socket",
    ]  # fmt: skip
    environment = {**os.environ, "DATABASE_URL": database_url, "LOTLINE_API_RATE": "100000/min"}
    server = child.start(
        command, env=environment, cwd=paths.ROOT, on_parent_death=signal.SIGKILL, start_new_session=True
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not _listens(port):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
