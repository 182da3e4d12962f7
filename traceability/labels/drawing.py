"""The three templates: large (pallets, shelves), medium and small. Each gives strokes that PDF and screen draw alike.

Text that does not fit becomes smaller down to a limit and is then cut with an ellipsis; codes and their text are never cut:
where they do not fit, the label fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.staticfiles import finders
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from traceability.labels.content import PLACE, Label
from traceability.labels.errors import CannotBeDrawn
from traceability.labels.sizes import INCH, Size
from traceability.labels.symbols import CODE_128, DATAMATRIX, Symbol, draw

SANS, BOLD, CODE = "LabelSans", "LabelBold", "LabelCode"
FILES = {SANS: "DejaVuSans.ttf", BOLD: "DejaVuSans-Bold.ttf", CODE: "DejaVuSansMono-Bold.ttf"}
LEAST_BAR = (
    0.0075 * INCH
)  # GS1-128 in general distribution: 0.495 mm is best, 0.19 mm the least a hand scanner takes
LEAST_MODULE = 0.0148 * INCH  # DataMatrix: 0.375 mm
QUIET_BARS = 10
SCALES = (1.0, 0.92, 0.84, 0.76, 0.68)  # of the text, until all of it fits


@dataclass(frozen=True, slots=True)
class Text:
    """`x`, `y`: where it begins, from the lower left, in points."""

    x: float
    y: float
    size: float
    font: str
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawing:
    texts: tuple[Text, ...]
    boxes: tuple[Box, ...]


@cache
def fonts() -> dict[str, Any]:
    """The bundled fonts, known to ReportLab under their names."""
    found = {}
    for name, file in FILES.items():
        font = TTFont(name, finders.find(f"vendor/dejavu/{file}"))
        pdfmetrics.registerFont(font)
        found[name] = font.face.charToGlyph
    return found


def lay_out(label: Label, size: Size) -> Drawing:
    """Everything on the label, in its place. Raises CannotBeDrawn for a sign without a shape, or a code that does not fit."""
    symbol = draw(label.symbol, label.code, is_gs1=label.is_gs1)
    template = {"large": _large, "medium": _medium, "small": _small}[size.layout]
    for scale in SCALES:
        pen = Pen(size, scale)
        try:
            template(pen, label, symbol)
        except CannotBeDrawn:
            if scale == SCALES[-1]:
                raise
            continue
        break
    return Drawing(tuple(pen.texts), tuple(pen.boxes))


def _large(pen: Pen, label: Label, symbol: Symbol) -> None:
    pen.down(pen.line(label.title, BOLD, 20, least=11), 6)
    pen.rule()
    pen.down(pen.line(label.heading, CODE, 40, least=16, is_code=True), 8)
    for caption, value in label.facts[:6]:
        pen.down(pen.pair(caption, value, 13), 4)
    pen.down(pen.allergens(label.allergens, 13), 6)
    pen.rule()
    for line in label.lines:
        pen.down(pen.line(line, SANS, 10, least=7), 2)
    pen.foot(label, symbol, text=11)


def _medium(pen: Pen, label: Label, symbol: Symbol) -> None:
    is_bars = symbol.kind == CODE_128
    is_low = pen.size.height < 2.5 * INCH
    is_place = label.kind == PLACE
    side = (
        0.0
        if is_bars
        else pen.matrix_right(symbol, at_most=(1.1 if is_low else 1.25) * INCH, is_near=not is_place)
    )
    pen.right = side
    pen.down(pen.line(label.title, BOLD, 13, least=8), 4)
    heading = 40 if is_place else (18 if is_bars and is_low else 26)
    pen.down(pen.line(label.heading, CODE, heading, least=11, is_code=True), 6)
    room = (1 if is_bars else 2) if is_low else 4
    for caption, value in label.facts[: room + (0 if label.allergens or is_bars else 1)]:
        pen.down(pen.pair(caption, value, 9.5), 3)
    pen.down(pen.allergens(label.allergens, 9.5), 3)
    pen.right = 0
    if is_bars:
        pen.foot(label, symbol, text=9)
    else:
        pen.beneath(label.text_beneath, 8)


def _small(pen: Pen, label: Label, symbol: Symbol) -> None:
    if symbol.kind == CODE_128 and label.is_gs1:
        symbol = draw(DATAMATRIX, label.code, is_gs1=True)  # bars of an SSCC do not fit on two inches
    elif symbol.kind == CODE_128:
        symbol = draw(DATAMATRIX, label.code, is_gs1=False)
    pen.right = pen.matrix_right(symbol, at_most=0.62 * INCH)
    pen.down(pen.line(label.title, BOLD, 7.5, least=5), 2)
    pen.down(pen.line(label.heading, CODE, 13, least=6.5, is_code=True), 2)
    shown = [fact for fact in label.facts if fact[0] != "Item"][:1] if label.allergens else label.facts[:2]
    for caption, value in shown:
        pen.down(pen.pair(caption, value, 6), 1.5)
    pen.down(pen.allergens(label.allergens, 5.5), 1.5)
    pen.right = 0
    pen.beneath(label.text_beneath, 5.5)


class Pen:
    """Goes down a label line by line, and keeps the foot for the symbol and its text."""

    def __init__(self, size: Size, scale: float = 1.0) -> None:
        self.size, self.scale = size, scale
        self.margin = max(0.06 * INCH, min(size.width, size.height) * 0.04)
        self.y = size.height - self.margin
        self.floor = self.margin
        self.right = 0.0
        self.texts: list[Text] = []
        self.boxes: list[Box] = []

    @property
    def width(self) -> float:
        return self.size.width - 2 * self.margin - self.right

    def line(self, text: str, font: str, size: float, *, least: float, is_code: bool = False) -> float:
        """One line, as large as fits. Returns its height. Codes are never cut."""
        if not text:
            return 0
        check_signs(text, font)
        size, least = size * self.scale, least * self.scale
        while size > least and width_of(text, font, size) > self.width:
            size -= 0.5
        if width_of(text, font, size) > self.width:
            if is_code:
                raise CannotBeDrawn(
                    f"“{text[:60]}” does not fit on a label of {self.size.words}.", now="Choose a larger label.", fields={"size": self.size.name}
                )  # fmt: skip
            text = cut(text, font, size, self.width)
        self.texts.append(Text(self.margin, self.y - size, size, font, text))
        return size * 1.16

    def pair(self, caption: str, value: str, size: float) -> float:
        """A caption and its value, the value bold."""
        check_signs(value, BOLD)
        size *= self.scale
        lead = f"{caption}  "
        start = width_of(lead, SANS, size)
        self.texts.append(Text(self.margin, self.y - size, size, SANS, lead.strip()))
        room = self.width - start
        fitting = size
        while fitting > size * 0.7 and width_of(value, BOLD, fitting) > room:
            fitting -= 0.25
        shown = value if width_of(value, BOLD, fitting) <= room else cut(value, BOLD, fitting, room)
        self.texts.append(Text(self.margin + start, self.y - size, fitting, BOLD, shown))
        return size * 1.2

    def allergens(self, names: tuple[str, ...], size: float) -> float:
        """All of them, on as many lines as they need: none is ever left out."""
        if not names:
            return 0
        size *= self.scale
        height = 0.0
        for line in wrap(f"Contains: {', '.join(names)}", BOLD, size, self.width):
            check_signs(line, BOLD)
            self.texts.append(Text(self.margin, self.y - height - size, size, BOLD, line))
            height += size * 1.2
        return height

    def down(self, height: float, gap: float) -> None:
        if height:
            self.y -= height + gap

    def rule(self) -> None:
        self.boxes.append(Box(self.margin, self.y, self.width, 0.8))
        self.y -= 6

    def matrix_right(self, symbol: Symbol, *, at_most: float, is_near: bool = True) -> float:
        """A square symbol in the upper right corner, larger where it is read from afar. Returns the width it takes."""
        module = min(at_most / symbol.width, (0.04 if is_near else 0.1) * INCH)
        side = module * symbol.width
        x, y = self.size.width - self.margin - side, self.size.height - self.margin - side
        self._modules(symbol, x, y, module)
        return side + 2 * module + 4

    def foot(self, label: Label, symbol: Symbol, *, text: float) -> None:
        """The symbol at the foot, its text beneath."""
        self.beneath(label.text_beneath, text)
        room = self.y - self.floor - 6
        if symbol.kind == CODE_128:
            bar = min((self.size.width - 2 * self.margin) / (symbol.width + 2 * QUIET_BARS), 0.02 * INCH)
            if bar < LEAST_BAR:
                raise CannotBeDrawn(
                    f"“{label.code[:60]}” does not fit on a label of {self.size.words}.", now="Choose a wider label.", fields={"size": self.size.name}
                )  # fmt: skip
            height = min(room, 1.25 * INCH)
            self._check_room(height, 0.3 * INCH)
            x = (self.size.width - bar * symbol.width) / 2
            for start, length in runs(symbol.modules[0]):
                self.boxes.append(Box(x + start * bar, self.floor + 2, length * bar, height))
        else:
            module = min(room, 2.2 * INCH, self.width) / (symbol.height + 2)
            self._check_room(module, LEAST_MODULE)
            self._modules(symbol, self.margin + module, self.floor + module, min(module, 0.08 * INCH))

    def beneath(self, text: str, size: float) -> None:
        """The human-readable text at the foot, on as many lines as it needs, broken before an identifier where it can be."""
        check_signs(text, CODE)
        size *= self.scale
        lines = list(break_code(text, size, self.width))
        for number, line in enumerate(lines):
            y = self.floor + (len(lines) - 1 - number) * size * 1.2
            self.texts.append(Text(self.margin, y + size * 0.2, size, CODE, line))
        self.floor += len(lines) * size * 1.2
        if self.floor > self.y + 2:
            raise CannotBeDrawn(
                f"The label does not fit on {self.size.words}.",
                now="Choose a larger one.",
                fields={"size": self.size.name},
            )

    def _modules(self, symbol: Symbol, x: float, y: float, module: float) -> None:
        for number, row in enumerate(reversed(symbol.modules)):
            for start, length in runs(row):
                # A hair's overlap, so that no printer leaves a white line between rows.
                self.boxes.append(
                    Box(x + start * module, y + number * module, length * module, module * 1.005)
                )

    def _check_room(self, there: float, least: float) -> None:
        if there < least:
            raise CannotBeDrawn(
                f"The label does not fit on {self.size.words}.", "There is no room left for its symbol.", "Choose a larger one.", fields={"size": self.size.name}
            )  # fmt: skip


def runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Stretches of dark: (where, how long)."""
    start = None
    for place, is_dark in enumerate((*row, False)):
        if is_dark and start is None:
            start = place
        elif not is_dark and start is not None:
            yield start, place - start
            start = None


