"""The ten questions of a lot-tracking system, each a queryset with the same six filters; page, API and CSV ask these.

All transactions for a lot, a serial · lots, serials shipped to a customer · lots, serials received from a supplier ·
recall lots, serials shipped to customers · recall lots, serials where stocked. A *recall* question starts from the lots
that the item and number filters name, and answers for everything that contains them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from traceability.genealogy import WIDE, Reading, where_used
from traceability.ledger import BadInput
from traceability.models import Balance, Delivered, Item, Lot, Movement, Party
from traceability.models.deliveries import Direction


def lot_transactions(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                     date_from: date | None = None, date_to: date | None = None) -> QuerySet[Movement]:  # fmt: skip
    """All movements of lots, newest first."""
    return _transactions(False, item, number_from, number_to, party, date_from, date_to)


def serial_transactions(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                        date_from: date | None = None, date_to: date | None = None) -> QuerySet[Movement]:  # fmt: skip
    """All movements of serials, newest first."""
    return _transactions(True, item, number_from, number_to, party, date_from, date_to)


def lots_shipped_to(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                    date_from: date | None = None, date_to: date | None = None) -> QuerySet[Delivered]:  # fmt: skip
    """Lots that went to a customer, or to any."""
    return _delivered(Direction.SHIPPED, False, item, number_from, number_to, party, date_from, date_to)


def serials_shipped_to(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                       date_from: date | None = None, date_to: date | None = None) -> QuerySet[Delivered]:  # fmt: skip
    return _delivered(Direction.SHIPPED, True, item, number_from, number_to, party, date_from, date_to)


def lots_received_from(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                       date_from: date | None = None, date_to: date | None = None) -> QuerySet[Delivered]:  # fmt: skip
    """Lots that came from a supplier, or from any. The number may be ours or the supplier's."""
    return _delivered(Direction.RECEIVED, False, item, number_from, number_to, party, date_from, date_to)


def serials_received_from(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                          date_from: date | None = None, date_to: date | None = None) -> QuerySet[Delivered]:  # fmt: skip
    return _delivered(Direction.RECEIVED, True, item, number_from, number_to, party, date_from, date_to)


def recall_lots_shipped(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                        date_from: date | None = None, date_to: date | None = None, reading: Reading = WIDE) -> QuerySet[Delivered]:  # fmt: skip
    """Lots that are or contain the named ones, as they went to customers."""
    return _recall_shipped(False, item, number_from, number_to, party, date_from, date_to, reading)


def recall_serials_shipped(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                           date_from: date | None = None, date_to: date | None = None, reading: Reading = WIDE) -> QuerySet[Delivered]:  # fmt: skip
    return _recall_shipped(True, item, number_from, number_to, party, date_from, date_to, reading)


def recall_lots_stocked(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                        date_from: date | None = None, date_to: date | None = None, reading: Reading = WIDE) -> QuerySet[Balance]:  # fmt: skip
    """Lots that are or contain the named ones, where they stand now. `party` and dates choose the named lots by receipt."""
    return _recall_stocked(False, item, number_from, number_to, party, date_from, date_to, reading)


def recall_serials_stocked(*, item: Item | None = None, number_from: str = "", number_to: str = "", party: Party | None = None,
                           date_from: date | None = None, date_to: date | None = None, reading: Reading = WIDE) -> QuerySet[Balance]:  # fmt: skip
    return _recall_stocked(True, item, number_from, number_to, party, date_from, date_to, reading)


@dataclass(frozen=True, slots=True)
class Question:
    """One of the ten, for a list of links, a URL and a file name."""

    code: str
    title: str
    ask: Callable[..., QuerySet[Any]]
    rows: str  # what one row is: movement, delivered or balance


QUESTIONS: tuple[Question, ...] = (
    Question("lot-transactions", "All transactions for a lot", lot_transactions, "movement"),
    Question("serial-transactions", "All transactions for a serial", serial_transactions, "movement"),
    Question("lots-shipped", "Lots shipped to a customer", lots_shipped_to, "delivered"),
    Question("serials-shipped", "Serials shipped to a customer", serials_shipped_to, "delivered"),
    Question("lots-received", "Lots received from a supplier", lots_received_from, "delivered"),
    Question("serials-received", "Serials received from a supplier", serials_received_from, "delivered"),
    Question("recall-lots-shipped", "Recall lots shipped to customers", recall_lots_shipped, "delivered"),
    Question(
        "recall-serials-shipped", "Recall serials shipped to customers", recall_serials_shipped, "delivered"
    ),
    Question("recall-lots-stocked", "Recall lots where stocked", recall_lots_stocked, "balance"),
    Question("recall-serials-stocked", "Recall serials where stocked", recall_serials_stocked, "balance"),
)


