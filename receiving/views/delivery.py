"""A delivery at the dock: scan or type lot after lot, then post them all as one receipt."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from receiving.forms import LotForm
from receiving.models import PurchaseOrder, PurchaseOrderLine, Receipt
from receiving.services import receive_delivery
from receiving.views import labels
from receiving.views.draft import Draft
from receiving.views.progress import Progress, base, factors_of, progress_of
from traceability.context import site_of
from traceability.ledger import BadInput, Refusal, plain
from traceability.models import Entry, EntryKind, Location, Lot, Stage, search_key
from traceability.views import refusals, second_person
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

SHOWN = 5


class ReceivedBefore(Refusal):
    """Asked, not forbidden: the same supplier lot on another truck is a receipt of its own."""

    code = "received_before"

    def __init__(self, *, item: str, supplier_lot: str, where: str):
        super().__init__(
            f"Lot {supplier_lot} of {item} was already received.", where, "Scan it again to add this delivery as a second receipt of the same supplier lot, or scan a different lot.",
            fields={"item": item, "supplier_lot": supplier_lot},
        )  # fmt: skip


@needs("receiving.receive")
def receive(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of the delivery. Everything on it works by forms alone."""
    return _drawn(request, pk)


def _drawn(request: HttpRequest, pk: int) -> HttpResponse:
    order = _order(pk)
    draft = Draft(request, order)
    return _page(
        request, order, draft, LotForm(initial=_initial(draft), order=order, places=_places(request))
    )


@require_POST
@needs("receiving.receive")
def scan(request: HttpRequest, pk: int) -> HttpResponse:
    """One scanned or typed code: a place, an item, or a lot. A label that says everything is added at once."""
    order = _order(pk)
    draft = Draft(request, order)
    code = request.POST.get("code", "").strip()[:200]
    if not code:
        return redirect("receiving:receive", pk)
    if draft.asked and search_key(code) == search_key(draft.asked):
        return _add(request, order, draft, draft.now, is_confirmed=True)
    draft.asked = ""
    lines = list(order.lines.select_related("item__default_location"))
    label = labels.read(code)
    place = _places(request).filter(code__in={code, code.upper()}).first()
    line = _line_called(lines, label.gtin or code)
    if place:
        draft.now["location"] = str(place.pk)
        messages.info(request, f"Place {place.code}.")
    elif line and not label.lot:
        draft.now = {"line": str(line.pk), "location": draft.now.get("location", "")}
    else:
        return _scan_lot(request, order, draft, lines, line, label)
    draft.keep()
    return redirect("receiving:receive", pk)


@require_POST
@needs("receiving.receive")
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add the lot of the form to the delivery."""
    order = _order(pk)
    posted = _posted_before(request)
    if posted:
        return _to_receipt(request, posted)
    draft = Draft(request, order)
    if "different" in request.POST:
        draft.now, draft.asked = (
            {"line": request.POST.get("line", ""), "location": request.POST.get("location", "")},
            "",
        )
        draft.keep()
        return redirect("receiving:receive", pk)
    return _add(request, order, draft, request.POST.dict(), is_confirmed="confirm" in request.POST)


@require_POST
@needs("receiving.receive")
def take_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a lot off again while nothing is posted. It goes back into the hand, to be corrected."""
    draft = Draft(request, _order(pk))
    lot = draft.take_off(request.POST.get("lot", ""))
    if lot:
        draft.now = {name: value for name, value in lot.items() if name != "id"}
        draft.keep()
        messages.info(
            request,
            f"{lot['supplier_lot'] or 'The lot'} was taken off.\nIt is in hand below: change it and add it again, or go on with another.",
        )
    return redirect("receiving:receive", pk)


