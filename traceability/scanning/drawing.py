"""Symbols as SVG, for pages: what a scanner is checked with, and the sheet of commands. Labels have their own."""

from __future__ import annotations

import re

import zxingcpp


def code_128(text: str) -> str:
    return _drawn(text, zxingcpp.BarcodeFormat.Code128)


def gs1_128(bracketed: str) -> str:
    return _drawn(bracketed, zxingcpp.BarcodeFormat.Code128, gs1=True)


def datamatrix(text: str, *, is_gs1: bool = False) -> str:
    return _drawn(
        text, zxingcpp.BarcodeFormat.DataMatrix, force_square=True, **({"gs1": True} if is_gs1 else {})
    )


def _drawn(text: str, kind: zxingcpp.BarcodeFormat, **how: bool) -> str:
    """Scales with its frame; dark on white in every theme, because that is what a scanner reads."""
    svg = zxingcpp.write_barcode_to_svg(zxingcpp.create_barcode(text, kind, **how), add_quiet_zones=True)
    svg = svg[svg.index("<svg") :].replace(' id="barcode"', "")
    return re.sub(r'<svg width="(\d+)" height="(\d+)"', r'<svg class="symbol" viewBox="0 0 \1 \2" role="img" aria-hidden="true" preserveAspectRatio="none"' if kind == zxingcpp.BarcodeFormat.Code128 else r'<svg class="symbol" viewBox="0 0 \1 \2" role="img" aria-hidden="true"', svg, count=1)  # fmt: skip
