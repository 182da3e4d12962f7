"""Lots and serials: all of them, and those a walk reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from itertools import chain
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from traceability import genealogy
from traceability.genealogy import Reading
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Balance, Hold, Item, LedgerHead, Lot, search_key
from traceability.reach import Elsewhere, elsewhere, seen
from traceability.views.keys import actor_of
from traceability.views.statuses import with_facts

YES = [("yes", "Yes"), ("no", "No")]
STATUSES = [
    ("released", "Released"), ("quarantine", "Awaiting QC"), ("rejected", "Rejected"), ("expired", "Expired, in stock"),
    ("expiring", "Expiring in 30 days"), ("used_up", "Used up"),
]  # fmt: skip
IN_STOCK = Exists(Balance.objects.filter(lot=OuterRef("pk"), quantity__gt=0))


def supplier_of(lot: Lot) -> str:
    return lot.supplier.name if lot.supplier else ""


def item_link(lot: Lot) -> str:
    return reverse("traceability:item", args=[lot.item_id])


LOT_COLUMNS = [
    Column("Lot", lambda lot: lot.number, "lot", sort="number"),
    Column("Item", lambda lot: lot.item.name, sort="item__code", link=item_link),
    Column("Item code", lambda lot: lot.item.code, "code", export_only=True),
    Column("Supplier", supplier_of, sort="supplier__name", wide_only=True, roomy=True),
    Column("Supplier lot", lambda lot: lot.supplier_lot, "code", sort="supplier_lot", wide_only=True),
    Column("Status", lambda lot: lot.chips, "chips"),
    Column("On hand", lambda lot: lot.on_hand, "number", unit=lambda lot: lot.item.unit),
    Column("Made on", lambda lot: lot.made_on, "day", sort="made_on", export_only=True),
    Column("Expires", lambda lot: lot.expires_on, "day", sort="expires_on", wide_only=True),
]


class LotFilter(ListFilter):
    q = django_filters.CharFilter(label="Number", method="by_number")
    item = django_filters.CharFilter(label="Item", method="by_item")
    supplier = django_filters.CharFilter(label="Supplier", method="by_supplier")
    kind = django_filters.ChoiceFilter(
        label="Kind", field_name="item__kind", choices=Item.Kind.choices, empty_label="Any"
    )
    status = django_filters.ChoiceFilter(
        label="Status", method="by_status", choices=STATUSES, empty_label="Any"
    )
    held = django_filters.ChoiceFilter(label="On hold", method="by_hold", choices=YES, empty_label="Either")
    stock = django_filters.ChoiceFilter(
        label="In stock", method="by_stock", choices=YES, empty_label="Either"
    )

    def by_number(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        return rows.filter(Q(number__icontains=value) | Q(supplier_lot_key__contains=search_key(value)))

    def by_item(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        return rows.filter(Q(item__code__iexact=value) | Q(item__name__icontains=value))

    def by_supplier(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        return rows.filter(Q(supplier__code__iexact=value) | Q(supplier__name__icontains=value))

    def by_status(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        today = timezone.localdate()
        if value == "used_up":
            return rows.exclude(IN_STOCK)
        if value == "expired":
            return rows.filter(IN_STOCK, expires_on__lt=today)
        if value == "expiring":
            return rows.filter(IN_STOCK, expires_on__gte=today, expires_on__lte=today + timedelta(days=30))
        return rows.filter(Exists(Balance.objects.filter(lot=OuterRef("pk"), quantity__gt=0, status=value)))

    def by_hold(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        held = Exists(Hold.objects.standing().filter(lot=OuterRef("pk")))
        return rows.filter(held) if value == "yes" else rows.exclude(held)

    def by_stock(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        return rows.filter(IN_STOCK) if value == "yes" else rows.exclude(IN_STOCK)


class LotList(RecordList):
    right = "traceability.view_ledger"
    title = "Lots and serials"
    file_name = "lots"
    queryset = Lot.objects.select_related("item", "supplier")
    filterset_class = LotFilter
    columns = LOT_COLUMNS
    default_sort = "number"
    one, many = "lot", "lots"
    record_page = "traceability:lot"
    quick = (
        ("On hold", "held=yes"),
        ("Awaiting QC", "status=quarantine"),
        ("In stock, first to expire", "stock=yes&sort=expires_on"),
        ("Expiring in 30 days", "status=expiring&sort=expires_on"),
        ("Past date", "status=expired&sort=expires_on"),
    )
    empty_title = "No lot yet."
    empty_now = "The first receipt or opening balance makes one."
    empty_link = ("Go to receiving", "receiving:expected", "receiving.receive")

    def prepare(self, rows: list[Any]) -> list[Any]:
        return with_facts(rows)


class WalkList(RecordList):
    """What a walk reached from one lot, in a reading that the address names. The start itself is left out of the list."""

    right = "traceability.trace"
    about = Lot
    template_name = "traceability/walk.html"
    one, many = "lot", "lots"
    columns = LOT_COLUMNS
    record_page = "traceability:lot"
    default_sort = "number"
    direction = "used"
    empty_title = "No other lot."

    def filter_names(self) -> list[str]:
        return ["reading", "parts", "time", "as_of"]

    @cached_property
    def lot(self) -> Lot:
        return get_object_or_404(Lot.objects.select_related("item"), pk=self.kwargs["pk"])

    @cached_property
    def reading(self) -> Reading:
        choice = {name: self.request.GET.get(name, "") for name in self.filter_names()}
        allowed = {
            "reading": {"", "wide", "narrow"},
            "parts": {"", "ever", "now"},
            "time": {"", "all", "aware"},
        }
        for name, values in allowed.items():
            if choice[name] not in values:
                raise Http404(name)
        if choice["as_of"] and not choice["as_of"].isdigit():
            raise Http404("as_of")
        return Reading(
            as_of=int(choice["as_of"]) if choice["as_of"] else None,
            narrow=choice["reading"] == "narrow",
            contains_now=choice["parts"] == "now",
            time_aware=choice["time"] == "aware" and self.direction == "used",
        )

    @cached_property
    def walk(self) -> genealogy.Walk:
        ask = genealogy.where_used if self.direction == "used" else genealogy.where_from
        return ask([self.lot], self.reading)

    def get_base_queryset(self) -> QuerySet[Lot]:
        return Lot.objects.filter(pk__in=self.walk.reached).select_related("item", "supplier")

    def prepare(self, rows: list[Any]) -> list[Any]:
        return with_facts(rows)

    def export(self, rows: QuerySet[Any]) -> tuple[list[str], Iterator[list[Any]]]:
        """What lies at sites that the reader does not see is counted at the end: a list is never shorter in silence."""
        heads, lines = super().export(rows)
        told = (
            [f"{other.lots} more at {other.site.name}", *[""] * (len(heads) - 1)] for other in self.elsewhere
        )
        return heads, chain(lines, told)

    @cached_property
    def elsewhere(self) -> list[Elsewhere]:
        return elsewhere(actor_of(self.request), self.walk.reached)

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"{'where-used' if self.direction == 'used' else 'where-from'}-{self.lot.number}"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{'Where did it go?' if self.direction == 'used' else 'What is in it?'} {self.lot.number}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        left_out = genealogy.left_out(self.walk)
        shown = (
            with_facts(
                seen(Lot.objects.filter(pk__in=left_out)).select_related("item").order_by("number")[:50]
            )
            if left_out
            else []
        )
        return super().get_context_data(**kwargs) | {
            "lot": self.lot,
            "question": "Where did it go?" if self.direction == "used" else "What is in it?",
            "direction": self.direction,
            "reading": self.reading,
            "switches": self.switches(),
            "open_lots": seen(Lot.objects.filter(pk__in=self.walk.open_lots)).select_related("item")
            if self.walk.is_open
            else [],
            "left_out": shown,
            "left_out_count": len(left_out),
            "elsewhere": self.elsewhere,
            "head_seq": LedgerHead.objects.values_list("seq", flat=True).first() or 0,
        }

    def switches(self) -> list[dict[str, Any]]:
        """Each choice with its two values and the one that stands."""
        reading = self.reading
        rows = [
            {"name": "reading", "label": "Links", "now": "narrow" if reading.narrow else "wide",
             "values": [("wide", "All links"), ("narrow", "Without inferred")]},
            {"name": "parts", "label": "Parts", "now": "now" if reading.contains_now else "ever",
             "values": [("ever", "Ever in it"), ("now", "In it now")]},
        ]  # fmt: skip
        if self.direction == "used":
            rows.append(
                {
                    "name": "time",
                    "label": "Time",
                    "now": "aware" if reading.time_aware else "all",
                    "values": [("all", "Whole run"), ("aware", "Only after it went in")],
                }
            )
        return rows


class WhereUsed(WalkList):
    direction = "used"
    empty_now = "Nothing was made from this lot."


class WhereFrom(WalkList):
    direction = "from"
    empty_now = "This lot came in as it is, or its history began before the ledger."
