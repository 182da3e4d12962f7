"""The parser, alone in a process with little memory and time: a file in, its cells out as lines of JSON.

    python -I child.py FILE OUT '{"format": "csv", …}'

It knows nothing of the product and has no connection to anything. The first line of OUT tells the headings; each further
one is [row, [cell, …]]. A cell is its text, or [kind, text] where a spreadsheet knows more: n number, d day, b yes or no,
f formula. What cannot be taken at all ends it with a sentence in words.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, NoReturn

ROWS, COLUMNS, CELL = 100_000, 200, 32_767
UNPACKED, RATIO, PARTS = 200 * 1024 * 1024, 100, 1_000
ENCODINGS = {"utf-8": "utf-8", "cp1252": "cp1252", "utf-16": "utf-16"}


def main() -> None:
    path, out, told = sys.argv[1:4]
    options: dict[str, Any] = json.loads(told)
    rows = of_xlsx(path, options) if options["format"] == "xlsx" else of_csv(path, options)
    with open(out, "w", encoding="utf-8") as file:
        for line in rows:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
            file.write("\n")


def refuse(what: str, why: str = "", now: str = "", **fields: Any) -> NoReturn:
    print(json.dumps({"what": what, "why": why, "now": now, "fields": fields}))
    sys.exit(3)


# CSV


def of_csv(path: str, options: dict[str, Any]) -> Iterator[Any]:
    with open(path, "rb") as file:
        text = decoded(file.read(), options.get("encoding", "utf-8"))
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        refuse(
            f"Line {line} has a zero byte in it.", "It is not a text file.", "Save it again as CSV.", row=line
        )
    delimiter = options.get("delimiter") or likely_delimiter(text)
    csv.field_size_limit(CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    yield from table(numbered(reader), {"delimiter": delimiter})


def decoded(content: bytes, encoding: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) and encoding != "utf-16":
        refuse(
            "This file is UTF-16.",
            now="Choose UTF-16 as its encoding, or save it as CSV UTF-8.",
            encoding="utf-16",
        )
    if content.startswith(b"\xef\xbb\xbf"):
        content, encoding = content[3:], "utf-8"
    try:
        return content.decode(ENCODINGS.get(encoding, "utf-8"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        refuse(
            f"Line {line} is not {encoding.upper()}.", "It is not guessed, because letters could change.",
            "Choose the encoding it was saved in, or save it as CSV UTF-8.", row=line,
        )  # fmt: skip


def likely_delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t|", key=lambda sign: (head.count(sign), sign == ","))


def numbered(reader: Any) -> Iterator[tuple[int, list[Any]]]:
    """Rows with the number of the line they begin on, as an editor counts."""
    began = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            said = str(error)
            why = "A quotation mark is not closed." if "end of data" in said or "quote" in said else "It is longer than a cell may be." if "limit" in said else f"{said[:1].upper()}{said[1:]}."  # fmt: skip
            refuse(
                f"Line {began} cannot be read.", why, "Mend that line and bring the file again.", row=began
            )
        yield began, row
        began = reader.line_num + 1


# XLSX


def of_xlsx(path: str, options: dict[str, Any]) -> Iterator[Any]:
    check_archive(path)
    import openpyxl
    from openpyxl.xml import DEFUSEDXML

    assert DEFUSEDXML, "defusedxml guards the XML"
    try:
        # An open file: by a path it would judge the ending, and ours says nothing.
        book = openpyxl.load_workbook(
            open(path, "rb"), read_only=True, data_only=False, keep_links=False  # noqa: SIM115
        )  # fmt: skip
    except Exception as error:
        refuse(
            "This workbook cannot be read.",
            f"It is broken ({type(error).__name__}).",
            "Save it again as XLSX.",
        )
    names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    wanted = options.get("sheet") or next(
        (name for name in names if name.lower() not in {"read me", "units"}), ""
    )
    if wanted not in names:
        refuse(
            "There is no sheet to read.",
            f"It has {', '.join(names[:10]) or 'none that is shown'}.",
            "Choose a sheet.",
            sheets=names,
        )
    sheet = book[wanted]
    hidden_rows, hidden_columns, merged = looks(path, sheet)
    if merged:
        refuse(
            "This sheet has merged cells.",
            f"{', '.join(merged[:3])}.",
            "Take the merging away: a value belongs to one cell.",
            cells=merged[:20],
        )
    sheet.reset_dimensions()
    about = {"sheet": wanted, "sheets": names, "hidden_rows": hidden_rows, "hidden_columns": hidden_columns}
    try:
        yield from table(
            (
                (number, [of_cell(cell) for cell in row])
                for number, row in enumerate(sheet.iter_rows(), start=1)
            ),
            about,
        )
    except SystemExit:
        raise
    except Exception as error:
        refuse(
            "This workbook cannot be read.",
            f"It is broken ({type(error).__name__}).",
            "Save it again as XLSX.",
        )


def check_archive(path: str) -> None:
    try:
        archive = zipfile.ZipFile(path)
        parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        refuse(
            "This is not an XLSX file.",
            "It is broken, or something else under that name.",
            "Save it again as XLSX.",
        )
    names = {part.filename.lower() for part in parts}
    unpacked, packed = (
        sum(part.file_size for part in parts),
        max(sum(part.compress_size for part in parts), 1),
    )
    if len(parts) > PARTS or unpacked > UNPACKED or unpacked / packed > RATIO:
        refuse(
            "This file unpacks to more than is taken.",
            f"{len(parts):,} parts, {unpacked:,} bytes.",
            "Bring it in smaller parts.",
        )
    if any(part.flag_bits & 1 for part in parts):
        refuse("This file is encrypted.", now="Save it without a password.")
    if "xl/workbook.xml" not in names:
        refuse("This is not an XLSX file.", "It is another kind of archive.", "Save it as XLSX.")
    if any("vbaproject" in name or "macrosheet" in name for name in names):
        refuse(
            "This file has macros.",
            "Macros are programs; they are not taken.",
            "Save it as XLSX without macros.",
        )
    if any("externallink" in name for name in names):
        refuse(
            "This file refers to other files.",
            "What stands there is not in it.",
            "Copy the values into it, then save it again.",
        )


def looks(path: str, sheet: Any) -> tuple[int, list[str], list[str]]:
    """Hidden rows and columns and merged cells, from the sheet's text: the reader for large files does not tell them."""
    hidden_rows, columns, merged = 0, list[str](), list[str]()
    tail = b""
    with zipfile.ZipFile(path) as archive, archive.open(sheet._worksheet_path.lstrip("/")) as file:
        while chunk := file.read(1 << 20):
            text = tail + chunk
            cut = max(text.rfind(b"<"), 0)
            text, tail = text[:cut], text[cut:]
            hidden_rows += len(re.findall(rb'<row [^>]*hidden="(?:1|true)"', text))
            columns += [
                m[1].decode() for m in re.finditer(rb'<col [^>]*?min="(\d+)"[^>]*hidden="(?:1|true)"', text)
            ]
            columns += [
                m[1].decode() for m in re.finditer(rb'<col [^>]*hidden="(?:1|true)"[^>]*min="(\d+)"', text)
            ]
            merged += [m[1].decode() for m in re.finditer(rb'<mergeCell [^>]*ref="([A-Z0-9:]{1,40})"', text)]
        merged += [m[1].decode() for m in re.finditer(rb'<mergeCell [^>]*ref="([A-Z0-9:]{1,40})"', tail)]
    return hidden_rows, [letter(int(number)) for number in columns], merged


