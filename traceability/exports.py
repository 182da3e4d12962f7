"""CSV and XLSX that a spreadsheet opens without surprises: UTF-8 with a mark, real dates and numbers, no formula from a lot number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import IO, Any

from django.http import StreamingHttpResponse
from django.utils import timezone

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?\Z", re.ASCII)
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
BYTE_ORDER_MARK = "\ufeff"


def safe_cell(value: Any) -> str:
    """A cell as text. Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return (
            timezone.localtime(value).isoformat(timespec="minutes")
            if timezone.is_aware(value)
            else value.isoformat(timespec="minutes")
        )
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if text.startswith(DANGEROUS) and not _NUMBER.match(text):
        return "'" + text
    return text


def csv_lines(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Header and rows as lines of CSV, each cell made safe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in _chain(header, rows):
        writer.writerow([safe_cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def csv_text(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    return "".join(csv_lines(header, rows))


def csv_response(
    filename: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A download, written as it is sent. The byte order mark tells spreadsheets that it is UTF-8."""
    response = StreamingHttpResponse(
        _with_mark(csv_lines(header, rows)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{safe_filename(filename)}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


# XLSX holds a million rows on a sheet, and numbers of fifteen digits.
SHEET_ROWS = 1_000_000
DIGITS = 15
_NOT_IN_A_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f']")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a workbook."""

    title: str
    header: Sequence[Any]
    rows: Iterable[Sequence[Any]]


def write_xlsx(
    file: IO[bytes],
    title: str,
    header: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    *,
    notes: Callable[[], Sequence[tuple[str, Any]]],
    zone: tzinfo,
) -> None:
    """A workbook row by row, in little memory: the rows, and a "Read me" sheet whose `notes` are asked for at the end."""
    write_book(file, [Sheet(title, header, rows)], notes=notes, zone=zone)


def write_book(
    file: IO[bytes], sheets: Iterable[Sheet], *, notes: Callable[[], Sequence[tuple[str, Any]]], zone: tzinfo
) -> None:
    """Several tables, one after the other, in little memory; "Read me" is last."""
    import xlsxwriter

    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd hh:mm",
        },
    )
    looks = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": False}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "when": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "label": book.add_format({"bold": True}),
    }
    for table in sheets:
        _write_table(book, table, looks, zone)
    about = book.add_worksheet("Read me")
    about.set_column(0, 0, 24)
    about.set_column(1, 1, 80)
    for place, (label, value) in enumerate(notes()):
        about.write_string(place, 0, label, looks["label"])
        _write_cell(about, place, 1, value, looks, zone)
    book.close()


def _write_table(book: Any, table: Sheet, looks: dict[str, Any], zone: tzinfo) -> None:
    """A million rows on a sheet; what is more goes on on the next."""
    found = iter(table.rows)
    line: Sequence[Any] | None = next(found, None)
    number = 0
    while number == 0 or line is not None:
        number += 1
        sheet = book.add_worksheet(_sheet_title(table.title, number))
        sheet.freeze_panes(1, 0)
        for column, text in enumerate(table.header):
            sheet.set_column(column, column, min(40, max(12, len(str(text)) + 2)))
            sheet.write_string(0, column, str(text), looks["head"])
        place = 0
        while line is not None and place < SHEET_ROWS:
            place += 1
            for column, value in enumerate(line):
                _write_cell(sheet, place, column, value, looks, zone)
            line = next(found, None)
        if place and table.header:
            sheet.autofilter(0, 0, place, len(table.header) - 1)


def _sheet_title(title: str, number: int) -> str:
    stem = _NOT_IN_A_TITLE.sub(" ", title).strip()[:26] or "Rows"
    if stem.lower() in ("read me", "history"):
        stem = f"{stem} rows"
    return stem if number == 1 else f"{stem} {number}"


def _write_cell(sheet: Any, row: int, column: int, value: Any, looks: dict[str, Any], zone: tzinfo) -> None:
    """Text stays text, whatever it begins with; numbers and dates are ones. A number too long for a spreadsheet is text."""
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_string(row, column, "yes" if value else "no")
    elif isinstance(value, int | Decimal):
        digits = Decimal(value).normalize().as_tuple().digits
        if len(digits) > DIGITS or not Decimal(value).is_finite():
            sheet.write_string(row, column, safe_cell(value))
        else:
            sheet.write_number(row, column, float(value))
    elif isinstance(value, datetime):
        local = value.astimezone(zone).replace(tzinfo=None) if timezone.is_aware(value) else value
        _write_moment(sheet, row, column, local, looks["when"])
    elif isinstance(value, date):
        _write_moment(sheet, row, column, datetime.combine(value, time.min), looks["day"])
    elif isinstance(value, list | tuple):
        sheet.write_string(row, column, ", ".join(str(part) for part in value)[:32_767])
    else:
        sheet.write_string(row, column, str(value)[:32_767])


def _write_moment(sheet: Any, row: int, column: int, moment: datetime, look: Any) -> None:
    """A spreadsheet's calendar begins in 1900."""
    if moment.year < 1900:
        sheet.write_string(row, column, f"{moment:%Y-%m-%d}")
    else:
        sheet.write_datetime(row, column, moment, look)


def safe_filename(name: str) -> str:
    """Letters, digits, point, dash and underscore; ends in .csv."""
    stem = _NOT_IN_A_NAME.sub("-", name.removesuffix(".csv")).strip("-.") or "export"
    return f"{stem}.csv"


def _chain(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield header
    yield from rows


def _with_mark(lines: Iterator[str]) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    yield from lines
