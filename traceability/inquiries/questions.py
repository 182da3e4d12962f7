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
from traceability.models import Balance, Delivered, Item, Lot, Movement, Party, search_key
from traceability.models.deliveries import Direction
from traceability.reach import seen, sees_all


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

    @property
    def is_serial(self) -> bool:
        return "serial" in self.code

    @property
    def is_recall(self) -> bool:
        return self.code.startswith("recall-")

    @property
    def about(self) -> str:
        """transactions, shipped, received or stocked."""
        return self.code.rpartition("-")[2]

    @property
    def twin(self) -> str:
        """The code of the same question about serials, or about lots."""
        return self.code.replace("serial", "lot") if self.is_serial else self.code.replace("lot", "serial")


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
    rows = seen(Movement.objects.filter(_of(is_serial, item, number_from, number_to, prefix="lot__")))
    if party:
        rows = rows.filter(entry__party=party)
    if date_from:
        rows = rows.filter(entry__occurred_at__gte=_start(date_from))
    if date_to:
        rows = rows.filter(entry__occurred_at__lt=_end(date_to))
    names = (
        "lot__item",
        "lot__supplier",
        "entry__party",
        "entry__actor",
        "entry__site",
        "origin",
        "destination",
        "run",
    )
    return rows.select_related(*names).order_by("-entry__seq", "-line")


def _delivered(direction: str, is_serial: bool | None, item: Item | None, number_from: str, number_to: str, party: Party | None,
               date_from: date | None, date_to: date | None, lots: Any = None) -> QuerySet[Delivered]:  # fmt: skip
    rows = seen(Delivered.objects.filter(direction=direction, quantity__gt=0))
    if lots is None:
        rows = rows.filter(
            _of(
                is_serial,
                item,
                number_from,
                number_to,
                prefix="lot__",
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


def reached_by(*, item: Item | None, number_from: str, number_to: str, party: Party | None = None, date_from: date | None = None,
               date_to: date | None = None, reading: Reading = WIDE) -> list[int]:  # fmt: skip
    """The lots that are or contain the named ones, of which a supplier and dates choose those received so."""
    named = _named(item, number_from, number_to)
    if party or date_from or date_to:
        came = _delivered(Direction.RECEIVED, None, None, "", "", party, date_from, date_to, lots=named)
        named = sorted(set(came.order_by().values_list("lot", flat=True)))
    reached = list(where_used(named, reading).lots)
    return (
        reached if sees_all() else list(seen(Lot.objects.filter(pk__in=reached)).values_list("pk", flat=True))
    )


def _recall_stocked(is_serial: bool, item: Item | None, number_from: str, number_to: str, party: Party | None,
                    date_from: date | None, date_to: date | None, reading: Reading) -> QuerySet[Balance]:  # fmt: skip
    reached = reached_by(
        item=item, number_from=number_from, number_to=number_to, party=party, date_from=date_from, date_to=date_to, reading=reading,
    )  # fmt: skip
    return (
        seen(Balance.objects.filter(lot__in=reached, lot__is_serial=is_serial, quantity__gt=0))
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
    lots = seen(Lot.objects.filter(_of(None, item, number_from, number_to, prefix="")))
    return list(lots.values_list("pk", flat=True))


def _of(is_serial: bool | None, item: Item | None, number_from: str, number_to: str, *, prefix: str) -> Q:
    """Lots by item and by a range of numbers, ours or the suppliers', ends included."""
    wanted = Q() if is_serial is None else Q(**{f"{prefix}is_serial": is_serial})
    if item:
        wanted &= Q(**{f"{prefix}item": item})
    if not (number_from or number_to):
        return wanted
    ranges = _between(f"{prefix}number", number_from, number_to)
    # A supplier lot is meant in any spelling: CS-26-2874 and cs 26 2874 are one.
    keys = search_key(number_from), search_key(number_to)
    if any(keys):
        ranges |= _between(f"{prefix}supplier_lot_key", *keys) & ~Q(**{f"{prefix}supplier_lot_key": ""})
    return wanted & ranges


def _between(name: str, first: str, last: str) -> Q:
    if first and first == last:
        return Q(**{name: first})
    found = Q(**{f"{name}__gte": first}) if first else Q()
    return found & Q(**{f"{name}__lte": last}) if last else found


def _start(day: date) -> datetime:
    """The first moment of a day in the site's time zone (the one that is active), or a moment as it is."""
    if isinstance(day, datetime):
        return day
    return timezone.make_aware(datetime.combine(day, time.min))


def _end(day: date) -> datetime:
    return day if isinstance(day, datetime) else _start(day + timedelta(days=1))
