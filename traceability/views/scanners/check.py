"""Scanner check: scan the symbol on the screen, and read what your scanner sends well and what it keeps to itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe

from traceability import scanning
from traceability.scanning import gs1
from traceability.scanning.drawing import code_128, datamatrix, gs1_128
from traceability.views.keys import actor_of, client_of, new_key
from traceability.views.rights import ANY_ROLE, needs

# GS1 keeps 952 for examples; the lot stands before the date, so a separator must follow it.
GTIN, LOT, BEST_BY = "09521234543213", "CHECK-1Z", "271019"
TEST = f"(01){GTIN}(10){LOT}(17){BEST_BY}"
EXPECTED = [("01", GTIN), ("10", LOT), ("17", BEST_BY)]
BARE = f"01{GTIN}10{LOT}17{BEST_BY}"


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    is_right: bool | None  # None: not asked of this scanner
    advice: str = ""


@needs(ANY_ROLE)
def check(request: HttpRequest) -> HttpResponse:
    """Nothing is looked up and nothing done with the scan but to read it and to write it into the log."""
    context: dict[str, object] = {
        "scan_key": new_key(),
        "linear": mark(gs1_128(TEST)),
        "matrix": mark(datamatrix(TEST, is_gs1=True)),
    }
    if request.method == "POST":
        text = request.POST.get("code", "")[:4096]
        reading = scanning.read(text)
        decision = "refused" if reading.is_refused else "one"
        sender = scanning.Sender(
            person=actor_of(request),
            client=client_of(request),
            key=new_key(),
            context="scanner check",
            is_typed=bool(request.POST.get("typed")),
        )
        scanning.keep(reading, sender=sender, decision=decision)
        found = findings(text, reading, is_typed=bool(request.POST.get("typed")))
        context |= {
            "findings": found,
            "came": scanning.shown(text),
            "is_good": all(row.is_right is not False for row in found),
            "tone": "ok" if all(row.is_right is not False for row in found) else "stop",
        }
    return render(request, "traceability/scanners/check.html", context)


def findings(text: str, reading: scanning.Reading, *, is_typed: bool) -> list[Finding]:
    """What a scan of the test symbol tells about the scanner, the gravest first."""
    bare = text.strip("\r\n\t ")
    prefix = bare[:3] if bare.startswith("]") else ""
    data = bare[len(prefix) :]
    is_test = data.replace(gs1.GS, "").upper() == BARE
    if not is_test:
        swapped = data.replace(gs1.GS, "").translate(str.maketrans("yzYZ", "zyZY")).upper() == BARE
        advice = (
            "Set its keyboard to the one of this computer: letters are swapped."
            if swapped
            else "Scan one of the two symbols on this page."
        )
        return [Finding("It is the test symbol, letter by letter", False, advice)]
    return [
        Finding("It is the test symbol, letter by letter", True),
        Finding(
            "It sends the separator behind the lot", [*reading.elements] == EXPECTED,
            "Switch on “transmit GS (FNC1)” or “function code” in its manual, so that ASCII 29 or Ctrl ] is sent. Until then labels with a lot in the middle are refused.",
        ),
        Finding(
            "It sends the symbol’s prefix (]C1 or ]d2)", prefix in ("]C1", "]d2") or None,
            "Better with it: switch on “transmit AIM code ID”. Scans are then known by their first letters.",
        ),
        Finding("It types fast and ends with Enter", not is_typed or None, "Typed by hand, or slower than a scanner: switch its delay between characters to 0, and add Enter as suffix."),
        Finding("Large letters stay large", LOT in data, "Switch off Caps Lock, or “convert case” in its manual."),
    ]  # fmt: skip


@needs(ANY_ROLE)
def commands(request: HttpRequest) -> HttpResponse:
    """The sheet of commands, to print and hang up. A command is asked about before it is done."""
    rows = [(command, mark(code_128(command.code))) for command in scanning.Command]
    return render(request, "traceability/scanners/commands.html", {"commands": rows})


def mark(svg: str) -> SafeString:
    """Drawn by us from a text of ours."""
    return mark_safe(svg)  # noqa: S308
