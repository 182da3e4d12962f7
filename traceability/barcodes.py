"""Numbers as signs that a scanner reads, drawn as SVG to stand inside a page."""

from __future__ import annotations

import re
from functools import lru_cache

import zxingcpp
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')
_PATHS = re.compile(r'<path d="([^"]*)"')
_SAFE_PATH = re.compile(r"[MmHhVvZzLl0-9 .,-]*\Z")


@lru_cache(maxsize=512)
def code_128(text: str) -> SafeString:
    """A bar code of a number as people scan it from paper; empty for text that Code 128 cannot carry."""
    return (
        _drawn(text, zxingcpp.BarcodeFormat.Code128)
        if text.isascii() and text.isprintable()
        else SafeString("")
    )


@lru_cache(maxsize=512)
def qr(text: str) -> SafeString:
    return _drawn(text, zxingcpp.BarcodeFormat.QRCode)


def _drawn(text: str, form: zxingcpp.BarcodeFormat) -> SafeString:
    drawn = zxingcpp.create_barcode(text, form).to_svg(add_hrt=False)
    size, paths = _SIZE.search(drawn), [path for path in _PATHS.findall(drawn) if _SAFE_PATH.match(path)]
    assert size is not None
    lines = mark_safe("".join(f'<path d="{path}"/>' for path in paths))  # noqa: S308
    return format_html(
        '<svg class="sign" viewBox="0 0 {} {}" role="img" aria-label="{}" shape-rendering="crispEdges" preserveAspectRatio="none">{}</svg>',
        size[1], size[2], text, lines,
    )  # fmt: skip