@require_POST
@needs("receiving.receive")
@refusals.shown_on(_drawn)
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """Post the delivery: one receipt, however often the button is pressed."""
    order = _order(pk)
    posted = _posted_before(request)
    if posted:
        return _to_receipt(request, posted)
    draft = Draft(request, order)
    if draft.key != key_of(request):
        raise BadInput(
            "This page is older than the delivery.",
            "It was changed in another window.",
            "Look at the lots below and post again.",
        )
    receipt = receive_delivery(
        order=order, lines=draft.received(), actor=actor_of(request), client=client_of(request), key=draft.key, second_person=second_person.given(request),
        reason=request.POST.get("reason", "").strip()[:2000], note=request.POST.get("note", "").strip()[:200],
    )  # fmt: skip
    draft.forget()
    count = receipt.lines.count()
    messages.success(request, f"{receipt.number} is posted: {count} lot{'s' if count > 1 else ''}.")
    return redirect("receiving:receipt", receipt.pk)


def _order(pk: int) -> PurchaseOrder:
    return get_object_or_404(PurchaseOrder.objects.select_related("supplier"), pk=pk)


def _places(request: HttpRequest) -> QuerySet[Location]:
    """Places inside the person's own sites; those of the first site where the person has none."""
    site = site_of(request)
    sites = list(actor_of(request).sites.all()) or ([site] if site else [])
    return Location.objects.inside().filter(site__in=sites, is_active=True).select_related("site")


def _initial(draft: Draft) -> dict[str, Any]:
    lines = list(draft.order.lines.select_related("item__default_location"))
    now: dict[str, Any] = dict(draft.now)
    if "line" not in now and len(lines) == 1:
        now["line"] = str(lines[0].pk)
    line = next((line for line in lines if str(line.pk) == now.get("line")), None)
    if line:
        now["unit"] = now.get("unit") or line.unit
        now["location"] = now.get("location") or (line.item.default_location_id or "")
    return now


def _line_called(lines: Iterable[PurchaseOrderLine], code: str) -> PurchaseOrderLine | None:
    gtin = code.zfill(14) if code.isdigit() and len(code) >= 8 else ""
    return next(
        (
            line
            for line in lines
            if line.item.code == code.upper() or line.item.code == code or (gtin and line.item.gtin == gtin)
        ),
        None,
    )


def _scan_lot(
    request: HttpRequest,
    order: PurchaseOrder,
    draft: Draft,
    lines: list[PurchaseOrderLine],
    line: PurchaseOrderLine | None,
    label: labels.Label,
) -> HttpResponse:
    """A supplier's lot for the line in hand, or for the only open one. Never picks silently between two."""
    if label.gtin and line is None:
        draft.keep()
        messages.warning(
            request,
            f"No line of {order.number} has the item number {label.gtin}.\nScan another label, or choose the item and type the lot.",
        )
        return redirect("receiving:receive", order.pk)
    if line is None:
        chosen = next((row for row in lines if str(row.pk) == draft.now.get("line")), None)
        still_open = [row.line for row in _progress(order, draft) if not row.is_complete]
        line = chosen or (still_open[0] if len(still_open) == 1 else None)
    draft.now |= {
        "supplier_lot": label.lot or label.text, "is_scanned": "yes", "quantity": plain(label.quantity).replace(",", "") if label.quantity else "",
        "unit": label.unit, "expires_on": label.expires_on.isoformat() if label.expires_on else "", "made_on": label.made_on.isoformat() if label.made_on else "",
        "pieces": str(label.pieces or ""), "line": str(line.pk) if line else "",
    }  # fmt: skip
    draft.keep()
    if line is None:
        messages.warning(
            request,
            f"Which item is {draft.now['supplier_lot']}?\nScan the item's label, or choose the item below.",
        )
    elif label.quantity:
        return _add(request, order, draft, draft.now, is_confirmed=False)
    return redirect("receiving:receive", order.pk)


