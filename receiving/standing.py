"""How a supplier stands: what came, whether in time, what was wrong with it. Counted in a fixed number of questions for any number of suppliers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, Max, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from receiving.models import Delivery, DockRefusal, Receipt, ReceiptItem
from traceability.models import (
    Attachment,
    AttachmentKind,
    Delivered,
    EntryKind,
    Hold,
    Lot,
    Movement,
    Party,
    Requirement,
    Status,
)
from traceability.models.deliveries import Direction
from traceability.models.requirements import Stage

YEAR = timedelta(days=365)
NO_CERTIFICATE = "Certificate is missing"


@dataclass(slots=True)
class Standing:
    """The last twelve months; what is held or waits is that of now."""

    deliveries: int = 0
    last_at: datetime | None = None
    expected: int = 0
    on_time: int = 0
    lots: int = 0
    rejected: int = 0
    returned: int = 0
    refused: int = 0
    held: int = 0
    waiting: int = 0
    without_certificate: int = 0
    not_invoiced: int = 0

    @property
    def on_time_percent(self) -> int | None:
        return round(100 * self.on_time / self.expected) if self.expected else None

    @property
    def rejected_percent(self) -> str:
        return f"{100 * self.rejected / self.lots:.1f} %" if self.lots else ""


def certificates_of(supplier: Party) -> QuerySet[Attachment]:
    """Certificates that were attached to what came from them, at the dock, on a receipt or on a lot, or to them; the latest first."""
    lots = Lot.objects.filter(supplier=supplier).annotate(text=Cast("pk", CharField())).values("text")
    deliveries = (
        Delivery.objects.filter(supplier=supplier).annotate(text=Cast("pk", CharField())).values("text")
    )
    about = (
        Q(subject_kind="receipt", subject__in=Receipt.objects.filter(supplier=supplier).values("number"))
        | Q(subject_kind="delivery", subject__in=deliveries)
        | Q(subject_kind="lot", subject__in=lots)
        | Q(subject_kind="party", subject=str(supplier.pk))
    )
    return Attachment.objects.standing().filter(about, kind=AttachmentKind.CERTIFICATE).order_by("-id")


def standing_of(suppliers: Iterable[Party]) -> dict[int, Standing]:
    ids = [supplier.pk for supplier in suppliers]
    since = timezone.now() - YEAR
    found: dict[int, Standing] = defaultdict(Standing, {pk: Standing() for pk in ids})

    def put(rows: Any, **names: str) -> None:
        for row in rows:
            for name, column in names.items():
                setattr(found[row["of"]], name, row[column])

    receipts = (
        Receipt.objects.filter(supplier__in=ids, received_at__gte=since).values(of=F("supplier")).order_by()
    )
    in_time = Q(order__expected_on__isnull=False, received_at__date__lte=F("order__expected_on"))
    put(
        receipts.annotate(n=Count("pk"), last=Max("received_at"), asked=Count("pk", filter=Q(order__expected_on__isnull=False)), ok=Count("pk", filter=in_time)),
        deliveries="n", last_at="last", expected="asked", on_time="ok",
    )  # fmt: skip
    came = (
        Delivered.objects.filter(direction=Direction.RECEIVED, party__in=ids, first_at__gte=since)
        .values(of=F("party"))
        .order_by()
    )
    put(
        came.annotate(
            n=Count("lot", distinct=True), back=Count("lot", distinct=True, filter=Q(returned__gt=0))
        ),
        lots="n",
        returned="back",
    )
    decided = Movement.objects.filter(
        lot__supplier__in=ids,
        entry__kind=EntryKind.DISPOSITION,
        destination_status=Status.REJECTED,
        entry__occurred_at__gte=since,
    )
    put(
        decided.values(of=F("lot__supplier")).order_by().annotate(n=Count("lot", distinct=True)), rejected="n"
    )
    refused = (
        DockRefusal.objects.filter(supplier__in=ids, refused_at__gte=since)
        .values(of=F("supplier"))
        .order_by()
    )
    put(refused.annotate(n=Count("pk")), refused="n")
    holds = Hold.objects.standing().filter(lot__supplier__in=ids).values(of=F("lot__supplier")).order_by()
    papers = Count("lot", distinct=True, filter=Q(reason=NO_CERTIFICATE))
    put(holds.annotate(n=Count("lot", distinct=True), papers=papers), held="n", without_certificate="papers")
    needs = (
        Requirement.objects.open()
        .filter(lot__supplier__in=ids, stage=Stage.RECEIVING)
        .values(of=F("lot__supplier"))
        .order_by()
    )
    put(needs.annotate(n=Count("lot", distinct=True)), waiting="n")
    open_items = (
        ReceiptItem.objects.not_invoiced()
        .filter(receipt__supplier__in=ids)
        .values(of=F("receipt__supplier"))
        .order_by()
    )
    put(open_items.annotate(n=Count("pk")), not_invoiced="n")
    return dict(found)
