"""The dock: one page for a delivery, and a small view for each thing that is done there. The page is drawn by the server after each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from receiving import services
from receiving.forms import LotForm, RefusalForm, TruckForm
from receiving.models import Delivery, DeliveryLine, DeliveryStep, PurchaseOrder
from receiving.rights import RECEIVE
from receiving.services.finishing import defaults
from receiving.services.hand import Hand
from receiving.services.posting import needs_truck_check
from receiving.services.taking import as_answer
from receiving.services.terms import needs_certificate
from receiving.views import places
from traceability import ledger
from traceability.models import Attachment, Party, Person, Stage, Tracking
from traceability.scanning import Answer, Tone
from traceability.views import refusals, second_person
from traceability.views.keys import actor_of, client_of, new_key
from traceability.views.rights import needs

SHOWN = 5
LATE = 2 * 60 * 60


def on_a_delivery(verb: Callable[..., Answer | HttpResponse]) -> Callable[..., HttpResponseBase]:
    """A verb on an open delivery: it answers with words, and the page is drawn with them. A refusal is words too, and keeps the page."""

    @require_POST
    @needs(RECEIVE, about=Delivery)
    @wraps(verb)
    def guarded(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        delivery = _delivery(request, pk)
        try:
            said = verb(request, delivery, **kwargs)
        except services.DeliveryClosed as refusal:
            refusals.record(request, refusal)
            return _closed(request, pk, refusal)
        except ledger.Refusal as refusal:
            refusals.record(request, refusal)
            delivery.__dict__.pop("desk", None)
            said = as_answer(refusal)
        return said if isinstance(said, HttpResponse) else page(request, _desk_after(request, delivery), said)

    return guarded


@needs(RECEIVE, about=Delivery)
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a delivery. One that is posted leads to its receipt."""
    found = get_object_or_404(
        Delivery.objects.select_related("supplier", "site", "receipt", "posting_job"),
        pk=pk,
        site__in=places.sites_of(request),
    )
    if found.receipt_id:
        return redirect("receiving:receipt", found.receipt_id)
    if found.posting_job_id and found.posting_job and found.posting_job.state in ("waiting", "running"):
        return redirect("traceability:job", found.posting_job_id)
    if found.state == "left":
        messages.info(request, "This delivery was given up.\nOpen the order again to receive it.")
        return redirect("receiving:expected")
    return page(request, services.Desk(found, actor_of(request)))


