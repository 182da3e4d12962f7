"""Small files of every kind, made in memory, the good and the bad."""

from __future__ import annotations

import io
import zipfile
from functools import cache

from PIL import Image

MAKE = 0x010F
ORIENTATION = 0x0112


@cache
def jpeg(width: int = 60, height: int = 40, *, colour: str = "navy", camera: str = "Secret camera") -> bytes:
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = camera, 6  # Held upright: the picture has to be turned.
    return _saved(Image.new("RGB", (width, height), colour), "JPEG", exif=exif)


@cache
def png(width: int = 30, height: int = 30, *, colour: str = "white") -> bytes:
    return _saved(Image.new("1" if width * height > 10**6 else "RGB", (width, height), colour), "PNG")


@cache
def pdf(words: str = "Certificate of analysis") -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(72, 720, words)
    canvas.save()
    return buffer.getvalue()


@cache
def xlsx(*, macros: bool = False, bomb: bool = False) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet().write(0, 0, "protein")
    if macros or bomb:
        with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as box:
            box.writestr(
                "xl/vbaProject.bin" if macros else "xl/media/zeros.bin",
                b"\0" * (1_000 if macros else 60_000_000),
            )
    return buffer.getvalue()


def _saved(picture: Image.Image, form: str, **rest: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **rest)
    return buffer.getvalue()