def _add(
    request: HttpRequest, order: PurchaseOrder, draft: Draft, data: dict[str, str], *, is_confirmed: bool
) -> HttpResponse:
    form = LotForm(data, order=order, places=_places(request))
    if not form.is_valid():
        first = next(iter(form.errors.values()))[0]
        request.refusal = BadInput("The lot was not added.", str(first), "What you entered is kept below.")  # type: ignore[attr-defined]
        return _page(request, order, draft, form, status=422)
    line, supplier_lot = form.cleaned_data["line"], form.cleaned_data["supplier_lot"]
    known = _seen_before(order, draft, line, supplier_lot)
    if known and not is_confirmed:
        draft.now = {name: str(data.get(name) or "") for name in form.fields} | {
            "is_scanned": draft.now.get("is_scanned", "")
        }
        draft.asked = supplier_lot
        draft.keep()
        return _page(
            request,
            order,
            draft,
            form,
            asked=ReceivedBefore(item=line.item.name, supplier_lot=supplier_lot, where=known),
            status=409,
        )
    is_scanned = bool(draft.now.get("is_scanned")) and draft.now.get("supplier_lot") == supplier_lot
    _tell(request, order, draft, line, form)
    for row in _rows(form, data.get("lot_id") or new_key()):
        draft.add(row | {"is_scanned": "yes" if is_scanned else ""})
    return redirect("receiving:receive", order.pk)


def _rows(form: LotForm, lot_id: str) -> list[dict[str, str]]:
    """What a form adds: one lot, or one for each serial."""
    data = form.cleaned_data
    row = {
        "line": str(data["line"].pk), "supplier_lot": data["supplier_lot"], "quantity": str(data["quantity"]), "unit": data["unit"],
        "expires_on": _text(data["expires_on"]), "made_on": _text(data["made_on"]), "location": str(data["location"].pk),
        "pieces": str(data["pieces"] or ""), "lot_number": data["lot_number"],
    }  # fmt: skip
    if "each" not in data:
        return [row | {"id": lot_id}]
    return [
        row
        | {"id": f"{lot_id}-{n}", "supplier_lot": serial, "lot_number": serial, "quantity": "1", "pieces": ""}
        for n, serial in enumerate(data["each"])
    ]


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _seen_before(order: PurchaseOrder, draft: Draft, line: PurchaseOrderLine, supplier_lot: str) -> str:
    """Where this supplier lot of the item was seen before, in words; empty if never."""
    key = search_key(supplier_lot)
    if not key:
        return ""
    here = sum(lot["line"] == str(line.pk) and search_key(lot["supplier_lot"]) == key for lot in draft.lots)
    if here:
        return f"It is in this delivery already{f' {here} times' if here > 1 else ''}."
    lots = list(
        Lot.objects.same_supplier_lot(supplier_id=order.supplier_id, item_id=line.item_id, key=key).order_by(
            "-pk"
        )[:SHOWN]
    )
    if not lots:
        return ""
    papers = {
        receipt.number: receipt
        for receipt in Receipt.objects.filter(number__in=[lot.received_under for lot in lots]).select_related(
            "order"
        )
    }
    told = []
    for lot in lots:
        paper = papers.get(lot.received_under)
        on = (
            f" on {timezone.localtime(paper.received_at):%-d %b %Y}, {paper.order or paper.number}"
            if paper
            else ""
        )
        told.append(f"as {lot.number}{on}")
    return f"It came {'; '.join(told)}."


def _tell(
    request: HttpRequest, order: PurchaseOrder, draft: Draft, line: PurchaseOrderLine, form: LotForm
) -> None:
    """What the receiver should know of the lot that was just added."""
    data = form.cleaned_data
    item = line.item
    row = next(row for row in _progress(order, draft) if row.line.pk == line.pk)
    row.drafted += base(item, data["quantity"], data["unit"], factors_of([item]))
    if row.over:
        limit = (
            "It is beyond the limit: a second person must approve it."
            if row.needs_approval
            else "It is within the limit."
        )
        messages.warning(
            request,
            f"{plain(row.over)} {item.unit} of {item.name} is more than was ordered.\n{row.words}. {limit}",
        )
    if item.needs_expiry and not data["expires_on"]:
        messages.warning(
            request,
            f"{item.name} needs a best-by date.\nWithout it the lot is received on hold. Take it off to add the date.",
        )
    elif (
        item.minimum_life_days
        and data["expires_on"]
        and (left := (data["expires_on"] - timezone.localdate()).days) < item.minimum_life_days
    ):
        messages.warning(
            request,
            f"Best by {data['expires_on']} leaves {left} days; {item.name} needs {item.minimum_life_days}.\nThe lot is received on hold, or take it off and refuse it.",
        )


