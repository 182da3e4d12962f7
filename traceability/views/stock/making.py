"""Split, pool and repack: choose what goes in, say what comes out, look at what will happen, do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from traceability import numbering, stock, units
from traceability.inquiries import Condition
from traceability.ledger import BadInput, Refusal
from traceability.models import Balance, Hold, Item, Lot
from traceability.stock import Amount, Packed
from traceability.views import refusals, second_person
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.stock.hand import stock_rows
from traceability.views.stock.lists import with_papers
from traceability.views.stock.scope import places_of

PARTS = 6
ROWS = 200
TITLES = {
    "split": ("Split a lot", "Parts of a lot become lots of their own, made from it: the walk passes through both ways."),
    "pool": ("Pool lots", "Quantities of one item are poured together into a new lot; the sources keep their numbers. The shortest life holds."),
    "repack": ("Repack", "Quantities are packed anew, into lots of the same item or of another, made from all that went in."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effect:
    """One lot before and after."""

    lot: Lot
    before: Decimal | None
    after: Decimal
    facts: str = ""


@needs("traceability.move", about=Lot)
def split(request: HttpRequest, pk: int) -> HttpResponse:
    return _verb(request, "split", lot_pk=pk)


@needs("traceability.move")
def pool(request: HttpRequest, pk: int) -> HttpResponse:
    return _verb(request, "pool", item_pk=pk)


@needs("traceability.move")
def repack(request: HttpRequest, pk: int) -> HttpResponse:
    return _verb(request, "repack", item_pk=pk)


def _verb(request: HttpRequest, verb: str, *, item_pk: int = 0, lot_pk: int = 0) -> HttpResponse:
    lot = get_object_or_404(Lot.objects.select_related("item"), pk=lot_pk) if lot_pk else None
    item = lot.item if lot else get_object_or_404(Item, pk=item_pk)

    def page(request: HttpRequest, effects: list[Effect] | None = None) -> HttpResponse:
        return _page(request, verb, item, lot, effects)

    @refusals.shown_on(page)
    def act(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return page(request)
        do = _doer(request, verb, item, lot)
        if request.POST.get("step") != "do":
            return page(request, _preview(do, _sources(request, item, lot)))
        made = do()
        numbers = ", ".join(one.number for one in made)
        messages.success(request, f"Done: {numbers}.\nIt is in the ledger; the walk passes through.")
        return redirect("traceability:lot", made[0].pk)

    return act(request)  # type: ignore[return-value]


def _doer(request: HttpRequest, verb: str, item: Item, lot: Lot | None) -> Callable[[], list[Lot]]:
    """The service call that this form asks for. Raises BadInput for what cannot be read."""
    used = _sources(request, item, lot)
    if not used:
        raise BadInput("Nothing goes in.", now="Type how much of which lot.", fields={"take": "missing"})
    sender: dict[str, Any] = {
        "actor": actor_of(request),
        "client": client_of(request),
        "key": key_of(request),
    }
    if verb == "split":
        if len(used) > 1:
            raise BadInput("A split takes from one place at a time.", now="Fill in one row.")
        parts = [(row.number, row.quantity) for row in _outputs(request, item)]
        taken = used[0]
        total = sum((quantity for _, quantity in parts), Decimal(0))
        if total > taken.quantity:
            raise BadInput(
                "The parts are more than is there.",
                now="Check the quantities.",
                fields={"quantity": str(total)},
            )
        return lambda: stock.split_lot(source=taken, into=parts, **sender)
    to = places_of(request).filter(code=request.POST.get("to", "")[:32]).first()
    if to is None:
        raise BadInput("To which place does it go?", now="Choose it.", fields={"to": "missing"})
    if verb == "pool":
        number = request.POST.get("number-1", "").strip()
        return lambda: [stock.pool_lots(sources=used, number=number or _by_pattern(item), to=to, **sender)]
    into = _outputs(request, item)
    reason = request.POST.get("reason", "").strip()[:2000]
    second = second_person.given(request)
    return lambda: stock.repack(sources=used, into=into, to=to, reason=reason, second_person=second, **sender)


def _rows(request: HttpRequest, item: Item, lot: Lot | None) -> list[Any]:
    """What can go in: usable stock, the shortest life first."""
    rows = stock_rows(request).filter(condition=Condition.USABLE, free__gt=0)
    rows = rows.filter(lot=lot) if lot else rows.filter(lot__item=item)
    return with_papers(list(rows.order_by("lot__expires_on", "lot__number", "location__code")[:ROWS]))


def _sources(request: HttpRequest, item: Item, lot: Lot | None) -> list[Amount]:
    used = []
    for row in _rows(request, item, lot):
        text = request.POST.get(f"take-{row.pk}", "").strip()
        if not text:
            continue
        quantity = units.parse_quantity(text, field=f"take-{row.pk}")
        if quantity > 0:
            used.append(
                Amount(
                    lot=row.lot, quantity=quantity, location=row.location, status=row.status, container=row.container
                )
            )  # fmt: skip
    return used


def _outputs(request: HttpRequest, item: Item) -> list[Packed]:
    made = []
    for n in range(1, PARTS + 1):
        number = request.POST.get(f"number-{n}", "").strip()
        text = request.POST.get(f"quantity-{n}", "").strip()
        if not number and not text:
            continue
        if not number or not text:
            raise BadInput(
                f"Row {n} needs a number and a quantity.", now="Fill in both, or neither.",
                fields={f"number-{n}" if not number else f"quantity-{n}": "missing"},
            )  # fmt: skip
        code = request.POST.get(f"item-{n}", "").strip()
        made_of = Item.objects.filter(code=code).first() if code else item
        if made_of is None:
            raise BadInput(f"There is no item {code[:40]}.", fields={f"item-{n}": code[:40]})
        made.append(
            Packed(item=made_of, number=number, quantity=units.parse_quantity(text, field=f"quantity-{n}"))
        )
    if not made:
        raise BadInput("Nothing comes out.", now="Give each new lot a number and a quantity.")
    return made


def _by_pattern(item: Item) -> str:
    if item.lot_pattern:
        return numbering.number_by_pattern(item.lot_pattern, timezone.localdate())
    raise BadInput("The new lot needs a number.", fields={"number-1": "missing"})


def _preview(do: Callable[[], list[Lot]], used: list[Amount]) -> list[Effect]:
    """What would happen, found out by doing it and giving it back."""
    wanted = {amount.lot.pk: amount.lot for amount in used}
    before = _on_hand(wanted)
    with transaction.atomic():
        made = do()
        after = _on_hand([*wanted, *(lot.pk for lot in made)])
        held = set(Hold.objects.standing().filter(lot__in=made).values_list("lot_id", flat=True))
        effects = [Effect(lot, before[pk], after[pk]) for pk, lot in wanted.items()]
        effects += [Effect(lot, None, after[lot.pk], _facts(lot, held)) for lot in made]
        transaction.set_rollback(True)
    return effects


def _facts(lot: Lot, held: set[int]) -> str:
    told = [f"expires {lot.expires_on:%Y-%m-%d}"] if lot.expires_on else []
    told += [f"supplier lot {lot.supplier_lot}"] if lot.supplier_lot else []
    told += ["on hold, like what it is made of"] if lot.pk in held else []
    return ", ".join(told)


def _on_hand(lots: Any) -> dict[int, Decimal]:
    found = dict.fromkeys(lots, Decimal(0))
    rows = Balance.objects.filter(lot__in=list(found)).values_list("lot").annotate(total=Sum("quantity"))
    return found | dict(rows.order_by())


def _page(
    request: HttpRequest, verb: str, item: Item, lot: Lot | None, effects: list[Effect] | None
) -> HttpResponse:
    refusal: Refusal | None = getattr(request, "refusal", None)
    typed = request.POST
    rows = _rows(request, item, lot)
    for row in rows:
        row.typed = typed.get(f"take-{row.pk}", "")
    if lot and len(rows) == 1 and not typed:
        rows[0].typed = f"{rows[0].free.normalize():f}"
    outputs = [
        {
            "n": n,
            "number": typed.get(
                f"number-{n}", f"{lot.number[:17]}/{n}" if lot and n <= 2 and not typed else ""
            ),
            "quantity": typed.get(f"quantity-{n}", ""),
            "item": typed.get(f"item-{n}", ""),
        }
        for n in range(1, (PARTS if verb != "pool" else 1) + 1)
    ]
    title, note = TITLES[verb]
    context = {
        "verb": verb, "title": title, "note": note, "item": item, "lot": lot, "rows": rows, "outputs": outputs, "effects": effects,
        "places": list(places_of(request).order_by("code")), "typed": typed, "key": typed.get("key") or new_key(),
        "asks_second": verb == "repack" and ((refusal and refusal.code in ("second_person_required", "reason_required")) or typed.get("reason")),
    }  # fmt: skip
    return render(request, "traceability/stock/make.html", context, status=refusal.status if refusal else 200)
