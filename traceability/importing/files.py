"""The file as it came: judged by its content, kept under a name of ours, read by a child that may break without harm."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import secrets
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from traceability.ledger import BadInput

MOST = 20 * 1024 * 1024
SECONDS, MEMORY, WRITTEN = 120, 1024 * 1024 * 1024, 400 * 1024 * 1024
_TURNS = {"Cc", "Cf", "Cs", "Co", "Cn"}
OLE, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"


class FileRefused(BadInput):
    """A file that is not taken as a whole: too large, something else than its name says, or not readable."""

    code = "import_file_refused"


class FileTooLarge(FileRefused):
    code = "too_large"
    status = 413


@dataclass(frozen=True, slots=True)
class ReadFile:
    stored_as: str
    digest: str
    size: int
    name: str
    about: dict[str, Any]


def shown_name(name: str) -> str:
    """A file's name as it is shown: without a path, controls, or signs that turn the direction of reading."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(sign for sign in last if unicodedata.category(sign) not in _TURNS)
    return plain.strip()[-120:] or "file"


def format_of(content: bytes, name: str) -> str:
    """csv or xlsx, by what it is; refused when the name says something else."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if content.startswith(OLE):
        raise FileRefused(
            "This is an old or encrypted Office file.",
            "Only XLSX without a password is taken.",
            "Save it as XLSX or as CSV UTF-8.",
        )
    if ending in ("xlsm", "xlsb", "xls", "ods"):
        raise FileRefused(
            f"A {ending.upper()} file is not taken.",
            "It may carry programs, or is another format.",
            "Save it as XLSX or as CSV UTF-8.",
        )
    if content.startswith(ZIP):
        if ending not in ("xlsx",):
            raise FileRefused(
                "This is an archive or a workbook under another name.",
                f"It is called {name[-40:]}.",
                "Bring an XLSX as .xlsx, a CSV as .csv.",
            )
        return "xlsx"
    if ending == "xlsx":
        raise FileRefused(
            "This is not an XLSX file.", "Its content is something else.", "Save it again as XLSX."
        )
    head = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"%pdf", b"mz", b"\x7felf", b"{\\rtf")):
        raise FileRefused(
            "This is not a CSV file.",
            "It begins like a page, a document or a program.",
            "Save it as CSV UTF-8.",
        )
    return "csv"


def read_file(content: bytes, *, name: str, options: dict[str, Any]) -> ReadFile:
    """Keep the file, have a child read it, and keep its rows. Raises FileRefused."""
    if len(content) > MOST:
        raise FileTooLarge(
            f"The file has {len(content) / 1024 / 1024:.0f} MB; 20 are the most.", now="Bring it in parts."
        )
    if not content.strip():
        raise FileRefused("This file is empty.", now="Download the template to see what belongs into it.")
    shown = shown_name(name)
    kind = format_of(content, shown)
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(16)
    raw, rows = folder / f"{token}.raw", folder / f"{token}.rows"
    with os.fdopen(os.open(raw, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    try:
        about = _parse(raw, rows, {**options, "format": kind})
    except BaseException:
        rows.unlink(missing_ok=True)
        raise
    finally:
        raw.unlink(missing_ok=True)
    return ReadFile(
        f"imports/{token}.rows",
        hashlib.sha256(content).hexdigest(),
        len(content),
        shown,
        {**about, "format": kind},
    )


def _parse(raw: Path, rows: Path, options: dict[str, Any]) -> dict[str, Any]:
    child = Path(__file__).with_name("child.py")
    asked = {
        name: options[name] for name in ("format", "encoding", "delimiter", "sheet") if options.get(name)
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(child), str(raw), str(rows), json.dumps(asked)],
            capture_output=True, timeout=SECONDS + 30, preexec_fn=_limit, env={"PATH": os.environ.get("PATH", ""), "OPENPYXL_LXML": "False"}, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise FileRefused("Reading this file took too long.", now="Bring it in smaller parts.") from error
    if done.returncode == 3:
        told = json.loads(done.stdout)
        raise FileRefused(told["what"], told["why"], told["now"], fields=told["fields"])
    if done.returncode:
        raise FileRefused(
            "This file cannot be read.",
            "It needed more memory or time than a file may.",
            "Save it again, or bring it in smaller parts.",
        )
    rows.chmod(0o600)
    with rows.open(encoding="utf-8") as file:
        about: dict[str, Any] = json.loads(file.readline())
        about["rows"] = sum(1 for _ in file)
    return about


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN, WRITTEN))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