def of_cell(cell: Any) -> Any:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return ["f", str(value)[:200]]
    if isinstance(value, bool):
        return ["b", "yes" if value else "no"]
    if isinstance(value, int | float):
        return ["n", repr(value) if isinstance(value, float) and not value.is_integer() else f"{value:.0f}"]
    if isinstance(value, datetime):
        return [
            "d",
            value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds"),
        ]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    text = str(value)
    if len(text) > CELL:
        refuse(
            f"{letter(cell.column)}{cell.row} is longer than a cell may be.",
            now="Shorten it.",
            cell=f"{letter(cell.column)}{cell.row}",
        )
    return text


# Both


def table(rows: Iterator[tuple[int, list[Any]]], about: dict[str, Any]) -> Iterator[Any]:
    """The headings first; then every row that is not empty. Raises nothing: what cannot be is refused."""
    head: list[str] = []
    width = count = 0
    for number, cells in rows:
        while cells and cells[-1] == "":
            cells.pop()
        if not cells or all(text_of(cell).strip() == "" for cell in cells):
            continue
        if not head:
            head = [text_of(cell).strip() for cell in cells]
            width = len(head)
            if width > COLUMNS:
                refuse(
                    f"There are {width} columns; {COLUMNS} are the most.",
                    now="Take out what is not needed.",
                    columns=width,
                )
            yield {**about, "headings": head, "row": number}
            continue
        if len(cells) > width:
            refuse(
                f"{letter(width + 1)}{number} has a value without a heading above it.", now="Give its column a heading, or clear it.", cell=f"{letter(width + 1)}{number}"
            )  # fmt: skip
        count += 1
        if count > ROWS:
            refuse(f"There are more than {ROWS:,} rows.", now="Bring it in parts.", row=number)
        yield [number, cells]
    if not head:
        refuse("This file is empty.", now="Download the template to see what belongs into it.")


def text_of(cell: Any) -> str:
    return cell if isinstance(cell, str) else str(cell[1])


def letter(number: int) -> str:
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


if __name__ == "__main__":
    main()
