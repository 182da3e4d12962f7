"""Symbols: drawn by zxing-cpp, read back at once, and refused when they do not say what was asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import zxingcpp

from traceability.labels.errors import CannotBeDrawn

DATAMATRIX, CODE_128 = "datamatrix", "code128"
SET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}\Z", re.ASCII)
PLAIN = re.compile(r"[ -~]{1,200}\Z", re.ASCII)
_FORMATS = {DATAMATRIX: zxingcpp.BarcodeFormat.DataMatrix, CODE_128: zxingcpp.BarcodeFormat.Code128}
GS = "\x1d"


@dataclass(frozen=True, slots=True)
class Symbol:
    """`modules`: rows of dark and light; one row for bars. `text` is what a person reads beneath, and what a scanner says."""

    kind: str
    text: str
    is_gs1: bool
    modules: tuple[tuple[bool, ...], ...]

    @property
    def width(self) -> int:
        return len(self.modules[0])

    @property
    def height(self) -> int:
        return len(self.modules)


@lru_cache(maxsize=2048)
def draw(kind: str, text: str, *, is_gs1: bool) -> Symbol:
    """`text` with its identifiers in brackets for GS1, else as it is. Raises CannotBeDrawn unless it is read back the same."""
    if not PLAIN.match(text):
        raise _cannot(text, "A symbol takes the letters, digits and signs of ASCII.")
    try:
        barcode = zxingcpp.create_barcode(text, _FORMATS[kind], **_how(kind, is_gs1))
        image = barcode.to_image(scale=1, add_quiet_zones=False)
        back = zxingcpp.read_barcodes(barcode.to_image(scale=4), formats=zxingcpp.BarcodeFormats(_FORMATS[kind]), text_mode=zxingcpp.TextMode.HRI)  # fmt: skip
    except (ValueError, RuntimeError) as error:
        raise _cannot(text, "The symbol takes no such text.") from error
    said = [one.text for one in back]
    if said != [text]:
        raise _cannot(text, f"It reads back as {said[0] if said else 'nothing'}.")
    rows = [tuple(value < 128 for value in row) for row in _rows(image)]
    modules = (rows[len(rows) // 2],) if kind == CODE_128 else tuple(rows)
    return Symbol(kind, text, is_gs1, modules)


def gs1(*elements: tuple[str, str]) -> str:
    """Elements as text with brackets. Raises CannotBeDrawn for a lot or serial that GS1 does not take."""
    for ai, value in elements:
        if ai in ("10", "21") and not fits_gs1(value):
            raise _cannot(value, "GS1 takes up to 20 letters, digits and some signs.")
    return "".join(f"({ai}){value}" for ai, value in elements)


def fits_gs1(value: str) -> bool:
    """Whether GS1 takes this lot or serial. Brackets are left out: beneath the symbol they would end the number."""
    return bool(SET_82.match(value)) and not set(value) & {"(", ")"}


def _rows(image: object) -> list[list[int]]:
    view = memoryview(image)  # type: ignore[arg-type]
    height, width = view.shape  # type: ignore[misc]
    flat = view.tobytes()
    return [list(flat[row * width : (row + 1) * width]) for row in range(height)]


def _cannot(text: str, why: str) -> CannotBeDrawn:
    return CannotBeDrawn(
        f"“{text[:60]}” cannot be drawn as a symbol.", why, "Write the label by hand, or give it another number.", fields={"code": text[:80]}
    )  # fmt: skip


def _how(kind: str, is_gs1: bool) -> dict[str, bool]:
    # Square: the long rectangular symbols are newer than many scanners.
    return ({"gs1": True} if is_gs1 else {}) | ({"force_square": True} if kind == DATAMATRIX else {})