@needs(RECEIVE)
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an order that nobody receives yet. Looking at it begins nothing: its first scan does."""
    order = get_object_or_404(PurchaseOrder.objects.select_related("supplier"), pk=pk)
    going_on = order.deliveries.open().filter(site__in=places.sites_of(request)).first()
    if going_on:
        return redirect("receiving:delivery", going_on.pk)
    if order.is_closed:
        messages.info(request, f"{order.number} is closed.\nReceive what came now without an order.")
        return redirect("receiving:order", order.pk)
    desk = services.Desk(Delivery(supplier=order.supplier, site=places.site_of(request)), actor_of(request))
    desk.__dict__.update(orders=[order], lines=[], hand=Hand())
    return page(request, desk)


@require_POST
@needs(RECEIVE)
def begin_with(request: HttpRequest, pk: int, verb: str) -> HttpResponseBase:
    """The first scan or lot of an order: the delivery is opened, or the one that somebody opened meanwhile goes on."""
    order = get_object_or_404(PurchaseOrder, pk=pk)
    try:
        found = services.open_order(order=order, site=places.site_of(request), actor=actor_of(request))
    except ledger.Refusal as refusal:
        refusals.record(request, refusal)
        messages.warning(request, f"{refusal.what}\n{refusal.why} {refusal.now}".strip())
        return redirect("receiving:order", order.pk)
    response = {"scan": scan, "lot": lot, "answer": answer}[verb](request, pk=found.pk)
    response["X-Page-Address"] = reverse("receiving:delivery", args=[found.pk])
    return response


@require_POST
@needs(RECEIVE)
def begin_without_order(request: HttpRequest) -> HttpResponse:
    """What came unannounced, from a supplier that is known."""
    supplier = get_object_or_404(
        Party.objects.filter(is_supplier=True), pk=places.number(request.POST.get("supplier"))
    )
    found = services.open_without_order(
        supplier=supplier, site=places.site_of(request), actor=actor_of(request)
    )
    return redirect("receiving:delivery", found.pk)


@on_a_delivery
def scan(request: HttpRequest, delivery: Delivery) -> Answer | HttpResponse:
    """One scanned or typed code, or one that waited on a device without connection."""
    said = services.take(
        delivery=delivery, text=request.POST.get("code", "")[:4096], actor=actor_of(request), client=client_of(request), key=_key(request, "scan_key"),
        is_typed=bool(request.POST.get("typed")), device=places.device_of(request), scanned_at=_moment(request.POST.get("scanned_at")),
    )  # fmt: skip
    if said.facts.get("do") == "post":
        return _post(request, delivery)
    if said.facts.get("do") == "undo":
        return services.undo(
            delivery=delivery, actor=actor_of(request), key=f"{_key(request, 'scan_key')}/undo"[:64]
        )
    return said


@on_a_delivery
def lot(request: HttpRequest, delivery: Delivery) -> Answer | HttpResponse:
    """The fields of the lot in hand."""
    desk = services.Desk(delivery, actor_of(request))
    chosen = request.POST.get("item", "")
    item = desk.item_of(Hand(item=int(chosen))) if chosen.isdigit() and len(chosen) < 18 else None
    form = LotForm(request.POST, desk=desk, item=item)
    if not form.is_valid():
        first = str(next(iter(form.errors.values()))[0])
        return page(
            request,
            desk,
            Answer(
                code="R16",
                tone=Tone.STOP,
                what="The lot was not added.",
                why=first,
                now="What you entered is kept below.",
            ),
            form=form,
        )
    return services.fill(
        delivery=delivery, given=form.given(), actor=actor_of(request), key=_key(request, "scan_key")
    )


@on_a_delivery
def answer(request: HttpRequest, delivery: Delivery) -> Answer:
    """A button below a question. Choice and value come in one field, so that a button alone can send them."""
    choice, _, value = request.POST.get("choice", "").partition("=")
    lead = second_person.given(request) if choice == "approve" else None
    return services.answer(
        delivery=delivery, choice=choice[:20], value=value[:200], reason=request.POST.get("reason", "")[:200], lead=lead, actor=actor_of(request),
        key=_key(request, "scan_key"),
    )  # fmt: skip


@on_a_delivery
def undo(request: HttpRequest, delivery: Delivery) -> Answer:
    return services.undo(delivery=delivery, actor=actor_of(request), key=_key(request, "scan_key"))


@on_a_delivery
def take_off(request: HttpRequest, delivery: Delivery) -> Answer:
    return services.take_off(
        delivery=delivery,
        line_id=places.number(request.POST.get("line")),
        actor=actor_of(request),
        key=_key(request, "scan_key"),
    )


@on_a_delivery
def truck(request: HttpRequest, delivery: Delivery) -> Answer | HttpResponse:
    form = TruckForm(request.POST)
    if not form.is_valid():
        return page(request, services.Desk(delivery, actor_of(request)), _not_saved(form), truck=form)
    found = services.describe(delivery=delivery, facts=form.cleaned_data, actor=actor_of(request))
    if found.truck_passed is False:
        return Answer(
            code="R18",
            tone=Tone.STOP,
            what="The truck failed its check.",
            why="All of this delivery is received on hold.",
            now="Refuse it, or go on and tell quality control.",
        )
    return Answer(
        code="", tone=Tone.OK, what="The truck check is passed." if found.truck_passed else "Saved."
    )


@on_a_delivery
def refuse(request: HttpRequest, delivery: Delivery) -> Answer | HttpResponse:
    desk = services.Desk(delivery, actor_of(request))
    form = RefusalForm(request.POST, desk=desk)
    if not form.is_valid():
        return page(request, desk, _not_saved(form), refusal=form)
    data = form.cleaned_data
    row = services.refuse_at_the_dock(
        delivery=delivery, item_id=int(data["item"]), quantity=data["quantity"], unit=data["unit"], reason=data["reason"], supplier_lot=data["supplier_lot"],
        actor=actor_of(request),
    )  # fmt: skip
    return Answer(
        code="",
        tone=Tone.INFO,
        what=f"{ledger.plain(row.quantity)} {row.unit} of {row.item.name} refused.",
        now="Leave it on the truck.",
    )


@on_a_delivery
def exception(request: HttpRequest, delivery: Delivery) -> Answer:
    """What waited in the tray is taken now, with all its questions, or it is not needed."""
    step = get_object_or_404(
        DeliveryStep.objects.exceptions().select_related("delivery"),
        pk=places.number(request.POST.get("step")),
        delivery=delivery,
    )
    services.settle_exception(step=step, actor=actor_of(request))
    if request.POST.get("do") != "again":
        return Answer(
            code="", tone=Tone.INFO, what="It is out of the tray.", why="What was scanned stays on record."
        )
    return services.take(
        delivery=delivery, text=step.text.encode().decode("unicode_escape"), actor=actor_of(request), client=client_of(request), key=f"{step.key}/again"[:64],
        device=places.device_of(request),
    )  # fmt: skip


@on_a_delivery
def post(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    return _post(request, delivery)


@on_a_delivery
def give_up(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    services.give_up(delivery=delivery, reason=request.POST.get("reason", ""), actor=actor_of(request))
    messages.info(request, "The delivery was given up.\nNothing of it was received.")
    return redirect("receiving:expected")


def page(
    request: HttpRequest,
    desk: services.Desk,
    said: Answer | None = None,
    *,
    form: LotForm | None = None,
    truck: TruckForm | None = None,
    refusal: RefusalForm | None = None,
) -> HttpResponse:
    """Everything on it works by forms alone."""
    hand, found = desk.hand, desk.delivery
    item = desk.item_of(hand)
    # What was answered now, and below it the question that still stands.
    asked = said or hand.asked
    shown = [asked] if asked and asked.what else []
    if said and hand.asked and hand.asked != said:
        shown.append(hand.asked)
    is_new = found.pk is None
    ready = "" if is_new else services.blocked(desk)
    exceptions = [] if is_new else list(found.steps.exceptions().order_by("pk"))
    form = form or LotForm(initial=_initial(desk, hand), desk=desk, item=item)
    focus = (asked.facts.get("field") if asked else "") or ""
    if focus in form.fields and not form.is_bound:
        form.fields[focus].widget.attrs |= {"data-focus": ""}
    asked_for = _asked_for(form, focus) if hand.has_lot or focus in form.fields else []
    rows = desk.progress
    for row in rows:
        row.is_now = row.line.item_id == hand.item
    context = {
        "desk": desk, "delivery": found, "hand": hand, "item": item, "asked": asked, "answers_shown": shown, "form": form, "rows": rows, "lines": _lines(desk), "shown": SHOWN,
        "scan_key": new_key(), "next": _next(desk, hand, item),  "blocked": "no lot yet" if is_new else ready,
        "is_new": is_new, "count": services.count_of(desk.lines), "exceptions": exceptions, "truck": truck or TruckForm(initial=_truck(found)),
        "refusals": [] if is_new else list(found.refusals.select_related("item")), "refusal_form": refusal or RefusalForm(desk=desk),
        "needs_truck": needs_truck_check(desk) if not is_new else False, "by_hand": form.is_bound, "asked_for": asked_for,
        "files": 0 if is_new else Attachment.objects.about("delivery", found.pk).standing().count(),
        "position": len(desk.lines) + 1, "place": desk.place_of(hand, item) if item else None,
        "suppliers_terms": desk.terms.get(item.pk) if item else None, "others": _others(found, desk.person),
    }  # fmt: skip
    return render(request, "receiving/receive.html", context)


def _asked_for(form: LotForm, focus: str) -> list[Any]:
    """The fields that stand first, under the question: the one that is asked for, and the others that are still empty."""
    names = [name for name, field in form.fields.items() if "data-step" in field.widget.attrs]
    names = [name for name in form.fields if name == focus or (name in names and not form[name].value())]
    if "quantity" in names:
        names[names.index("quantity") + 1 : 0] = [
            name for name in ("unit", "pieces") if name in form.fields and name not in names
        ]
    return [form[name] for name in names]


def _lines(desk: services.Desk) -> list[dict[str, Any]]:
    """The newest first, with what each becomes."""
    return [
        {
            "line": line, "awaits": Stage.RECEIVING in line.item.inspected_at,
            "held": (line.is_undated and "missing date") or _wanting(desk, line) or (needs_certificate(desk.terms, line.item) and not line.has_certificate and "no certificate") or "",
            "base": desk.base(line.item, line.quantity, line.unit) if line.unit != line.item.unit else None,
        }
        for line in reversed(desk.lines)
    ]  # fmt: skip


def _wanting(desk: services.Desk, line: DeliveryLine) -> str:
    names = [one.name for one in desk.wants(line.item, line.attributes)]
    return f"{', '.join(names)} missing" if names else ""


def _initial(desk: services.Desk, hand: Hand) -> dict[str, Any]:
    item = desk.item_of(hand)
    quantity, unit = hand.quantity, hand.unit
    if item and quantity is None and hand.has_lot and item.tracking != Tracking.SERIAL:
        quantity, unit = defaults(desk, hand, item)
    place = desk.place_of(hand, item) if item else None
    return {
        "item": hand.item or "", "supplier_lot": hand.supplier_lot, "serials": "\n".join(hand.serials), "quantity": ledger.plain(quantity).replace(",", "") if quantity else "",
        "unit": unit, "pieces": hand.pieces, "expires_on": hand.expires_on, "made_on": hand.made_on, "location": place.pk if place else "",
        "has_certificate": hand.has_certificate, **{f"attribute_{pk}": value for pk, value in hand.attributes.items()},
    }  # fmt: skip


def _truck(found: Delivery) -> dict[str, Any]:
    return {name: getattr(found, name) for name in TruckForm.base_fields}


def _next(desk: services.Desk, hand: Hand, item: Any) -> str:
    """What the scan box waits for, in words. Codes stand between backticks."""
    if hand.asked and hand.asked.confirm_with and hand.asked.code in ("R01", "R06", "R08"):
        return (
            f"Scan a lot, or `{hand.supplier_lot or hand.asked.confirm_with}` again"
            if len(hand.asked.confirm_with) < 30
            else "Scan a lot, or the same label again"
        )
    if hand.asked and hand.has_lot:
        return "Answer below, or scan the next lot"
    if item is not None and hand.has_lot:
        return "Fill in what is missing, or scan the next lot"
    if item is not None:
        return f"Scan a lot of {item.name}"
    return "Scan a lot" if len(desk.open_items()) == 1 else "Scan an item, or a label with item and lot"


def _others(found: Delivery, person: Person) -> list[str]:
    """Who else is at this truck."""
    if found.pk is None:
        return []
    return [str(hand.person) for hand in found.hands.exclude(person=person).select_related("person")]


def _post(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    if delivery.receipt_id:
        return _closed(request, delivery.pk, services.DeliveryClosed(""))
    actor, client, note = actor_of(request), client_of(request), request.POST.get("note", "").strip()[:200]
    desk = services.Desk(delivery, actor)
    if services.count_of(desk.lines) > services.AT_ONCE:
        job = services.post_later(delivery=delivery, actor=actor, client=client, note=note)
        return redirect("traceability:job", job.pk)
    receipt = services.post_delivery(delivery=delivery, actor=actor, client=client, note=note)
    count = receipt.lines.count()
    messages.success(request, f"{receipt.number} is posted: {count} lot{'s' if count > 1 else ''}.")
    return redirect("receiving:receipt", receipt.pk)


def _closed(request: HttpRequest, pk: int, refusal: ledger.Refusal) -> HttpResponse:
    """A double click, the back button, or a colleague who was quicker."""
    found = Delivery.objects.select_related("receipt").get(pk=pk)
    if found.receipt:
        messages.info(
            request,
            f"This delivery was posted already as {found.receipt}.\nNothing was recorded twice. To receive more, open the order again.",
        )
        return redirect("receiving:receipt", found.receipt.pk)
    if found.posting_job_id:
        return redirect("traceability:job", found.posting_job_id)
    messages.info(request, f"{refusal.what}\n{refusal.why} {refusal.now}".strip())
    return redirect("receiving:expected")


def _delivery(request: HttpRequest, pk: int) -> Delivery:
    return get_object_or_404(
        Delivery.objects.select_related("supplier", "site"), pk=pk, site__in=places.sites_of(request)
    )


def _desk_after(request: HttpRequest, delivery: Delivery) -> services.Desk:
    """As the verb left it, or read anew where something of it was rolled back."""
    desk: services.Desk | None = getattr(delivery, "desk", None)
    if desk and not desk.is_stale:
        return desk
    return services.Desk(_delivery(request, delivery.pk), actor_of(request))


def _key(request: HttpRequest, name: str) -> str:
    """One step, however often it is sent. The browser makes a key for each scan; a form has the one it was drawn with."""
    key = request.POST.get(name, "")
    return key if 8 <= len(key) <= 60 and key.isalnum() else new_key()


def _moment(text: str | None) -> datetime | None:
    """When a scan that waited was made: milliseconds of the device's clock."""
    if not text or not text.isdigit() or len(text) > 14:
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC)


def _not_saved(form: Any) -> Answer:
    name, errors = next(iter(form.errors.items()))
    return Answer(
        code="R16",
        tone=Tone.STOP,
        what="Nothing was saved.",
        why=f"{form.fields[name].label or name}: {errors[0]}" if name in form.fields else str(errors[0]),
        now="What you entered is kept.",
    )
