"""One label on the screen, from the same strokes as the PDF: what is seen is what is printed."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from traceability.labels.content import Label
from traceability.labels.drawing import BOLD, CODE, lay_out
from traceability.labels.pdf import size_of


def render_svg(label: Label, *, size: str) -> SafeString:
    """Raises CannotBeDrawn, as printing would."""
    shape = size_of(size)
    drawing = lay_out(label, shape)
    boxes = format_html_join(
        "", '<rect x="{}" y="{}" width="{}" height="{}"/>',
        ((_n(box.x), _n(shape.height - box.y - box.height), _n(box.width), _n(box.height)) for box in drawing.boxes),
    )  # fmt: skip
    texts = format_html_join(
        "", '<text x="{}" y="{}" font-size="{}" class="{}">{}</text>',
        ((_n(text.x), _n(shape.height - text.y), _n(text.size), _look(text.font), text.text) for text in drawing.texts),
    )  # fmt: skip
    return format_html(
        '<svg class="label-shown" viewBox="0 0 {} {}" role="img" aria-label="Label of {}, {}">{}{}</svg>',
        _n(shape.width), _n(shape.height), label.heading, shape.words, boxes, texts,
    )  # fmt: skip


def _look(font: str) -> str:
    return {BOLD: "label-bold", CODE: "label-code"}.get(font, "label-text")


def _n(value: float) -> str:
    return f"{value:.2f}"
