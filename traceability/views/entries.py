"""The book: its entries as a list, and one entry with its movements, digest and chain."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import django_filters
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from traceability.lists import HIDDEN, Column, DateInput, ListFilter, RecordList
from traceability.models import Entry, EntryKind, Hold, Movement
from traceability.reach import seen
from traceability.views.rights import needs

TO_CUSTOMERS = {EntryKind.SHIPMENT, EntryKind.CUSTOMER_RETURN}
LINES_SHOWN = 200


def party_seen(entry: Entry, sees_customers: bool) -> str:
    """The other side's name; a customer's only for those who may know it."""
    if entry.party is None:
        return ""
    return (
        HIDDEN
        if entry.party.is_customer and not entry.party.is_supplier and not sees_customers
        else entry.party.name
    )


class EntryFilter(ListFilter):
    kind = django_filters.ChoiceFilter(label="Kind", choices=EntryKind.choices, empty_label="Any")
    document = django_filters.CharFilter(label="Document")
    lot = django_filters.CharFilter(label="Lot", method="by_lot")
    after_the_fact = django_filters.ChoiceFilter(
        label="After the fact",
        method="by_after",
        choices=[("yes", "Yes"), ("no", "No")],
        empty_label="Either",
    )
    since = django_filters.DateFilter(label="Happened from", method="by_since", widget=DateInput)
    until = django_filters.DateFilter(label="to", method="by_until", widget=DateInput)

    def by_lot(self, rows: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        # Held, lifted and amended lots have no movement in the entry.
        return rows.filter(
            Exists(Movement.objects.filter(entry=OuterRef("pk"), lot__number=value))
            | Exists(
                Hold.objects.filter(
                    Q(placed_in=OuterRef("pk")) | Q(lifted_in=OuterRef("pk")), lot__number=value
                )
            )
        )

    def by_after(self, rows: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        return rows.filter(after_the_fact=value == "yes")

    def by_since(self, rows: QuerySet[Entry], name: str, value: Any) -> QuerySet[Entry]:
        return rows.filter(occurred_at__gte=timezone.make_aware(datetime.combine(value, time.min)))

    def by_until(self, rows: QuerySet[Entry], name: str, value: Any) -> QuerySet[Entry]:
        return rows.filter(occurred_at__lte=timezone.make_aware(datetime.combine(value, time.max)))


class EntryList(RecordList):
    right = "traceability.view_ledger"
    title = "Ledger"
    note = "Every posted fact, in the one order there is. Nothing in it is ever changed."
    file_name = "ledger"
    queryset = Entry.objects.select_related("party", "actor", "reverses")
    filterset_class = EntryFilter
    default_sort = "-seq"
    tie = "seq"
    one, many = "entry", "entries"
    record_page, record = "traceability:entry", "seq"
    quick = (
        ("Corrections", "kind=reversal"),
        ("After the fact", "after_the_fact=yes"),
        ("Holds", "kind=hold"),
        ("Shipments", "kind=shipment"),
    )
    empty_title = "The ledger is empty."
    empty_now = "Receive a delivery, or post the opening balances."

    def get_columns(self) -> list[Column]:
        sees = self.request.user.has_perm("traceability.view_customers")  # type: ignore[union-attr]
        return [
            Column(
                "Entry",
                lambda e: e.seq,
                "number",
                sort="seq",
                link=lambda e: reverse("traceability:entry", args=[e.seq]),
            ),
            Column("Happened", lambda e: e.occurred_at, "when", sort="occurred_at"),
            Column("Recorded", lambda e: e.recorded_at, "when", export_only=True),
            Column("Kind", lambda e: e.get_kind_display(), sort="kind"),
            Column("Document", lambda e: e.document, "document", sort="document"),
            Column("Party", lambda e: party_seen(e, sees), wide_only=True),
            Column("By", lambda e: str(e.actor), wide_only=True),
            Column("Lines", lambda e: e.lines, "number"),
            Column("Reason", lambda e: e.reason, wide_only=True),
        ]

    def prepare(self, rows: list[Any]) -> list[Any]:
        found = Movement.objects.filter(entry__in=rows).values("entry").annotate(lines=Count("pk")).order_by()
        lines = {row["entry"]: row["lines"] for row in found}
        for entry in rows:
            entry.lines = lines.get(entry.pk, 0)
        return rows


@needs("traceability.view_ledger", about=Entry, named="seq")
def entry_page(request: HttpRequest, seq: int) -> HttpResponse:
    """One entry: who, when, what moved, and its place in the chain."""
    entries = Entry.objects.select_related("party", "actor", "second_person", "site", "reverses")
    entry = get_object_or_404(entries, seq=seq)
    lines = (
        seen(Movement.objects.filter(entry=entry)).order_by("line")
        .select_related("lot__item", "origin", "destination", "origin_container", "destination_container", "run")
    )  # fmt: skip
    shown = list(lines[: LINES_SHOWN + 1])
    holds = seen(Hold.objects.filter(Q(placed_in=entry) | Q(lifted_in=entry))).select_related("lot__item")
    context = {
        "entry": entry,
        "party_name": party_seen(entry, request.user.has_perm("traceability.view_customers")),  # type: ignore[union-attr]
        "lines": shown[:LINES_SHOWN],
        "has_more_lines": len(shown) > LINES_SHOWN,
        "line_count": len(shown) if len(shown) <= LINES_SHOWN else lines.count(),
        "holds": list(holds[:LINES_SHOWN]),
        "hold_count": holds.count(),
        "reversed_by": Entry.objects.filter(reverses=entry).first(),
        "before": Entry.objects.filter(seq=seq - 1).first(),
        "amended": entry.payload.get("amended", []),
    }
    return render(request, "traceability/entry.html", context)
