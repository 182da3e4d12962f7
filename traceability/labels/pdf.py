"""Labels as PDF: one a page on rolls, many on a sheet. Vectors, so that every printer is as sharp as it can be."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.pdfgen.canvas import Canvas

from traceability.labels.content import Label
from traceability.labels.drawing import Drawing, fonts, lay_out
from traceability.labels.sizes import SIZES, Size
from traceability.ledger import BadInput


def size_of(name: str) -> Size:
    if name not in SIZES:
        raise BadInput(
            f"There is no label size {name[:20]}.",
            f"It knows {', '.join(SIZES)}.",
            fields={"size": name[:20]},
        )
    return SIZES[name]


def render_pdf(labels: Sequence[Label], *, size: str, copies: int = 1, skip: int = 0) -> bytes:
    """All labels, each `copies` times. `skip`: how many places of the first sheet are used up already. Raises CannotBeDrawn."""
    shape = size_of(size)
    fonts()
    drawings = [lay_out(label, shape) for label in labels]
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=shape.page if shape.is_sheet else (shape.width, shape.height), invariant=1)
    canvas.setTitle(f"Labels: {labels[0].heading}" if len(labels) == 1 else f"{len(labels)} labels")
    all_of_them = [drawing for drawing in drawings for _ in range(copies)]
    if shape.is_sheet:
        _sheets(canvas, all_of_them, shape, skip)
    else:
        for drawing in all_of_them:
            _draw(canvas, drawing, 0, 0)
            canvas.showPage()
    canvas.save()
    return file.getvalue()


def _sheets(canvas: Canvas, drawings: list[Drawing], size: Size, skip: int) -> None:
    places = size.columns * size.rows
    is_begun = False
    for number, drawing in enumerate(drawings, start=skip % places):
        row, column = divmod(number % places, size.columns)
        if is_begun and number % places == 0:
            canvas.showPage()
        is_begun = True
        _draw(
            canvas, drawing, size.left + column * size.step_x, size.page[1] - size.top - (row + 1) * size.step_y + (size.step_y - size.height)
        )  # fmt: skip
    canvas.showPage()


def _draw(canvas: Canvas, drawing: Drawing, x: float, y: float) -> None:
    for box in drawing.boxes:
        canvas.rect(x + box.x, y + box.y, box.width, box.height, stroke=0, fill=1)
    for text in drawing.texts:
        canvas.setFont(text.font, text.size)
        canvas.drawString(x + text.x, y + text.y, text.text)
