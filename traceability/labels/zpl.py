"""Labels as native ZPL, in the printer's own fonts: sharp, small, and drawn in a moment.

Every text goes through ^FH, with ^, ~ and _ (and all that is not plain) as hexadecimal, so that nothing in a name is a
command. In ^BX the escape sign is #, which GS1 never uses; #1 is FNC1.
"""

from __future__ import annotations

from collections.abc import Sequence

from traceability.labels.content import PLACE, Label
from traceability.labels.drawing import LEAST_BAR, lay_out
from traceability.labels.errors import CannotBeDrawn
from traceability.labels.pdf import size_of
from traceability.labels.sizes import INCH, Size
from traceability.labels.symbols import CODE_128, DATAMATRIX, GS, Symbol, draw
from traceability.ledger import BadInput

DPI = (203, 300)
# Fixed length by GS1: no separator has to follow.
FIXED = {"00", "01", "02", "11", "15", "17"}


def render_zpl(labels: Sequence[Label], *, size: str, dpi: int = 203, copies: int = 1) -> str:
    """One ^XA … ^XZ for each label, with its number of copies. Rolls only. Raises CannotBeDrawn, BadInput."""
    shape = size_of(size)
    if shape.is_sheet:
        raise BadInput(
            "A label printer has rolls, not sheets.",
            now="Choose 4 × 6, 4 × 3 or 2 × 1 in.",
            fields={"size": size},
        )
    if dpi not in DPI:
        raise BadInput("A label printer has 203 or 300 dots to the inch.", fields={"dpi": dpi})
    return "".join(_one(label, shape, dpi, copies) for label in labels)


def escaped(text: str) -> str:
    """For ^FH with _ as its sign: what could be a command, and every sign that is not plain ASCII, byte by byte in UTF-8."""
    return "".join(
        sign if " " <= sign <= "~" and sign not in "^~_\\" else "".join(f"_{byte:02X}" for byte in sign.encode()) for sign in text
    )  # fmt: skip


def _one(label: Label, size: Size, dpi: int, copies: int) -> str:
    lay_out(label, size)  # what the PDF would refuse is refused here too
    _check_signs(label)
    dots = dpi / INCH
    margin = round(max(0.06 * INCH, min(size.width, size.height) * 0.04) * dots)
    width, height = round(size.width * dots), round(size.height * dots)
    symbol = draw(label.symbol, label.code, is_gs1=label.is_gs1)
    if size.layout == "small" and symbol.kind == CODE_128:
        symbol = draw(DATAMATRIX, label.code, is_gs1=label.is_gs1)
    page = _Page(dots, margin, width, height)
    {"large": _large, "medium": _medium, "small": _small}[size.layout](page, label, symbol)
    return f"^XA^CI28^PW{width}^LL{height}^LH0,0{''.join(page.fields)}^PQ{copies}^XZ\n"


