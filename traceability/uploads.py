"""How much a browser may send: a file that is too large is dropped while it arrives, before it fills the disk.

First in FILE_UPLOAD_HANDLERS. The view finds the names of what was dropped in `too_large(request)` and says so.
"""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from traceability.media import BYTES

ALL_BYTES = 8 * BYTES
MOST_FILES = 40


class Capped(FileUploadHandler):
    """Drops a file at its first byte past 25 MB, and stops listening past 200 MB or 40 files."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.total, self.files, self.this = 0, 0, 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.this, self.files = 0, self.files + 1
        if self.files > MOST_FILES:
            self._drop()
            raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.this += len(raw_data)
        self.total += len(raw_data)
        if self.total > ALL_BYTES:
            self._drop()
            raise StopUpload(connection_reset=True)
        if self.this > BYTES:
            self._drop()
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _drop(self) -> None:
        if self.request is not None:
            dropped: list[str] = getattr(self.request, "_too_large", [])
            dropped.append(self.file_name or "file")
            self.request._too_large = dropped  # type: ignore[attr-defined]


def too_large(request: HttpRequest) -> list[str]:
    """The names of files that were dropped because of their size."""
    return getattr(request, "_too_large", [])
