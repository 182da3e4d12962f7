"""At the line: lots go in, come back unused, are taken out again, or are written down after they were used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from production import services
from production.models import Bom, WorkOrder, WorkOrderStatus
from production.needs import Need, needs_of
from production.views import pages
from traceability import permits, units
from traceability.ledger import BadInput, Refusal, plain
from traceability.models import (
    Balance,
    Entry,
    EntryKind,
    Evidence,
    Location,
    Lot,
    Movement,
    Requirement,
    RunLot,
    RunRole,
    Status,
)
from traceability.views import refusals, second_person, taking
from traceability.views.keys import actor_of, client_of, key_of
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

LATEST = 8
REASON = 2000
# A lot that was refused for one of these may have been used all the same, before anybody asked.
USED_ALREADY = {"lot_on_hold", "lot_not_released", "lot_expired", "requirement_open", "work_order_not_open"}


class NotOnBom(Refusal):
    """Asked, not forbidden: a substitution is recorded as one."""

    code = "not_on_bom"

    def __init__(self, lot: Lot, order: WorkOrder, wanted: list[str]):
        super().__init__(
            f"{lot.number} is {lot.item.name}; {order.number} needs {', '.join(wanted[:4])}.", f"{order.bom} does not list it.",
            "Scan another lot, or say below that it is a substitution and why.", fields={"lot": lot.number, "item": lot.item.code}, lots=[lot.pk],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """Where a quantity is taken from, as one choice of a form: place, status and container."""

    balance: Balance

    @property
    def value(self) -> str:
        return str(self.balance.pk)

    @property
    def text(self) -> str:
        b = self.balance
        return f"{b.location}{pages.box_text(b.container)}: {plain(b.quantity)} {b.lot.item.unit}, {b.get_status_display().lower()}"


# Issue


def floor(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of the line: scan box, the lot in hand, what is still needed, and what went in last."""
    order = pages.order_of(pk)
    rows = needs_of(order, suggest=order.status == WorkOrderStatus.RELEASED)
    typed: Any = request.POST or request.GET
    candidates = taking.lots_called(typed.get("lot", ""))
    lot = next(
        (lot for lot in candidates if lot.item.code == typed.get("item")),
        candidates[0] if len(candidates) == 1 else None,
    )
    refusal = getattr(request, "refusal", None)
    now = _need_for(lot, rows) if lot else next((need for need in rows if not need.is_complete), None)
    if now:
        now.is_now = True
    sources = sources_of(order, lot, Status.RELEASED) if lot else []
    if lot:
        with_facts([lot])
    missing = [need.item.name for need in rows if not need.is_complete]
    components = [need for need in rows if not need.is_rework and not need.is_extra]
    is_ready = lot is not None and refusal is None and order.status == WorkOrderStatus.RELEASED
    return pages.drawn(
        request, "production/issue.html", order,
        needs=rows, lot=lot, candidates=candidates if len(candidates) > 1 and lot is None else [], now=now, sources=[(s.value, s.text) for s in sources],
        units=units.units_of(lot.item) if lot else [], proposed=_proposed(now, sources), missing=missing, complete=sum(need.is_complete for need in components), components=len(components), is_ready=is_ready,
        instead=_instead(refusal, lot, rows), used_already=lot if refusal and lot and refusal.code in USED_ALREADY else None,
        is_substitute=bool(lot and order.bom and now is None), latest=_latest(order), allergens=_allergens(rows),
        is_open=order.status == WorkOrderStatus.RELEASED, may_report=actor_of(request).has_perm("production.report"),
        waits_for=list(Requirement.objects.blocking().filter(run__document=order.number).values_list("what", flat=True)[:5]),
    )  # fmt: skip


