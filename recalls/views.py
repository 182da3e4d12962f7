"""The recall manager's pages: the cases, one case in five tabs, opening a case, freezing its scope, holding everything.

Every number on the page of a case comes from one Scope, live or frozen, the same that CSV and report read.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from recalls import exports, seeing, services
from recalls.comparing import changed_since, difference
from recalls.finding import StartSet, starts_for
from recalls.flow import flow_of_scope, sentence, special
from recalls.forms import HoldForm, OpenForm, new_key
from recalls.models import Recall, RecallStatus, ScopeRevision
from recalls.phrases import BASES
from recalls.report import report_html
from recalls.scope import AffectedLot, Scope
from traceability import jobs
from traceability.flow.showing import page_of
from traceability.inquiries import MassBalance
from traceability.ledger import BadInput
from traceability.lists import Column, ListFilter, RecordList, csv_of
from traceability.models import Lot
from traceability.reach import seen as seen_rows
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of
from traceability.views.rights import needs

VIEW = "recalls.view"
CUSTOMERS = "traceability.view_customers"
ROWS = 200
WHAT = {
    "": "lots",
    "customers": "customers",
    "stock": "stock",
    "flow": "flow",
    "balance": "mass-balance",
    "log": "log",
}
TABS = [
    ("", "Lots"),
    ("customers", "Customers"),
    ("stock", "In stock"),
    ("flow", "Flow"),
    ("balance", "Mass balance"),
    ("log", "Log"),
]
KINDS = {"finished": "finished", "start": "start", "intermediate": "intermediate"}


class RecallFilter(ListFilter):
    status = django_filters.ChoiceFilter(label="Status", choices=RecallStatus.choices, empty_label="Any")
    is_mock = django_filters.ChoiceFilter(
        label="Kind", choices=[("false", "Real"), ("true", "Mock")], empty_label="Any"
    )


class RecallList(RecordList):
    right = VIEW
    template_name = "recalls/list.html"
    title = "Recalls"
    file_name = "recalls"
    queryset = Recall.objects.select_related("owner", "supplier").prefetch_related("revisions")
    filterset_class = RecallFilter
    default_sort = "-opened_at"
    one, many = "case", "cases"
    empty_title = "No recall, and no mock recall yet."
    empty_now = "Start a mock recall: it tells how long the real one would take."
    columns = [
        Column(
            "Number",
            lambda r: r.number,
            "code",
            sort="number",
            link=lambda r: reverse("recalls:case", args=[r.pk]),
        ),
        Column("Title", lambda r: r.title, sort="title", link=lambda r: reverse("recalls:case", args=[r.pk])),
        Column("Kind", lambda r: ["mock" if r.is_mock else "real"], "chips", sort="is_mock"),
        Column("Status", lambda r: r.get_status_display(), sort="status"),
        Column("Hazard", lambda r: r.hazard, wide_only=True),
        Column("Opened", lambda r: r.opened_at, "when", sort="opened_at"),
        Column(
            "Frozen",
            lambda r: f"rev {max(v.number for v in r.revisions.all())}" if r.revisions.all() else "",
            wide_only=True,
        ),
        Column("Owner", lambda r: str(r.owner), wide_only=True),
    ]


# One case.


@dataclass(frozen=True, slots=True)
class Books:
    """A balance in terms that close from left to right: came in = used + out + to supplier + retained + scrapped − counted + here + missing."""

    came_in: Decimal
    used: Decimal
    out: Decimal

    @classmethod
    def of(cls, row: MassBalance) -> Books:
        return cls(row.opening + row.supplied + row.received + row.made, row.used - row.removed, row.out_net)


@dataclass(frozen=True, slots=True)
class LotRow:
    """An affected lot with its condition in words."""

    lot: AffectedLot
    chips: list[str]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    code: str
    unit: str
    rows: list[LotRow]
    lots: int
    totals: MassBalance


@needs(VIEW, about=Recall)
def case(request: HttpRequest, pk: int, tab: str = "") -> HttpResponseBase:
    """A case, live or as frozen (`?revision=2`); every tab has its CSV."""
    if unknown := set(request.GET) - {"revision", "page", "format"}:
        return render(
            request,
            "400.html",
            {"problem": f"This page does not know {', '.join(sorted(unknown))}.", "clean": request.path},
            status=400,
        )
    recall = get_object_or_404(
        Recall.objects.select_related("owner", "opened_by", "supplier", "closed_by"), pk=pk
    )
    revisions = list(recall.revisions.select_related("frozen_by").order_by("-number"))
    revision = _revision(request, revisions)
    preview = services.hold_preview(recall) if revision is None else None
    scope = revision.scope if revision else preview.scope if preview else None
    assert scope is not None
    person = actor_of(request)
    others = seeing.elsewhere(scope, person)
    scope, preview = seeing.seen_scope(scope, person), preview and seeing.seen_preview(preview, person)
    if request.GET.get("format") == "csv":
        return _csv(request, recall, scope, tab, revision)
    context = {
        "recall": recall,
        "scope": scope,
        "elsewhere": others,
        "revision": revision,
        "latest": revisions[0] if revisions else None,
        "revisions": revisions,
        "preview": preview,
        "in_house": _in_house(preview) if preview else [],
        "metrics": _metrics(scope, preview, request),
        "tab": tab,
        "tabs": _tabs(recall, scope, tab, revision),
        "seconds": int(((recall.closed_at or timezone.now()) - recall.opened_at).total_seconds()),
        "starts": list(seen_rows(recall.starts.select_related("lot__item", "lot__supplier", "added_by")))
        if tab == ""
        else [],
        "changes": _changes(revision, revisions, scope) if tab == "" else None,
        "freeze_key": request.POST.get("key") or new_key(),
        "hold_key": new_key(),
        "may": {verb: request.user.has_perm(f"recalls.{verb}") for verb in ("freeze", "hold", "open")},  # type: ignore[union-attr]
        "here": request.path,
    }
    context |= _BODY[tab](recall, scope, request)
    return render(request, f"recalls/{WHAT[tab].replace('-', '_')}.html", context)


def _revision(request: HttpRequest, revisions: list[ScopeRevision]) -> ScopeRevision | None:
    asked = request.GET.get("revision", "")
    if not asked:
        return None
    found = [revision for revision in revisions if str(revision.number) == asked]
    if not found:
        raise Http404(f"revision {asked}")
    return found[0]


def _tabs(recall: Recall, scope: Scope, tab: str, revision: ScopeRevision | None) -> list[dict[str, Any]]:
    counts = {"": scope.counts.finished, "customers": scope.counts.customers, "stock": len(scope.in_house)}
    rest = f"?revision={revision.number}" if revision else ""
    return [
        {"label": label, "url": (reverse("recalls:tab", args=[recall.pk, name]) if name else reverse("recalls:case", args=[recall.pk])) + rest,
         "count": counts.get(name), "is_current": name == tab}
        for name, label in TABS
    ]  # fmt: skip


def _metrics(scope: Scope, preview: services.HoldPreview | None, request: HttpRequest) -> dict[str, Any]:
    finished, starts = scope.finished_totals, scope.start_totals
    flags = sorted(
        {
            party.flag
            for code, party in scope.parties.items()
            if party.flag and code in {row.party for row in scope.customers}
        }
    )
    days = [lot.made_on for lot in scope.finished if lot.made_on]
    waiting = preview.in_house_not_on_hold if preview else sum(not lot.holds for lot in scope.in_house)
    return {
        "finished": finished,
        "starts": starts,
        "first_day": min(days, default=None),
        "last_day": max(days, default=None),
        "waiting": waiting,
        "flags": flags if request.user.has_perm(CUSTOMERS) else [],  # type: ignore[union-attr]
        "worst": min((row.accounted_percent for row in starts), default=None),
        "name": scope.items[starts[0].item].name
        if len(starts) == 1 and starts[0].item in scope.items
        else "",
    }


def _in_house(preview: services.HoldPreview) -> list[str]:
    """9 finished lots (346 cs), 2 start lots (265 lb)."""
    from traceability.templatetags.lotline import signed

    words = []
    for kind in preview.kinds:
        amounts = ", ".join(f"{signed(amount.quantity)} {amount.unit}" for amount in kind.amounts)
        words.append(f"{kind.lots:,} {KINDS[kind.kind]} lot{'' if kind.lots == 1 else 's'} ({amounts})")
    return words


def chips_of(lot: AffectedLot) -> list[str]:
    if lot.holds:
        return ["held"]
    return list(lot.statuses) or ["used_up"]


def _lots(recall: Recall, scope: Scope, request: HttpRequest) -> dict[str, Any]:
    """The finished lots, by item. Totals are of the item, also where a group goes on on the next page."""
    page = Paginator(scope.finished, ROWS).get_page(request.GET.get("page"))
    shown: dict[str, list[LotRow]] = {}
    for lot in page:
        shown.setdefault(lot.item, []).append(LotRow(lot, chips_of(lot)))
    totals = {}
    for code, lots in scope.by_item:
        totals[code] = _sum([lot.balance for lot in lots])
    groups = [
        Group(scope.items[code].name, code, rows[0].lot.unit, rows, sum(1 for lot in scope.finished if lot.item == code), totals[code])
        for code, rows in shown.items()
    ]  # fmt: skip
    units = {lot.unit for lot in scope.finished}
    others = [LotRow(lot, chips_of(lot)) for lot in scope.intermediates[:ROWS]]
    return {
        "groups": groups,
        "page_obj": page,
        "one_unit": next(iter(units)) if len(units) == 1 else "",
        "others": others,
        "other_count": len(scope.intermediates),
    }


def _sum(rows: list[MassBalance]) -> MassBalance:
    total = MassBalance(unit=rows[0].unit, lots=len(rows))
    for name in (
        "made",
        "received",
        "opening",
        "shipped",
        "returned",
        "sampled",
        "scrapped",
        "used",
        "on_hand",
    ):
        setattr(total, name, sum((getattr(row, name) for row in rows), Decimal(0)))
    return total


def _customers(recall: Recall, scope: Scope, request: HttpRequest) -> dict[str, Any]:
    page = Paginator(scope.customers, ROWS).get_page(request.GET.get("page"))
    return {"customers": [(row, scope.parties[row.party]) for row in page], "page_obj": page}


def _stock(recall: Recall, scope: Scope, request: HttpRequest) -> dict[str, Any]:
    page = Paginator(scope.stock, ROWS).get_page(request.GET.get("page"))
    held = {lot.lot_id: lot.holds for lot in scope.lots}
    return {
        "stock": [(row, held.get(row.lot_id), scope.items[row.item].name) for row in page],
        "page_obj": page,
    }


def _balance(recall: Recall, scope: Scope, request: HttpRequest) -> dict[str, Any]:
    page = Paginator(scope.lots, ROWS).get_page(request.GET.get("page"))
    totals = scope.item_totals
    return {
        "balances": [(lot, scope.items[lot.item].name, Books.of(lot.balance)) for lot in page],
        "item_balances": [
            (scope.items[code].name if code in scope.items else code, row, Books.of(row))
            for code, row in totals.items()
        ],
        "page_obj": page,
    }


def _log(recall: Recall, scope: Scope, request: HttpRequest) -> dict[str, Any]:
    rows = recall.log.select_related("actor", "second_person", "revision", "entry").order_by("-at", "-pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    return {"log": list(page), "page_obj": page}


def _flow(recall: Recall, scope: Scope, request: HttpRequest) -> dict[str, Any]:
    return {
        "page": page_of(flow_of_scope(scope), names_parties=request.user.has_perm(CUSTOMERS)),  # type: ignore[union-attr]
        "sentence": sentence(scope),
        "special": special(scope),
    }


_BODY = {
    "": _lots,
    "customers": _customers,
    "stock": _stock,
    "flow": _flow,
    "balance": _balance,
    "log": _log,
}


def _changes(
    revision: ScopeRevision | None, revisions: list[ScopeRevision], scope: Scope
) -> dict[str, Any] | None:
    """What differs: the revision shown from the one before it, or the live scope from the last frozen one."""
    if not revisions:
        return None
    latest = revisions[0]
    if revision is not None:
        return (
            {"since": revision.number - 1, "at": revision.frozen_at, "what": revision.changes, "entries": []}
            if revision.changes
            else None
        )
    live = difference(latest.scope, scope)
    since = changed_since(latest)
    if _differs(live) or since.count or not latest.changes:
        return {
            "since": latest.number,
            "at": latest.frozen_at,
            "what": live,
            "entries": since.entries[:8],
            "entry_count": since.count,
        }
    return {"since": latest.number - 1, "at": latest.frozen_at, "what": latest.changes, "entries": []}


def _differs(what: dict[str, Any]) -> bool:
    return any(rows for rows in what.values() if isinstance(rows, list))


def _csv(
    request: HttpRequest, recall: Recall, scope: Scope, tab: str, revision: ScopeRevision | None
) -> HttpResponseBase:
    what = "lots" if tab == "flow" else WHAT[tab]
    if what == "customers" and not request.user.has_perm(CUSTOMERS):  # type: ignore[union-attr]
        raise PermissionDenied(
            "The distribution list names customers. It needs the right traceability.view_customers."
        )
    if what == "log":
        rows = recall.log.select_related("actor", "second_person", "revision", "entry").order_by("at", "pk")
        cells = (
            [
                row.at,
                row.actor,
                row.second_person or "",
                row.verb,
                row.what,
                row.revision.number if row.revision else "",
                row.entry.seq if row.entry else "",
            ]
            for row in rows
        )
        return csv_of(
            f"{recall.number}-log", ["At", "By", "Second person", "Verb", "What", "Revision", "Entry"], cells
        )
    response = HttpResponse("\ufeff" + exports.as_csv(what, scope), content_type="text/csv; charset=utf-8")
    name = exports.filename(recall.number, what, scope, revision.number if revision else None)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@needs(VIEW, about=Recall)
def report(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A frozen revision on paper. It names customers."""
    if not request.user.has_perm(CUSTOMERS):  # type: ignore[union-attr]
        raise PermissionDenied("The report names customers. It needs the right traceability.view_customers.")
    revision = get_object_or_404(
        ScopeRevision.objects.select_related("recall", "frozen_by"), recall=pk, number=number
    )
    seeing.check_whole(revision, actor_of(request))
    return HttpResponse(report_html(revision, in_browser=True))


