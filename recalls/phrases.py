"""Starts by dates: “made FG-POP 2026-10-22..2026-10-24”, “received …”, “shipped …”, “line LINE-1 2026-10-22T05:00..2026-10-22T14:00”.

The basis is said, never guessed; days are those of the site's time zone. An item, a supplier or a customer may stand in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from traceability import inquiries
from traceability.ledger import BadInput
from traceability.models import Item, Lot, Party, RunLot, RunRole

BASES = {"made": "Made", "received": "Received", "shipped": "Shipped", "line": "On the line"}
_PHRASE = re.compile(r"(made|received|shipped|line)\s+(.*?)\s*(\d{4}-\d\d-\d\d(?:T\d\d:\d\d)?)\.\.(\d{4}-\d\d-\d\d(?:T\d\d:\d\d)?)\Z", re.I)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrase:
    basis: str
    name: str
    first: datetime
    last: datetime
    text: str

    @property
    def title(self) -> str:
        zone = timezone.get_current_timezone_name()
        return f"{BASES[self.basis]}{' ' + self.name if self.name else ''}, {self.text} ({zone})"

    def lots(self) -> QuerySet[Lot]:
        """All lots that it means. Raises BadInput for a name that nothing has."""
        return Lot.objects.filter(pk__in=self._keys(), is_untracked=False)

    def _keys(self) -> QuerySet[RunLot] | list[int]:
        if self.basis == "line":
            found = RunLot.objects.filter(
                role=RunRole.OUTPUT, quantity__gt=0, run__line__code__iexact=self.name
            )
            if not found.exists():
                raise BadInput(
                    f"No order ran on a line called {self.name}.",
                    now="Give the code of the line.",
                    fields={"start": self.name},
                )
            inside = found.filter(
                Q(first_at__isnull=True) | Q(first_at__lt=self.last),
                Q(last_at__isnull=True) | Q(last_at__gte=self.first),
            )
            return list(inside.values_list("lot_id", flat=True))
        item, party = self._named()
        if self.basis == "made":
            rows = RunLot.objects.filter(
                role=RunRole.OUTPUT, quantity__gt=0, last_at__gte=self.first, first_at__lt=self.last
            )
            rows = rows.filter(lot__item=item) if item else rows
            said = Lot.objects.filter(
                made_on__gte=self.first.date(), made_on__lte=(self.last - timedelta(seconds=1)).date()
            )
            said = said.filter(item=item) if item else said
            return sorted({*rows.values_list("lot_id", flat=True), *said.values_list("pk", flat=True)})
        ask = inquiries.lots_received_from if self.basis == "received" else inquiries.lots_shipped_to
        serials = (
            inquiries.serials_received_from if self.basis == "received" else inquiries.serials_shipped_to
        )
        asked: dict[str, Any] = {"item": item, "party": party, "date_from": self.first, "date_to": self.last}
        return sorted(
            {
                pk
                for question in (ask, serials)
                for pk in question(**asked).order_by().values_list("lot_id", flat=True)
            }
        )

    def _named(self) -> tuple[Item | None, Party | None]:
        if not self.name:
            return None, None
        item = Item.objects.filter(Q(code__iexact=self.name) | Q(name__iexact=self.name)).first()
        party = (
            None
            if item
            else Party.objects.filter(Q(code__iexact=self.name) | Q(name__iexact=self.name)).first()
        )
        if item is None and party is None:
            raise BadInput(
                f"There is no item, supplier or customer called {self.name}.",
                now="Give its code or its whole name, or leave it out.",
                fields={"start": self.name},
            )
        return item, party


def phrase_of(text: str) -> Phrase | None:
    """What the text says about dates, or nothing. Raises BadInput for days that do not exist."""
    found = _PHRASE.match(" ".join(text.split()))
    if not found:
        return None
    basis, name, first, last = found.groups()
    begins, ends = _moment(first, is_end=False), _moment(last, is_end=True)
    if ends <= begins:
        raise BadInput(
            f"{last} comes before {first}.", now="Give the earlier one first.", fields={"start": text}
        )
    return Phrase(basis.lower(), name.strip(), begins, ends, f"{first} to {last}")


def _moment(text: str, *, is_end: bool) -> datetime:
    try:
        if "T" in text:
            found = parse_datetime(text)
            assert found is not None
            return timezone.make_aware(found)
        day = parse_date(text)
        assert day is not None
    except (ValueError, AssertionError):
        raise BadInput(
            f"There is no day {text}.", now="Write it as 2026-10-22.", fields={"start": text}
        ) from None
    return _start(day + timedelta(days=1)) if is_end else _start(day)


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