def _progress(order: PurchaseOrder, draft: Draft) -> list[Progress]:
    rows = progress_of([order]).get(order.pk, [])
    factors = factors_of(row.line.item for row in rows)
    by_line = {str(row.line.pk): row for row in rows}
    for lot in draft.lots:
        row = by_line.get(lot["line"])
        if row:
            row.drafted += base(row.line.item, Decimal(lot["quantity"]), lot["unit"], factors)
            row.drafted_lots += 1
    for row in rows:
        row.is_now = str(row.line.pk) == draft.now.get("line")
    return rows


def _page(
    request: HttpRequest,
    order: PurchaseOrder,
    draft: Draft,
    form: LotForm,
    *,
    asked: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = _progress(order, draft)
    lines = {str(row.line.pk): row.line for row in rows}
    places = {
        str(place.pk): place
        for place in Location.objects.filter(pk__in={int(lot["location"]) for lot in draft.lots})
    }
    lots = [
        {"lot": lot, "item": lines[lot["line"]].item, "place": places.get(lot["location"]), "awaits": Stage.RECEIVING in lines[lot["line"]].item.inspected_at, "expires_on": lot["expires_on"]}
        for lot in draft.lots if lot["line"] in lines
    ]  # fmt: skip
    now = lines.get(form.data.get("line", "") if form.is_bound else str(form.initial.get("line", "")))
    needs_approval = any(row.needs_approval for row in rows)
    context = {
        "order": order, "draft": draft, "form": form, "rows": rows, "lots": lots[::-1], "now": now, "asked": asked, "lot_id": request.POST.get("lot_id") or new_key(),
        "next": _next(draft, now, rows), "needs_approval": needs_approval, "blocked": _blocked(order, lots),
        "came": sum(row.lots for row in rows), "holds": _holds(order, lots),
    }  # fmt: skip
    return render(request, "receiving/receive.html", context, status=status)


def _next(draft: Draft, now: PurchaseOrderLine | None, rows: list[Progress]) -> str:
    """What the scan box waits for, in words."""
    if now is None and sum(not row.is_complete for row in rows) > 1:
        return "Scan an item, or a label with item and lot"
    if draft.now.get("supplier_lot"):
        return "Scan a place, or the next lot"
    return f"Scan a lot of {now.item.name}" if now else "Scan a lot"


def _blocked(order: PurchaseOrder, lots: list[Any]) -> str:
    """Why nothing can be posted yet, or nothing."""
    if order.is_closed:
        return f"Post: {order.number} is closed"
    return "" if lots else "Post, no lot yet"


def _holds(order: PurchaseOrder, lots: list[Any]) -> str:
    """Which lots will stand on hold as soon as they are posted."""
    if order.supplier.is_suspended:
        return f"{order.supplier} is suspended: every lot is received on hold."
    missing = sum(row["item"].needs_expiry and not row["expires_on"] for row in lots)
    return (
        f"{missing} lot{'s' if missing > 1 else ''} without a best-by date will be received on hold."
        if missing
        else ""
    )


def _posted_before(request: HttpRequest) -> Receipt | None:
    """The receipt that this key made, if it did: a double click, or the back button after posting."""
    entry = Entry.objects.filter(
        kind=EntryKind.RECEIPT, keys__client=client_of(request), keys__key=key_of(request)
    ).first()
    return Receipt.objects.filter(number=entry.document).first() if entry else None


def _to_receipt(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    messages.info(
        request,
        f"This delivery was posted already as {receipt.number}.\nNothing was recorded twice. To receive more, open the order again.",
    )
    return redirect("receiving:receipt", receipt.pk)
