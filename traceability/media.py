"""Files on our disk: taken in, kept under random names, read again. MEDIA_ROOT is never served as it is."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings

from traceability import ledger

BYTES = 25 * 1024**2
FREE = 512 * 1024**2
CHUNK = 1024**2


class FileRefused(ledger.Refusal):
    """What is told of a file that was not taken. The codes are those of the subclasses."""


class FileTooLarge(FileRefused):
    code: ClassVar[str] = "file_too_large"
    status: ClassVar[int] = 413

    def __init__(self, name: str):
        super().__init__(
            f"{name} was not taken.",
            f"It is larger than {BYTES // 1024**2} MB.",
            "Make it smaller, or divide it.",
            fields={"file": name},
        )


class NoRoom(FileRefused):
    code: ClassVar[str] = "no_room"
    status: ClassVar[int] = 503


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file on our disk that nobody has looked at yet."""

    path: Path
    size: int
    sha256: str


@contextlib.contextmanager
def arrived(file: Any, name: str, *, most: int = BYTES) -> Iterator[Arrived]:
    """The upload on our disk, in a folder of its own that is gone afterwards. Raises FileTooLarge, NoRoom."""
    folder = Path(settings.MEDIA_ROOT) / "incoming" / secrets.token_hex(16)
    folder.mkdir(parents=True, mode=0o700)
    try:
        if shutil.disk_usage(folder).free < FREE:
            raise NoRoom(
                f"{name} was not taken.",
                "The disk for files is nearly full.",
                "Tell the administrator, and try again later.",
            )
        path, digest, size = folder / "file", hashlib.sha256(), 0
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stored:
            while chunk := file.read(CHUNK):
                size += len(chunk)
                if size > most:
                    raise FileTooLarge(name)
                digest.update(chunk)
                stored.write(chunk)
        yield Arrived(path, size, digest.hexdigest())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep(made: Path, *, under: str) -> str:
    """Move a file to its last place, under a random name, and see it to the disk. Returns that name."""
    token = secrets.token_hex(16)
    stored_as = f"{under}/{token[:2]}/{token}"
    path = path_of(stored_as)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made.chmod(0o600)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return stored_as


def path_of(stored_as: str) -> Path:
    return Path(settings.MEDIA_ROOT) / stored_as


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
