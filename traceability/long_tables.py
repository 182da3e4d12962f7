"""Tables of any length as PDF, drawn line by line: ten thousand rows in seconds and in little memory.

A row is never cut: what does not fit its column is written on more lines. Each page says what it is of, and its number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO, Any

from reportlab.lib.pagesizes import landscape, letter
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from traceability.labels.drawing import BOLD, SANS, fonts

SIZE, LEADING, MARGIN, GAP = 7.5, 10.0, 36.0, 8.0
INK, MUTED, LINE, BAND = 0.1, 0.4, 0.8, 0.95
SAMPLE = 300
LEAST, WIDEST = 28.0, 220.0


@dataclass(slots=True)
class LongTable:
    """`numbers`: which columns are set to the right. `about`: what stands above it on the first page, as label and value."""

    title: str
    heads: Sequence[str]
    rows: Iterable[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    about: Sequence[tuple[str, str]] = ()
    foot: Sequence[Sequence[str]] = field(default_factory=list)


def draw(
    file: IO[bytes],
    tables: Iterable[LongTable],
    *,
    title: str,
    running: str,
    each_row: Callable[[], None] | None = None,
    watermark: str = "",
) -> int:
    """All tables one after the other, each on a new page. Gives the number of pages."""
    fonts()
    pen = _Pen(file, title, running, watermark)
    for table in tables:
        pen.table(table, each_row)
    return pen.finish()


class _Pen:
    def __init__(self, file: IO[bytes], title: str, running: str, watermark: str) -> None:
        self.size = landscape(letter)
        self.canvas = Canvas(file, pagesize=self.size, invariant=1, pageCompression=1)
        self.canvas.setTitle(title)
        self.canvas.setCreator("Lotline")
        self.running, self.watermark = running, watermark
        self.page, self.y = 0, 0.0

    def table(self, table: LongTable, each_row: Callable[[], None] | None) -> None:
        rows = iter(table.rows)
        sample = list(islice(rows, SAMPLE))
        widths = _widths(table.heads, [*sample, *table.foot], self.size[0] - 2 * MARGIN)
        self._page(table, widths, is_first=True)
        count = 0
        for count, row in enumerate(chain(sample, rows), start=1):
            self._row(row, table, widths, is_banded=count % 2 == 0)
            if each_row:
                each_row()
        if not count:
            self._text(MARGIN, self.y - LEADING, "No line.", SANS, MUTED)
            self.y -= 2 * LEADING
        for row in table.foot:
            self._row(row, table, widths, font=BOLD)

    def finish(self) -> int:
        if self.page:
            self._close()
        self.canvas.save()
        return self.page

    def _page(self, table: LongTable, widths: Sequence[float], *, is_first: bool) -> None:
        if self.page:
            self._close()
        self.page += 1
        self.y = self.size[1] - MARGIN
        if self.watermark:
            self.canvas.saveState()
            self.canvas.setFillGray(0.88)
            self.canvas.setFont(BOLD, 70)
            self.canvas.translate(self.size[0] / 2, self.size[1] / 2)
            self.canvas.rotate(30)
            self.canvas.drawCentredString(0, 0, self.watermark)
            self.canvas.restoreState()
        self.canvas.setFont(BOLD, 13 if is_first else 9)
        self.canvas.setFillGray(INK)
        self.canvas.drawString(MARGIN, self.y - 10, table.title if is_first else f"{table.title}, continued")
        self.y -= 24 if is_first else 18
        if is_first:
            self._about(table.about)
        self._heads(table, widths)

    def _about(self, about: Sequence[tuple[str, str]]) -> None:
        words = "   ".join(f"{label}: {value}" for label, value in about)
        for line in _wrapped(words, SANS, self.size[0] - 2 * MARGIN):
            self._text(MARGIN, self.y - SIZE, line, SANS, MUTED)
            self.y -= LEADING
        self.y -= 6 if about else 0

    def _heads(self, table: LongTable, widths: Sequence[float]) -> None:
        lines = [_wrapped(head, BOLD, width - GAP) for head, width in zip(table.heads, widths, strict=True)]
        deep = max(len(cell) for cell in lines)
        self._cells(lines, table.numbers, widths, BOLD, MUTED)
        self.y -= deep * LEADING + 4
        self.canvas.setStrokeGray(MUTED)
        self.canvas.line(MARGIN, self.y, MARGIN + sum(widths), self.y)

    def _row(self, row: Sequence[str], table: LongTable, widths: Sequence[float], *, font: str = SANS, is_banded: bool = False) -> None:  # fmt: skip
        lines = [_wrapped(text, font, width - GAP) for text, width in zip(row, widths, strict=True)]
        height = max(len(cell) for cell in lines) * LEADING + 3
        if self.y - height < MARGIN + 16:
            self._page(table, widths, is_first=False)
        if is_banded:
            self.canvas.setFillGray(BAND)
            self.canvas.rect(MARGIN, self.y - height, sum(widths), height, stroke=0, fill=1)
        if font == BOLD:
            self.canvas.setStrokeGray(MUTED)
            self.canvas.line(MARGIN, self.y, MARGIN + sum(widths), self.y)
        self._cells(lines, table.numbers, widths, font, INK)
        self.y -= height

    def _cells(
        self,
        lines: Sequence[Sequence[str]],
        numbers: frozenset[int],
        widths: Sequence[float],
        font: str,
        grey: float,
    ) -> None:
        self.canvas.setFont(font, SIZE)
        self.canvas.setFillGray(grey)
        x = MARGIN
        for place, (cell, width) in enumerate(zip(lines, widths, strict=True)):
            for number, text in enumerate(cell):
                y = self.y - SIZE - 2 - number * LEADING
                if place in numbers:
                    self.canvas.drawRightString(x + width - GAP, y, text)
                elif text:
                    self.canvas.drawString(x, y, text)
            x += width

    def _text(self, x: float, y: float, text: str, font: str, grey: float) -> None:
        self.canvas.setFont(font, SIZE)
        self.canvas.setFillGray(grey)
        self.canvas.drawString(x, y, text)

    def _close(self) -> None:
        self.canvas.setStrokeGray(LINE)
        self.canvas.line(MARGIN, MARGIN + 8, self.size[0] - MARGIN, MARGIN + 8)
        self._text(MARGIN, MARGIN - 4, self.running, SANS, MUTED)
        self.canvas.drawRightString(self.size[0] - MARGIN, MARGIN - 4, f"Page {self.page}")
        self.canvas.showPage()


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]], room: float) -> list[float]:
    """As wide as what stands in them, within bounds, and together as wide as the page."""
    wanted = []
    for place, head in enumerate(heads):
        longest_word = max((stringWidth(word, BOLD, SIZE) for word in head.split() or [""]), default=0.0)
        texts = [stringWidth(str(row[place]), SANS, SIZE) for row in rows]
        wanted.append(min(WIDEST, max(LEAST, longest_word, *texts, 0.0)) + GAP)
    total = sum(wanted)
    if total > room:
        # The widest give way first, so that numbers and codes stay on one line.
        spare = sorted(range(len(wanted)), key=lambda place: -wanted[place])
        while total > room:
            widest = wanted[spare[0]]
            if widest <= LEAST + GAP:
                return [width * room / total for width in wanted]
            wanted[spare[0]] = max(LEAST + GAP, widest - 4)
            total = sum(wanted)
            spare.sort(key=lambda place: -wanted[place])
    elif total < room * 0.98 and wanted:
        wanted = [width * min(room / total, 1.6) for width in wanted]
    return wanted


def _wrapped(text: Any, font: str, width: float) -> list[str]:
    words = str(text)
    if not words:
        return [""]
    if stringWidth(words, font, SIZE) <= width:
        return [words]
    return list(_lines(words, font, width)) or [""]


def _lines(text: str, font: str, width: float) -> Iterator[str]:
    line = ""
    for word in text.split():
        tried = f"{line} {word}" if line else word
        if stringWidth(tried, font, SIZE) <= width:
            line = tried
            continue
        if line:
            yield line
        while stringWidth(word, font, SIZE) > width and len(word) > 1:
            cut = max(1, int(len(word) * width / stringWidth(word, font, SIZE)))
            while cut > 1 and stringWidth(word[:cut], font, SIZE) > width:
                cut -= 1
            yield word[:cut]
            word = word[cut:]
        line = word
    if line:
        yield line
