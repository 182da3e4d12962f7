"""From a number to its paper, and the paper itself: a form to print or to save as CSV, the same for every kind."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from traceability import context, papers, subjects
from traceability.lists import csv_of
from traceability.models import Entry
from traceability.papers import LedgerPaper, Paper
from traceability.subjects import Subject
from traceability.views.keys import actor_of
from traceability.views.rights import ANY_ROLE, needs

SIZES = {"letter": "Letter", "a4": "A4"}
AMERICAS = "America/"
SHOWN = 200


@needs(ANY_ROLE)
def document(request: HttpRequest, number: str) -> HttpResponseBase:
    """The page of whatever paper has this number. What only the ledger knows has its page here; of several, one chooses."""
    found = papers.find_number(number, person=actor_of(request))
    if not found:
        raise Http404
    if len(found) > 1:
        return render(request, "papers/which.html", {"number": number, "found": found})
    subject = found[0]
    if subject.kind is not papers.LEDGER_PAPER:
        return HttpResponseRedirect(subject.url)
    return _ledger_page(request, subject)


def _ledger_page(request: HttpRequest, subject: Subject) -> HttpResponseBase:
    paper: LedgerPaper = subject.noun
    entries = Entry.objects.filter(document=paper.number)
    lines = papers.lines_of(entries)
    context = {
        "paper": paper,
        "subject": subject,
        "lines": lines[:SHOWN],
        "line_count": len(lines),
        "entry_count": entries.count(),
    }
    return render(request, "papers/ledger_paper.html", context)


@needs(ANY_ROLE)
def print_form(request: HttpRequest, kind: str, key: str) -> HttpResponseBase:
    """One sheet for every kind of paper, on Letter or A4. `?format=csv&table=1` gives a table of it."""
    subject = subjects.find(kind, key, person=actor_of(request))
    paper = papers.of(subject, actor_of(request)) if subject else None
    if subject is None or paper is None:
        raise Http404
    if request.GET.get("format") == "csv":
        return _csv(paper, request.GET.get("table", "1"))
    site = paper.site or context.site_of(request)
    size = request.GET.get("paper", "")
    if size not in SIZES:
        size = "letter" if site is None or site.time_zone.startswith((AMERICAS, "US/", "UTC")) else "a4"
    with timezone.override(site.zone if site else None):
        return render(
            request,
            "papers/sheet.html",
            {
                "paper": paper,
                "subject": subject,
                "site": site,
                "size": size,
                "sizes": SIZES,
                "address": request.build_absolute_uri(subject.url),
                "now": timezone.now(),
            },
        )


def _csv(paper: Paper, number: str) -> HttpResponseBase:
    if not number.isascii() or not number.isdigit() or not 0 < int(number[:3]) <= len(paper.tables):
        raise Http404
    table = paper.tables[int(number) - 1]
    heads: list[str] = []
    for column in table.columns:
        heads += [column.heading, f"{column.heading} unit"] if column.unit else [column.heading]
    rows = (
        [part for cell in row for part in ((cell.value, cell.unit) if cell.column.unit else (cell.value,))]
        for row in table.cells
    )
    return csv_of(f"{paper.title}-{paper.number}".lower().replace(" ", "-"), heads, rows)