class _Page:
    def __init__(self, dots: float, margin: int, width: int, height: int) -> None:
        self.dots, self.margin, self.width, self.height = dots, margin, width, height
        self.y = margin
        self.right = 0
        self.fields: list[str] = []

    @property
    def room(self) -> int:
        return self.width - 2 * self.margin - self.right

    def text(self, text: str, points: float, *, y: int | None = None) -> None:
        """One line, made narrower where it would not fit. ^A0 is about half as wide as it is high."""
        if not text:
            return
        high = round(points * self.dots)
        wide = min(high, max(round(self.room / (len(text) * 0.52)), round(high * 0.45)))
        self.fields.append(
            f"^FO{self.margin},{self.y if y is None else y}^A0N,{high},{wide}^FH_^FD{escaped(text)}^FS"
        )
        if y is None:
            self.y += round(high * 1.18)

    def block(self, text: str, points: float, *, lines: int) -> None:
        """A text over several lines: all of it."""
        high = round(points * self.dots)
        self.fields.append(
            f"^FO{self.margin},{self.y}^A0N,{high},{high}^FB{self.room},{lines},2,L,0^FH_^FD{escaped(text)}^FS"
        )
        self.y += round(high * 1.18) * max(1, -(-len(text) * high // (2 * self.room)))

    def rule(self) -> None:
        self.fields.append(f"^FO{self.margin},{self.y}^GB{self.room},2,2^FS")
        self.y += round(6 * self.dots)

    def matrix(self, symbol: Symbol, *, inches: float, x: int, y: int) -> int:
        """A square symbol; each module a whole number of dots. Returns its side."""
        module = max(round(inches * INCH * self.dots / symbol.width), 2)
        self.fields.append(f"^FO{x},{y}^BXN,{module},200,,,,#,1{symbol_field(symbol)}^FS")
        return module * symbol.width

    def bars(self, symbol: Symbol, *, high: int, y: int) -> None:
        module = max(min((self.width - 2 * self.margin) // (symbol.width + 20), 4), 1)
        if module / self.dots < LEAST_BAR and module < 2:
            raise CannotBeDrawn(
                f"“{symbol.text[:60]}” does not fit on this label.", now="Choose a wider label."
            )
        x = max((self.width - module * symbol.width) // 2, self.margin)
        self.fields.append(f"^FO{x},{y}^BY{module}^BCN,{high},N,N,N,A{symbol_field(symbol)}^FS")


def symbol_field(symbol: Symbol) -> str:
    """^FD with the symbol's data: FNC1 first and between for GS1, the rest made safe."""
    data = raw(symbol.text) if symbol.is_gs1 else symbol.text
    if symbol.kind == DATAMATRIX:
        safe = data.replace("#", "#d035").replace(GS, "#1")
        return f"^FH_^FD{'#1' if symbol.is_gs1 else ''}{escaped(safe)}"
    # In Code 128 the signs that ZPL takes for itself begin with >.
    safe = data.replace(">", ">0").replace(GS, ">8")
    return f"^FH_^FD{'>8' if symbol.is_gs1 else ''}{escaped(safe)}"


def raw(text: str) -> str:
    """Elements without their brackets, separated where a value has no fixed length and another follows."""
    parts = [part.partition(")") for part in text.split("(")[1:]]
    said = ""
    for number, (ai, _, value) in enumerate(parts):
        is_last = number == len(parts) - 1
        said += f"{ai}{value}{'' if is_last or ai in FIXED else GS}"
    return said


def _large(page: _Page, label: Label, symbol: Symbol) -> None:
    page.text(label.title, 20)
    page.rule()
    page.text(label.heading, 38)
    for caption, value in label.facts[:6]:
        page.text(f"{caption}: {value}", 13)
    if label.allergens:
        page.block(f"Contains: {', '.join(label.allergens)}", 13, lines=6)
    page.rule()
    for line in label.lines:
        page.text(line, 10)
    beneath = page.height - page.margin - round(13 * page.dots)
    page.text(label.text_beneath, 11, y=beneath)
    if symbol.kind == CODE_128:
        page.bars(symbol, high=round(1.1 * INCH * page.dots), y=beneath - round(1.2 * INCH * page.dots))
    else:
        page.matrix(symbol, inches=1.7, x=page.margin, y=beneath - round(1.8 * INCH * page.dots))


def _medium(page: _Page, label: Label, symbol: Symbol) -> None:
    if symbol.kind == DATAMATRIX:
        side = round(1.2 * INCH * page.dots)
        taken = page.matrix(symbol, inches=1.2, x=page.width - page.margin - side, y=page.margin)
        page.right = max(side, taken) + page.margin
    page.text(label.title, 13)
    page.text(label.heading, 34 if label.kind == PLACE else 26)
    for caption, value in label.facts[:4]:
        page.text(f"{caption}: {value}", 9.5)
    if label.allergens:
        page.block(f"Contains: {', '.join(label.allergens)}", 9.5, lines=4)
    page.right = 0
    beneath = page.height - page.margin - round(9 * page.dots)
    page.text(label.text_beneath, 8, y=beneath)
    if symbol.kind == CODE_128:
        high = min(beneath - page.y - round(8 * page.dots), round(1.0 * INCH * page.dots))
        page.bars(symbol, high=high, y=beneath - high - round(4 * page.dots))


def _small(page: _Page, label: Label, symbol: Symbol) -> None:
    side = round(0.6 * INCH * page.dots)
    page.right = (
        page.matrix(symbol, inches=0.6, x=page.width - page.margin - side, y=page.margin) + page.margin
    )
    page.text(label.title, 7.5)
    page.text(label.heading, 13)
    for caption, value in [fact for fact in label.facts if fact[0] != "Item"][: 1 if label.allergens else 2]:
        page.text(f"{caption}: {value}", 6)
    if label.allergens:
        page.block(f"Contains: {', '.join(label.allergens)}", 5.5, lines=3)
    page.right = 0
    page.text(label.text_beneath, 5.5, y=page.height - page.margin - round(6 * page.dots))


def _check_signs(label: Label) -> None:
    """The printer's font has Latin letters; it would print a box for others."""
    texts = (label.title, label.heading, *(value for _, value in label.facts), *label.allergens, *label.lines)
    for text in texts:
        odd = next((sign for sign in text if ord(sign) > 0x17F and sign not in "–—‘’“”…€"), None)
        if odd:
            raise CannotBeDrawn(
                f"The label printer has no shape for “{odd}”.", f"It stands in “{text[:60]}”.", "Print it as PDF from the browser.", fields={"text": text[:80]}
            )  # fmt: skip
