"""Programs that run together: each with its log, none that outlives us, and when one falls all stop."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from traceability.embedded import child

from . import paths

STOP_WITHIN = 12.0


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


@dataclass
class Running:
    program: Program
    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Wait for the end of a short program, and what it printed."""
        self.process.wait()
        return self.log.read_text(errors="replace").strip()


class Supervisor:
    """Use as a context manager: on the way out it stops, last started first, whatever still runs."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._running: list[Running] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, program: Program) -> Running:
        self.logs.mkdir(parents=True, exist_ok=True)
        path = self.logs / f"{program.name}.log"
        with open(path, "wb") as log:
            process = child.start(
                program.command,
                # The strongest signal: nothing is lost, since a job is a row and a request is a transaction.
                on_parent_death=signal.SIGKILL,
                env=program.environment,
                cwd=paths.ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches us alone; we stop the others in order.
                start_new_session=True,
            )
        running = Running(program, process, path)
        self._running.append(running)
        return running

    def run(self, program: Program) -> None:
        """To its end, which must be good."""
        running = self.start(program)
        said = running.said()
        self._running.remove(running)
        if running.process.returncode:
            sys.exit(f"{said}\n\nThe step '{program.name}' failed; its log is {running.log}")

    def serve(self, program: Program, *, until_answers: str = "") -> Running:
        running = self.start(program)
        while until_answers and not _answers(until_answers):
            if running.process.poll() is not None:
                sys.exit(f"{running.said()}\n\n'{program.name}' did not start; its log is {running.log}")
            time.sleep(0.05)
        return running

    def wait(self) -> int:
        """Until somebody stops us, or one of the servers falls."""
        while True:
            for running in self._running:
                if running.process.poll() not in (None, 0):
                    print(f"'{running.program.name}' has stopped; its log is {running.log}", file=sys.stderr)
                    return 1
            time.sleep(0.5)

    def stop(self) -> None:
        for running in reversed(self._running):
            if running.process.poll() is None:
                running.process.terminate()
        deadline = time.monotonic() + STOP_WITHIN
        for running in reversed(self._running):
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()
        self._running.clear()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
