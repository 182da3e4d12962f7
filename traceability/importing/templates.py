"""What belongs into a file of a kind: its headings, rows that show how, and each column in words."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from traceability.exports import BYTE_ORDER_MARK, csv_text

if TYPE_CHECKING:
    from traceability.importing.fields import Field, Importer

KINDS = {
    "code": "A code as it stands on the label or paper. Always as text, so that zeros stay.",
    "text": "Text.",
    "quantity": "A number, such as 12.5.",
    "whole": "A whole number.",
    "day": "A day, such as 2026-04-22.",
    "yes": "yes or no.",
    "choice": "One of: {}.",
    "several": "Several, separated by commas.",
}


def examples(importer: Importer) -> list[list[str]]:
    """Rows that show how, in their order; they agree with each other and with the other templates."""
    count = max((len(field.examples) for field in importer.fields), default=0)
    return [[dict(enumerate(field.examples)).get(row, "") for field in importer.fields] for row in range(count)]  # fmt: skip


def explained(field: Field) -> str:
    words = KINDS[field.kind].format(", ".join(label for _, label in field.choices))
    if field.kind == "several" and field.choices:
        words = f"{words} Known: {', '.join(label for _, label in field.choices)}."
    parts = ["Needed." if field.is_required else "", words, field.help]
    return " ".join(part for part in parts if part)


def as_csv(importer: Importer) -> bytes:
    heads = [field.heading for field in importer.fields]
    return (BYTE_ORDER_MARK + csv_text(heads, examples(importer))).encode()


def as_xlsx(importer: Importer) -> bytes:
    """Columns of codes and days are text already, also where they are empty yet: a spreadsheet changes nothing typed there."""
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head, text = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
    sheet = book.add_worksheet(importer.title[:31])
    sheet.freeze_panes(1, 0)
    for column, field in enumerate(importer.fields):
        is_text = field.kind in ("code", "text", "day", "choice", "several", "yes")
        sheet.set_column(column, column, max(12, len(field.heading) + 2), text if is_text else None)
        sheet.write_string(0, column, field.heading, head)
        if field.choices and field.kind == "choice":
            sheet.data_validation(1, column, 100_000, column, {"validate": "list", "source": [label for _, label in field.choices], "ignore_blank": True})  # fmt: skip
    for number, row in enumerate(examples(importer), start=1):
        for column, (field, value) in enumerate(zip(importer.fields, row, strict=True)):
            if value and field.kind in ("quantity", "whole"):
                sheet.write_number(number, column, float(value))
            elif value:
                sheet.write_string(number, column, value, text)
    about = book.add_worksheet("Read me")
    about.set_column(0, 0, 26)
    about.set_column(1, 1, 100)
    about.write_string(0, 0, importer.title, head)
    about.write_string(0, 1, importer.note or "")
    for number, field in enumerate(importer.fields, start=2):
        about.write_string(number, 0, field.heading, head)
        about.write_string(number, 1, explained(field))
    book.close()
    return file.getvalue()