def _transactions(is_serial: bool, item: Item | None, number_from: str, number_to: str, party: Party | None,
                  date_from: date | None, date_to: date | None) -> QuerySet[Movement]:  # fmt: skip
    rows = Movement.objects.filter(_of(is_serial, item, number_from, number_to, prefix="lot__"))
    if party:
        rows = rows.filter(entry__party=party)
    if date_from:
        rows = rows.filter(entry__occurred_at__gte=_start(date_from))
    if date_to:
        rows = rows.filter(entry__occurred_at__lt=_end(date_to))
    names = ("lot__item", "entry__party", "entry__actor", "origin", "destination", "run")
    return rows.select_related(*names).order_by("-entry__seq", "-line")


def _delivered(direction: str, is_serial: bool | None, item: Item | None, number_from: str, number_to: str, party: Party | None,
               date_from: date | None, date_to: date | None, lots: Any = None) -> QuerySet[Delivered]:  # fmt: skip
    rows = Delivered.objects.filter(direction=direction, quantity__gt=0)
    if lots is None:
        rows = rows.filter(
            _of(
                is_serial,
                item,
                number_from,
                number_to,
                prefix="lot__",
                supplier=direction == Direction.RECEIVED,
            )
        )
    else:
        rows = rows.filter(_of(is_serial, None, "", "", prefix="lot__"), lot__in=lots)
    if party:
        rows = rows.filter(party=party)
    if date_from:
        rows = rows.filter(last_at__gte=_start(date_from))
    if date_to:
        rows = rows.filter(first_at__lt=_end(date_to))
    return (
        rows.select_related("party", "lot__item", "lot__supplier").annotate(net=F("quantity") - F("returned"))
        .order_by("party__code", "-first_at", "document", "line", "lot__number")
    )  # fmt: skip


def _recall_shipped(is_serial: bool, item: Item | None, number_from: str, number_to: str, party: Party | None,
                    date_from: date | None, date_to: date | None, reading: Reading) -> QuerySet[Delivered]:  # fmt: skip
    reached = where_used(_named(item, number_from, number_to), reading).lots
    return _delivered(Direction.SHIPPED, is_serial, None, "", "", party, date_from, date_to, lots=reached)


def _recall_stocked(is_serial: bool, item: Item | None, number_from: str, number_to: str, party: Party | None,
                    date_from: date | None, date_to: date | None, reading: Reading) -> QuerySet[Balance]:  # fmt: skip
    named = _named(item, number_from, number_to)
    if party or date_from or date_to:
        came = _delivered(Direction.RECEIVED, None, None, "", "", party, date_from, date_to, lots=named)
        named = sorted(set(came.order_by().values_list("lot", flat=True)))
    reached = where_used(named, reading).lots
    return (
        Balance.objects.filter(lot__in=reached, lot__is_serial=is_serial, quantity__gt=0)
        .select_related("lot__item", "lot__supplier", "location__site", "container")
        .order_by("location__site__code", "location__code", "lot__number", "status")
    )  # fmt: skip


def _named(item: Item | None, number_from: str, number_to: str) -> list[int]:
    if item is None and not (number_from or number_to):
        raise BadInput(
            "Say which lots.",
            "A recall starts from lots that you name.",
            "Give an item, a number, or both.",
            fields={"number_from": "missing"},
        )
    lots = Lot.objects.filter(_of(None, item, number_from, number_to, prefix="", supplier=True))
    return list(lots.values_list("pk", flat=True))


def _of(
    is_serial: bool | None,
    item: Item | None,
    number_from: str,
    number_to: str,
    *,
    prefix: str,
    supplier: bool = False,
) -> Q:
    """Lots by item and by a range of numbers, ends included; where suppliers matter, of their numbers as well."""
    wanted = Q() if is_serial is None else Q(**{f"{prefix}is_serial": is_serial})
    if item:
        wanted &= Q(**{f"{prefix}item": item})
    names = ("number", "supplier_lot") if supplier else ("number",)
    ranges = Q()
    for name in names:
        part = Q()
        if number_from:
            part &= Q(**{f"{prefix}{name}__gte": number_from})
        if number_to:
            part &= Q(**{f"{prefix}{name}__lte": number_to})
        if name == "supplier_lot":
            part &= ~Q(**{f"{prefix}supplier_lot": ""})
        ranges |= part
    return wanted & ranges if number_from or number_to else wanted


def _start(day: date) -> datetime:
    """The first moment of a day in the site's time zone (the one that is active), or a moment as it is."""
    if isinstance(day, datetime):
        return day
    return timezone.make_aware(datetime.combine(day, time.min))


def _end(day: date) -> datetime:
    return day if isinstance(day, datetime) else _start(day + timedelta(days=1))
