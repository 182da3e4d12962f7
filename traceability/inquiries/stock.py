"""What is on hand, and what of it is free: every quantity stands in exactly one condition, so conditions add up to the whole.

The order decides where several are true: held, rejected, awaiting quality control, past its date, a paper missing, away
(in transit, at a third party); what is left is usable, and of that a part may be promised. The rest is free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from traceability.models import Balance, Hold, LocationKind, Requirement, Reservation, RunLot, Status

ZERO = Decimal(0)
AMOUNT: Any = DecimalField(max_digits=20, decimal_places=6)
AWAY = (LocationKind.TRANSIT, LocationKind.THIRD_PARTY)


class Condition(TextChoices):
    HELD = "held", "On hold"
    REJECTED = "rejected", "Rejected"
    QUARANTINE = "quarantine", "Awaiting QC"
    EXPIRED = "expired", "Past its date"
    NEEDS = "needs", "Paper missing"
    AWAY = "away", "Away"
    USABLE = "usable", "Usable"


def stock(*, today: date) -> QuerySet[Any]:
    """Every quantity inside, with `condition`, `promised` (of what is usable) and `free`. One query.

    `today` is the day at the site: a quantity is past its date when the day after its last one begins there.
    """
    held = Exists(Hold.objects.standing().filter(lot=OuterRef("lot")))
    needs = Exists(Requirement.objects.blocking().filter(lot=OuterRef("lot")))
    condition = Case(
        When(held, then=Value(Condition.HELD)),
        When(status=Status.REJECTED, then=Value(Condition.REJECTED)),
        When(status=Status.QUARANTINE, then=Value(Condition.QUARANTINE)),
        When(lot__expires_on__lt=today, then=Value(Condition.EXPIRED)),
        When(needs, then=Value(Condition.NEEDS)),
        When(location__kind__in=AWAY, then=Value(Condition.AWAY)),
        default=Value(Condition.USABLE),
        output_field=CharField(),
    )
    # The same place: a promise on a pallet is not one on what stands loose beside it.
    promises = (
        Reservation.objects.standing()
        .annotate(box=Coalesce("container_id", 0))
        .filter(lot=OuterRef("lot"), location=OuterRef("location"), box=Coalesce(OuterRef("container_id"), 0))
        .order_by()
        .values("lot")
        .annotate(total=Sum("quantity"))
        .values("total")
    )
    promised = Case(
        When(
            Q(condition=Condition.USABLE), then=Coalesce(Subquery(promises), Value(ZERO), output_field=AMOUNT)
        ),
        default=Value(ZERO),
        output_field=AMOUNT,
    )
    return (
        Balance.objects.filter(quantity__gt=0)
        .annotate(condition=condition)
        .annotate(promised=Least(promised, F("quantity"), output_field=AMOUNT))
        .annotate(
            free=Case(
                When(Q(condition=Condition.USABLE), then=F("quantity") - F("promised")),
                default=Value(ZERO),
                output_field=AMOUNT,
            )
        )
    )


@dataclass(slots=True)
class Standing:
    """An item's stock in its base unit. on_hand = free + promised + the other conditions; in process is beside it."""

    on_hand: Decimal = ZERO
    free: Decimal = ZERO
    promised: Decimal = ZERO
    conditions: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    lots: int = 0
    in_process: Decimal = ZERO


def standing_of(items: Iterable[int], rows: QuerySet[Any]) -> dict[int, Standing]:
    """Per item, what the rows (of `stock`, perhaps filtered) add up to. Three queries, whatever the number of items."""
    wanted = list(items)
    found: dict[int, Standing] = defaultdict(Standing)
    here = rows.filter(lot__item__in=wanted)
    sums = here.values("lot__item", "condition").annotate(
        total=Sum("quantity"), free_total=Sum("free"), promised_total=Sum("promised")
    )
    for row in sums.order_by():
        standing = found[row["lot__item"]]
        standing.on_hand += row["total"]
        standing.free += row["free_total"]
        standing.promised += row["promised_total"]
        standing.conditions[row["condition"]] += row["total"]
    lots = here.values("lot__item").annotate(lots=Count("lot", distinct=True)).order_by()
    for row in lots:
        found[row["lot__item"]].lots = row["lots"]
    drawn = in_process_links().filter(lot__item__in=wanted).values("lot__item")
    for row in drawn.annotate(total=Sum(F("quantity") - F("removed"))).order_by():
        found[row["lot__item"]].in_process = row["total"]
    return found


def in_process_links() -> QuerySet[RunLot]:
    """What runs drew that have made nothing yet: out of stock, not yet in a product."""
    made = Exists(RunLot.objects.filter(run=OuterRef("run"), role="output", quantity__gt=0))
    return RunLot.objects.filter(role="input", quantity__gt=F("removed")).exclude(made)


def totals_by_unit(rows: QuerySet[Any], **sums: str) -> list[dict[str, Any]]:
    """Totals of rows, never across units: [{"unit": "cs", "quantity": …}, …], the unit with most rows first."""
    named = {name: Sum(column) for name, column in sums.items()}
    found = rows.order_by().values("lot__item__unit").annotate(rows=Count("pk"), **named)
    return [
        {"unit": row["lot__item__unit"], "rows": row["rows"], **{name: row[name] or ZERO for name in sums}}
        for row in sorted(found, key=lambda row: (-row["rows"], row["lot__item__unit"]))
    ]