def check_signs(text: str, font: str) -> None:
    """Raise CannotBeDrawn for a sign that the font has no shape for, rather than print a box."""
    missing = [sign for sign in text if ord(sign) not in fonts()[font]]
    if missing:
        raise CannotBeDrawn(
            f"The labels have no shape for “{missing[0]}”.", f"It stands in “{text[:60]}”.", "Give it a name in Latin, Greek or Cyrillic letters.",
            fields={"text": text[:80]},
        )  # fmt: skip


def width_of(text: str, font: str, size: float) -> float:
    fonts()
    return pdfmetrics.stringWidth(text, font, size)


def cut(text: str, font: str, size: float, room: float) -> str:
    while text and width_of(f"{text}…", font, size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrap(text: str, font: str, size: float, room: float) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if line and width_of(longer, font, size) > room:
            yield line
            line = word
        else:
            line = longer
    yield line


def break_code(text: str, size: float, room: float) -> Iterator[str]:
    """A code over several lines: before an identifier in brackets where there is one, else where it must."""
    parts = [f"({part}" for part in text.split("(")[1:]] if text.startswith("(") else [text]
    line = ""
    for part in parts:
        if line and width_of(line + part, CODE, size) > room:
            yield line
            line = part
        else:
            line += part
        while width_of(line, CODE, size) > room:
            fits = next(n for n in range(len(line), 0, -1) if width_of(line[:n], CODE, size) <= room)
            yield line[:fits]
            line = line[fits:]
    if line:
        yield line
