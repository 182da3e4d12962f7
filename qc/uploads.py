"""Rows out of a CSV or XLSX that somebody sends: examined outside first, then read as plain text cells."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl

from traceability.intake import Refused, examine
from traceability.ledger import BadInput

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

BYTES = 5 * 1024**2
ROWS = 2_000
COLUMNS = 60


def text_of(upload: UploadedFile) -> str:
    """The first sheet, or the CSV, as CSV text with commas. Raises BadInput with what is wrong."""
    name = upload.name or "file"
    if (upload.size or 0) > BYTES:
        raise BadInput(
            f"{name} was not taken.", "It is larger than 5 MB.", "Divide it.", fields={"file": "too large"}
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{Path(name).suffix.lower()[:6]}"
        with path.open("wb") as file:
            for part in upload.chunks():
                file.write(part)
        try:
            found = examine(path, name)
        except Refused as refused:
            raise BadInput(f"{name} was not taken.", refused.why, fields={"file": refused.code}) from refused
        if found.extension == "xlsx":
            return _sheet(path)
        if found.extension == "csv":
            return _plain(path)
    raise BadInput(f"{name} has no rows.", "CSV and XLSX are read.", fields={"file": "file_type"})


def rows_of(text: str, *, known: set[str], needed: set[str]) -> list[tuple[int, dict[str, str]]]:
    """(line number, cells by column) of every row that says something. An unknown column is told, not passed over."""
    csv.field_size_limit(BYTES)
    delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter)
    try:
        heads = [head.strip().lower().replace(" ", "_") for head in next(reader, [])]
        if unknown := [head for head in heads if head and head not in known]:
            raise BadInput(
                f"No column is called {', '.join(unknown[:5])}.",
                "",
                f"The columns are: {', '.join(sorted(known))}.",
                fields={"file": "columns"},
            )
        if missing := sorted(needed - set(heads)):
            raise BadInput(
                f"The column {', '.join(missing)} is missing.",
                "",
                "The first row names the columns.",
                fields={"file": "columns"},
            )
        rows = []
        for line, cells in enumerate(reader, start=2):
            row = {head: cell.strip() for head, cell in zip(heads, cells, strict=False) if head}
            if any(row.values()):
                rows.append((line, row))
            if len(rows) > ROWS:
                raise BadInput(
                    f"It has more than {ROWS:,} rows.", now="Divide it.", fields={"file": "too long"}
                )
    except csv.Error as error:
        raise BadInput(
            "It is no whole CSV.", now="Save it again as CSV.", fields={"file": "file_broken"}
        ) from error
    if not rows:
        raise BadInput(
            "It has no rows.",
            now="The first row names the columns, the next ones say something.",
            fields={"file": "empty"},
        )
    return rows


def _plain(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _sheet(path: Path) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True, max_col=COLUMNS)):
            if number > ROWS + 1:
                break
            writer.writerow([_cell(cell) for cell in cells])
        book.close()
    except BadInput:
        raise
    except Exception as error:
        # openpyxl fails in many ways on what is no workbook inside; each means the same to the person who sent it.
        raise BadInput(
            "The workbook could not be read.", now="Save it again, or as CSV.", fields={"file": "file_broken"}
        ) from error
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != datetime.min.time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
