"""What a file is: told by its content, and it must be what its name says."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from traceability.intake import Examined, Refused

UNPACKED = 200 * 1024**2
RATIO = 100
PARTS = 1_000
CELL = 1_000_000
TAIL = 4_096
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KNOWN = "PDF, PNG, JPEG, CSV and XLSX are taken."
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKUP = re.compile(r"\s*<(?:!|\?|html|svg|script|head|body|xml)", re.IGNORECASE)


def look(path: Path, name: str) -> Examined:
    """Raises Refused for what is not in the list, is not what its name says, or cannot be read."""
    _, point, extension = name.rpartition(".")
    extension = extension.lower()
    if not point or extension not in BY_EXTENSION:
        raise Refused("file_type", f"Files like this are not taken. {KNOWN}")
    if path.stat().st_size == 0:
        raise Refused("file_broken", "It is empty.")
    return BY_EXTENSION[extension](path, extension)


def _pdf(path: Path, extension: str) -> Examined:
    """By its two ends: no parser of ours reads what others wrote. A file that broke off on the way has no second end."""
    _begins_with(path, b"%PDF-", "PDF")
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        end = file.read()
    if b"startxref" not in end or b"%%EOF" not in end:
        raise Refused("file_broken", "It is no whole PDF.")
    return Examined("application/pdf", "pdf")


def _picture(path: Path, extension: str) -> Examined:
    _begins_with(
        path,
        b"\x89PNG\r\n\x1a\n" if extension == "png" else b"\xff\xd8\xff",
        "PNG" if extension == "png" else "JPEG",
    )
    from traceability.intake import pictures

    return pictures.clean(path, is_png=extension == "png")


def _csv(path: Path, extension: str) -> Examined:
    content = path.read_bytes()
    if _CONTROL.search(content):
        raise Refused("file_type", "Its content is no text. Save it as CSV in UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Instruments and older spreadsheets write Windows-1252; the file is kept as it is.
        text = content.decode("cp1252", errors="replace")
    if _MARKUP.match(text) or text.startswith("%PDF"):
        raise Refused("file_type", "Its content is no CSV.")
    csv.field_size_limit(CELL)
    try:
        for _ in csv.reader(text.splitlines()):
            pass
    except csv.Error as error:
        raise Refused("file_broken", "It is no whole CSV.") from error
    return Examined("text/csv", "csv")


def _xlsx(path: Path, extension: str) -> Examined:
    if path.open("rb").read(4) == b"\xd0\xcf\x11\xe0":
        raise Refused(
            "file_type", "It is sealed with a password, or an old workbook. Save it as XLSX without one."
        )
    _begins_with(path, b"PK\x03\x04", "XLSX")
    try:
        with zipfile.ZipFile(path) as box:
            parts = box.infolist()
            _is_no_bomb(path, parts)
            names = {part.filename for part in parts}
    except zipfile.BadZipFile as error:
        raise Refused("file_broken", "It is no whole XLSX.") from error
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise Refused("file_type", "It is no workbook.")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("file_type", "It has macros. Save it as XLSX without them.")
    return Examined(XLSX, "xlsx")


def _is_no_bomb(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    """By what the file says of itself; nothing is unpacked."""
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if len(parts) > PARTS or unpacked > UNPACKED or (unpacked > 10 * 1024**2 and unpacked / packed > RATIO):
        raise Refused("file_broken", "It unpacks to far more than it is.")


def _begins_with(path: Path, mark: bytes, what: str) -> None:
    with path.open("rb") as file:
        if file.read(len(mark)) != mark:
            raise Refused("file_type", f"Its content is no {what}, whatever its name says.")


BY_EXTENSION: dict[str, Callable[[Path, str], Examined]] = {
    "pdf": _pdf,
    "png": _picture,
    "jpg": _picture,
    "jpeg": _picture,
    "csv": _csv,
    "xlsx": _xlsx,
}