@needs(VIEW, about=Recall)
@require_POST
def report_pdf(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The same on paper, made by a worker: a job with progress, and a file for the person who asked."""
    if not request.user.has_perm(CUSTOMERS):  # type: ignore[union-attr]
        raise PermissionDenied("The report names customers. It needs the right traceability.view_customers.")
    revision = get_object_or_404(ScopeRevision.objects.select_related("recall"), recall=pk, number=number)
    seeing.check_whole(revision, actor_of(request))
    job = jobs.ask(
        kind="recalls.report", title=f"Report of {revision.recall.number}, revision {revision.number}", params={"revision": revision.pk},
        right=CUSTOMERS, actor=actor_of(request), client=client_of(request), key=f"pdf/{key_of(request)}",
    )  # fmt: skip
    return redirect("traceability:job", job.pk)


# Opening a case.


def asked_starts(request: HttpRequest) -> list[str]:
    """What was typed, and what the fields for dates say together."""
    sent = request.POST if request.method == "POST" else request.GET
    texts = [text.strip()[:120] for text in sent.getlist("start") if text.strip()]
    if sent.get("basis") in BASES and sent.get("first"):
        last = sent.get("last") or sent["first"]
        texts.append(
            " ".join(f"{sent['basis']} {sent.get('what', '')} {sent['first']}..{last}".split())[:120]
        )
    return list(dict.fromkeys(texts))[:20]


@needs("recalls.open", "recalls.open_mock")
def open_page(request: HttpRequest, is_mock: bool = False) -> HttpResponseBase:
    """From what was read out on the telephone to a ticked set of lots, then what it is about."""
    person: Any = request.user
    may_real = person.has_perm("recalls.open")
    texts, sets, unknown = asked_starts(request), [], []
    for text in texts:
        try:
            found = starts_for(text)
        except BadInput as refusal:
            found = []
            request.refusal = refusal  # type: ignore[attr-defined]
        sets += [(text, row) for row in found]
        if not found:
            unknown.append(text)
    form = (
        OpenForm(request.POST)
        if request.method == "POST"
        else OpenForm(
            initial=_first_words(request)
            | {"kind": "mock" if is_mock or not may_real else "real", "key": new_key()}
        )
    )
    ticked = set(request.POST.getlist("lot")) if request.method == "POST" else None
    context = {
        "form": form,
        "texts": texts,
        "unknown": unknown,
        "sets": sets_of(sets, ticked),
        "may_real": may_real,
        "is_mock": is_mock,
        "bases": BASES,
    }
    return render(request, "recalls/open.html", context, status=200)


def _first_words(request: HttpRequest) -> dict[str, str]:
    """What a link to this page has said already, such as that the lot was drawn at random."""
    return {name: request.GET[name][:500] for name in ("title", "hazard", "reason") if request.GET.get(name)}


def sets_of(sets: list[tuple[str, StartSet]], ticked: set[str] | None) -> list[dict[str, Any]]:
    """Each lot once, in its most certain meaning; ticked when certain, or as the person had it."""
    seen: set[int] = set()
    rows = []
    for text, found in sorted(sets, key=lambda pair: not pair[1].is_certain):
        lots = [lot for lot in found.lots if lot.pk not in seen]
        seen |= {lot.pk for lot in lots}
        if lots:
            chosen = [
                (lot, found.is_certain if ticked is None else str(lot.pk) in ticked) for lot in lots[:ROWS]
            ]
            rows.append({"text": text, "set": found, "lots": chosen, "count": len(lots)})
    return rows


@needs("recalls.open", "recalls.open_mock")
@refusals.shown_on(open_page)
def open_case(request: HttpRequest, is_mock: bool = False) -> HttpResponseBase:
    if request.method != "POST":
        return open_page(request, is_mock)
    form = OpenForm(request.POST)
    if "look" in request.POST or not form.is_valid():
        response = open_page(request, is_mock)
        response.status_code = 200 if "look" in request.POST else 400
        return response
    chosen = [pk for pk in request.POST.getlist("lot") if pk.isdigit()]
    recall = services.open_recall(
        title=form.cleaned_data["title"],
        hazard=form.cleaned_data["hazard"],
        reason=form.cleaned_data["reason"],
        is_mock=form.cleaned_data["kind"] == "mock",
        notified_on=form.cleaned_data["notified_on"],
        starts=seen_rows(Lot.objects.filter(pk__in=chosen)).select_related("item", "supplier"),
        actor=actor_of(request),
        client=client_of(request),
        key=form.cleaned_data["key"],
    )
    messages.success(
        request,
        f"{recall.number} is open.\nCheck the affected lots, hold what is in house, then freeze the scope.",
        extra_tags="ok",
    )
    return redirect("recalls:case", recall.pk)


# Acting on a case.


@needs("recalls.hold", about=Recall)
def hold_page(request: HttpRequest, pk: int) -> HttpResponse:
    """See what stops, then hold it all."""
    recall = get_object_or_404(Recall, pk=pk)
    whole = services.hold_preview(recall)
    preview = seeing.seen_preview(whole, actor_of(request))
    context = {
        "recall": recall,
        "elsewhere": seeing.elsewhere(whole.scope, actor_of(request)),
        "preview": preview,
        "in_house": _in_house(preview),
        "key": request.POST.get("key") or new_key(),
        "reason": request.POST.get("reason", ""),
        "lots": [LotRow(lot, chips_of(lot)) for lot in preview.scope.in_house[:ROWS]],
    }
    return render(request, "recalls/hold.html", context)


@needs("recalls.hold", about=Recall)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(hold_page)
def hold(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET shows what stops; POST holds everything that contains the starts, in one entry."""
    if request.method == "GET":
        return hold_page(request, pk)
    recall = get_object_or_404(Recall, pk=pk)
    form = HoldForm(request.POST)
    if not form.is_valid():
        raise BadInput(
            "This form has lost its key.",
            "Without it a second click could hold twice.",
            "Load the page again.",
        )
    entry = services.hold_all(
        recall=recall, actor=actor_of(request), client=client_of(request), key=form.cleaned_data["key"],
        reason=form.cleaned_data["reason"], in_a_mock=form.cleaned_data["in_a_mock"],
    )  # fmt: skip
    placed = entry.holds_placed.count()
    messages.success(
        request,
        f"{placed:,} lot{'' if placed == 1 else 's'} on hold since entry {entry.seq:,}.\nWhat is made from them later is held too.",
        extra_tags="ok",
    )
    return redirect("recalls:case", pk)