@needs("production.issue", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(floor)
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """A scan asks about a lot and changes nothing; the form takes it into the order."""
    order = pages.order_of(pk)
    if request.method != "POST":
        if request.GET.get("lot", "").strip():
            _asked(order, request.GET["lot"], request.GET.get("item", ""))
        return floor(request, pk)
    before = taking.posted_before(request)
    if before:
        return pages.told_before(request, order, before, "production:issue")
    lot = taking.lot_of(request.POST.get("lot", "").strip(), item=request.POST.get("item", "").strip())
    taking.check_usable_here(lot, order.site)
    line = issued_line(request, order, lot, status=Status.RELEASED)
    is_substitute = _is_foreign(order, lot)
    reason = request.POST.get("reason", "").strip()[:REASON]
    if is_substitute and not (request.POST.get("substitute") and reason):
        raise NotOnBom(lot, order, [need.item.name for need in needs_of(order)])
    water = request.POST.get("water", "").strip()
    entry = _act(order, lot)(
        work_order=order, lots=[line], run=pages.run_called(request, order), reason=reason, water_lb=units.parse_quantity(water, field="water") if water else None,
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    return pages.told(
        request, order, f"{pages.amount(line.quantity, lot, line.unit)} issued.", entry, "production:issue"
    )


def issued_line(request: HttpRequest, order: WorkOrder, lot: Lot, *, status: str = "") -> services.Issued:
    quantity = quantity_of(request, proposed=request.POST.get("proposed", ""))
    balance = source_of(request, order, lot, status)
    return services.Issued(
        lot=lot, quantity=quantity, unit=request.POST.get("unit", "").strip()[:12], location=balance.location, container=balance.container,
        status=balance.status, evidence=Evidence.SCANNED if request.POST.get("scanned") == lot.number else Evidence.TYPED,
    )  # fmt: skip


def quantity_of(request: HttpRequest, *, proposed: str = "") -> Decimal:
    """What was typed; nothing typed is what the page proposed and said so."""
    text = request.POST.get("quantity", "").strip() or proposed.strip()
    if not text:
        raise BadInput(
            "How much?", now="Type digits with a point, such as 12.5.", fields={"quantity": "missing"}
        )
    quantity = units.parse_quantity(text)
    if quantity <= 0:
        raise BadInput(
            "A quantity must be more than zero.", now="Type how much it is.", fields={"quantity": text}
        )
    return quantity


def sources_of(order: WorkOrder, lot: Lot, status: str = "") -> list[Source]:
    rows = Balance.objects.filter(lot=lot, quantity__gt=0, location__site=order.site_id).select_related(
        "lot__item", "location__site", "container"
    )
    rows = rows.filter(status=status) if status else rows
    return [Source(row) for row in rows.order_by("location__code", "container__number", "status")]


def source_of(request: HttpRequest, order: WorkOrder, lot: Lot, status: str) -> Balance:
    """The place that was chosen, or the only one there is. Never guessed between two."""
    place, wanted = request.POST.get("place", "").strip(), status or request.POST.get("status", "")
    if wanted and wanted not in Status.values:
        raise BadInput("That is no status.", fields={"status": wanted[:20]})
    rows = [source.balance for source in sources_of(order, lot, wanted)]
    if place:
        rows = [row for row in rows if place in (str(row.pk), row.location.code)]
        rows = [row for row in rows if row.container_id is None] or rows
    if len(rows) == 1:
        return rows[0]
    if not rows:
        where = f" at {place[:40]}" if place and not place.isdigit() else " there" if place else ""
        raise BadInput(
            f"Nothing of {lot.number} is {where.strip() or 'here'}.",
            now="Choose where it is, or count it.",
            fields={"place": "none"},
            lots=[lot.pk],
        )
    told = ", ".join(sorted(f"{row.location.code}{pages.box_text(row.container)}" for row in rows))
    raise BadInput(
        f"{lot.number} is at {told}.", now="Say from which place.", fields={"place": "missing"}, lots=[lot.pk]
    )


def _asked(order: WorkOrder, code: str, item: str) -> None:
    """What can be said of a scanned lot before anything is posted."""
    found = [lot for lot in taking.lots_called(code) if not item or lot.item.code == item]
    if not found:
        taking.lot_of(code.strip())
    if len(found) != 1:
        return
    taking.check_usable_here(found[0], order.site)
    if _is_foreign(order, found[0]):
        raise NotOnBom(found[0], order, [need.item.name for need in needs_of(order)])


def _is_foreign(order: WorkOrder, lot: Lot) -> bool:
    """Neither a component nor an alternative of one, nor the rework that the BOM allows. Rework of others is refused by the service."""
    if order.bom is None or Bom.objects.filter(rework_item=lot.item_id).exists():
        return False
    components = order.bom.components.filter(item=lot.item_id) | order.bom.components.filter(
        alternatives=lot.item_id
    )
    return not components.exists()


def _act(order: WorkOrder, lot: Lot) -> Any:
    is_rework = order.bom is not None and order.bom.rework_item_id == lot.item_id
    return services.rework if is_rework else services.issue


def _need_for(lot: Lot, rows: list[Need]) -> Need | None:
    return next(
        (
            need
            for need in rows
            if lot.item_id in {need.item.pk, *(item.pk for item in need.allowed)} and not need.is_extra
        ),
        None,
    )


def _proposed(need: Need | None, sources: list[Source]) -> str:
    """What the order still needs, or what is there if that is less."""
    if need is None or not sources:
        return ""
    there = max(source.balance.quantity for source in sources)
    amount = min(need.remaining, there) if need.remaining else Decimal(0)
    return plain(amount).replace(",", "") if amount else ""


def _instead(refusal: Refusal | None, lot: Lot | None, rows: list[Need]) -> Any:
    """After a stop: the lot to take instead of the refused one."""
    if refusal is None or lot is None:
        return None
    need = _need_for(lot, rows) or next((row for row in rows if not row.is_complete), None)
    return next((row for row in need.stock if row.lot_id != lot.pk), None) if need else None


def _latest(order: WorkOrder) -> list[Any]:
    rows = Movement.objects.filter(entry__document=order.number, entry__kind=EntryKind.ISSUE).select_related(
        "lot__item", "entry", "run"
    )
    return list(rows.order_by("-entry__seq", "line")[:LATEST])


def _allergens(rows: list[Need]) -> list[str]:
    return sorted({allergen for need in rows if need.issued for allergen in need.item.allergens})


# After the fact


def fact_page(request: HttpRequest, pk: int) -> HttpResponse:
    order = pages.order_of(pk)
    typed: Any = request.POST or request.GET
    candidates = taking.lots_called(typed.get("lot", ""))
    lot = next(
        (lot for lot in candidates if lot.item.code == typed.get("item")),
        candidates[0] if len(candidates) == 1 else None,
    )
    if lot:
        with_facts([lot])
    sources = [(source.value, source.text) for source in sources_of(order, lot)] if lot else []
    return pages.drawn(
        request,
        "production/fact.html",
        order,
        lot=lot,
        sources=sources,
        places=pages.options(pages.places_at(order)),
    )


@needs("production.issue", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(fact_page)
def issue_after_the_fact(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what was used already. A gate stops an act, never the record: two persons and a reason."""
    if request.method != "POST":
        return fact_page(request, pk)
    order = pages.order_of(pk)
    before = taking.posted_before(request)
    if before:
        return pages.told_before(request, order, before)
    other = second_person.required(request, to="record a use after the fact")
    permits.require(other, "traceability.confirm", to="confirm a record after the fact")
    lot = taking.lot_of(request.POST.get("lot", "").strip(), item=request.POST.get("item", "").strip())
    line = issued_line(request, order, lot)
    entry = services.issue(
        work_order=order, lots=[line], run=pages.run_called(request, order), after_the_fact=True, second_person=other, occurred_at=moment_of(request),
        reason=request.POST.get("reason", "").strip()[:REASON], actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    return pages.told(
        request,
        order,
        f"{lot.number} is on record as used, confirmed by {other}. What was made from it stands under its holds.",
        entry,
    )


def moment_of(request: HttpRequest) -> datetime | None:
    """When it happened, in the time of the person's site; empty is now."""
    text = request.POST.get("at", "").strip()
    if not text:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise BadInput(
            "That is no date and time.",
            now="Type it as 2026-11-24 07:30, or leave it empty for now.",
            fields={"at": text[:40]},
        )
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


# Back


def back_page(request: HttpRequest, pk: int, *, is_removal: bool = False) -> HttpResponse:
    order = pages.order_of(pk)
    rows = (
        RunLot.objects.filter(run__document=order.number, role=RunRole.INPUT, lot__is_untracked=False)
        .select_related("lot__item", "run")
        .order_by("lot__number", "run")
    )
    inside = [row for row in rows[:500] if row.quantity > row.removed]
    chosen = (request.POST or request.GET).get("lot", "")
    links = [
        (
            f"link-{row.pk}",
            f"{row.lot.number}, {row.lot.item.name}: {plain(row.quantity - row.removed)} {row.lot.item.unit} in {row.run}",
        )
        for row in inside
    ]
    places = pages.options(pages.places_at(order))
    if is_removal:
        places += [
            (place.code, f"{place.code} scrap")
            for place in Location.objects.filter(site=order.site_id, kind="scrap")
        ]
    return pages.drawn(
        request, "production/back.html", order, links=links, link_chosen=next((f"link-{row.pk}" for row in inside if chosen in (row.lot.number, f"link-{row.pk}")), ""),
        places=places, is_removal=is_removal,
    )  # fmt: skip


def _returned(
    request: HttpRequest, order: WorkOrder, *, to_scrap: bool = False
) -> tuple[services.Returned, Any]:
    """One lot of the order that comes out of its run, and the run."""
    wanted = request.POST.get("lot", "").strip()
    rows = RunLot.objects.filter(run__document=order.number, role=RunRole.INPUT).select_related(
        "lot__item", "run__site"
    )
    run = pages.run_called(request, order)
    rows = rows.filter(run=run) if run else rows
    # The list names a link (a lot in a run); a number that is typed is a lot's.
    link = wanted.removeprefix("link-")
    is_link = link != wanted and link.isdigit() and len(link) < 19
    found = list(rows.filter(pk=int(link)) if is_link else rows.filter(lot__number=wanted)) if wanted else []
    if len(found) != 1:
        what = (
            f"{wanted[:40]} went into several runs."
            if found
            else f"{wanted[:40]} is not in {order.number}."
            if wanted
            else "Which lot?"
        )
        raise BadInput(what, now="Choose it from the list.", fields={"lot": wanted[:40] or "missing"})
    place = pages.place_called(order, request.POST.get("place", ""))
    if place is None and to_scrap:
        place = (
            Location.objects.select_related("site")
            .filter(site=order.site_id, kind="scrap", code=request.POST.get("place", ""))
            .first()
        )
    if place is None:
        raise BadInput("Where does it go?", now="Choose a place.", fields={"place": "missing"})
    line = services.Returned(
        lot=found[0].lot,
        quantity=quantity_of(request),
        unit=request.POST.get("unit", "").strip()[:12],
        location=place,
    )
    return line, found[0].run


@needs("production.issue", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(back_page)
def unused(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what was issued and never used."""
    if request.method != "POST":
        return back_page(request, pk)
    return _back(request, pages.order_of(pk), services.return_unused, "came back unused")


def removal_page(request: HttpRequest, pk: int) -> HttpResponse:
    return back_page(request, pk, is_removal=True)


@needs("production.issue", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(removal_page)
def removed(request: HttpRequest, pk: int) -> HttpResponse:
    """Take out again what was in the product: the book says that it was in there, and until when."""
    if request.method != "POST":
        return removal_page(request, pk)
    return _back(request, pages.order_of(pk), services.remove_from_run, "taken out again", to_scrap=True)


def _back(
    request: HttpRequest, order: WorkOrder, verb: Any, words: str, *, to_scrap: bool = False
) -> HttpResponse:
    before: Entry | None = taking.posted_before(request)
    if before:
        return pages.told_before(request, order, before)
    line, run = _returned(request, order, to_scrap=to_scrap)
    entry = verb(
        work_order=order, lots=[line], run=run, reason=request.POST.get("reason", "").strip()[:REASON],
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    return pages.told(request, order, f"{pages.amount(line.quantity, line.lot, line.unit)} {words}.", entry)


# Another run


@needs("production.issue", about=WorkOrder)
@require_http_methods(["POST"])
def start_run(request: HttpRequest, pk: int) -> HttpResponse:
    """A new shift, tank draw or unit: what is in one run is not in the others."""
    order = pages.order_of(pk)
    run = services.start_run(
        work_order=order, actor=actor_of(request), client=client_of(request), key=key_of(request)
    )
    messages.success(
        request,
        f"Run {run.number} of {order.number} is open.\nChoose it where lots are issued and reported.",
        extra_tags="ok",
    )
    return redirect("production:order", pk)
