"""The sizes of labels: rolls, and sheets of A4 and Letter with many on them. Lengths in points (72 to the inch)."""

from __future__ import annotations

from dataclasses import dataclass

INCH = 72.0
MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Size:
    """One label of `width` × `height`; on a sheet, `columns` × `rows` of them from the upper left, with their distances."""

    name: str
    words: str
    width: float
    height: float
    page: tuple[float, float] = (0, 0)
    columns: int = 1
    rows: int = 1
    left: float = 0
    top: float = 0
    step_x: float = 0
    step_y: float = 0

    @property
    def is_sheet(self) -> bool:
        return self.page != (0, 0)

    @property
    def layout(self) -> str:
        """Which of the three templates: the large one from 5 inches of height, the small one below 1.6."""
        if self.height >= 5 * INCH:
            return "large"
        return "small" if self.height < 1.6 * INCH else "medium"


A4, LETTER = (210 * MM, 297 * MM), (8.5 * INCH, 11 * INCH)

SIZES: dict[str, Size] = {
    size.name: size
    for size in (
        Size("4x6", "4 × 6 in", 4 * INCH, 6 * INCH),
        Size("4x3", "4 × 3 in", 4 * INCH, 3 * INCH),
        Size("2x1", "2 × 1 in", 2 * INCH, 1 * INCH),
        Size("a4", "A4 sheet, 8 of 99 × 68 mm", 99.1 * MM, 67.7 * MM, A4, 2, 4, 4.65 * MM, 13.1 * MM, 101.6 * MM, 67.7 * MM),
        Size("letter", "Letter sheet, 10 of 4 × 2 in", 4 * INCH, 2 * INCH, LETTER, 2, 5, 0.15625 * INCH, 0.5 * INCH, 4.1875 * INCH, 2 * INCH),
        Size("letter30", "Letter sheet, 30 of 2⅝ × 1 in", 2.625 * INCH, 1 * INCH, LETTER, 3, 10, 0.1875 * INCH, 0.5 * INCH, 2.75 * INCH, 1 * INCH),
    )
}  # fmt: skip
ROLLS = tuple(name for name, size in SIZES.items() if not size.is_sheet)
