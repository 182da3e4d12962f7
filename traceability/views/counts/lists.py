"""All counts, one count with its lines, and how right the record was over time."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Count as Number
from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.shortcuts import get_object_or_404
from django.urls import reverse

from traceability import stock
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Count, CountLine, CountState, LineState, Person
from traceability.views.keys import new_key
from traceability.views.stock.lists import T, tabs
from traceability.views.stock.scope import sites_of

MONTHS = 12
WORDS = {
    LineState.OPEN: "to count",
    LineState.AGAIN: "count again",
    LineState.COUNTED: "counted",
    LineState.POSTED: "posted",
    LineState.SET_ASIDE: "set aside",
}


def count_link(row: Any) -> str:
    return reverse(f"{T}count", args=[row.pk])


def tally(prefix: str = "") -> dict[str, Any]:
    """Lines by what became of them; `right` agreed with the record to the last unit."""
    p = f"{prefix}__" if prefix else ""

    def lines(**wanted: Any) -> Any:
        return Number(f"{p}pk" if prefix else "pk", filter=Q(**{f"{p}{k}": v for k, v in wanted.items()}))

    counted = lines(state__in=[LineState.COUNTED, LineState.POSTED], lot__isnull=False)
    right = Number(
        f"{p}pk" if prefix else "pk",
        filter=Q(**{f"{p}state": LineState.POSTED, f"{p}lot__isnull": False}) & Q(**{f"{p}counted": F(f"{p}expected")}),
    )  # fmt: skip
    return {
        "lines_all": Number(f"{p}pk" if prefix else "pk"),
        "lines_counted": counted,
        "lines_posted": lines(state=LineState.POSTED, lot__isnull=False),
        "lines_right": right,
    }


class CountFilter(ListFilter):
    q = django_filters.CharFilter(label="Number, or what is counted", method="by_text")
    state = django_filters.ChoiceFilter(label="State", choices=CountState.choices, empty_label="Any")

    def by_text(self, rows: QuerySet[Count], name: str, value: str) -> QuerySet[Count]:
        return rows.filter(Q(number__icontains=value) | Q(what__icontains=value))


class CountList(RecordList):
    right = "traceability.view_ledger"
    template_name = "traceability/counts/list.html"
    title = "Counts"
    file_name = "counts"
    filterset_class = CountFilter
    default_sort = "-id"
    one, many = "count", "counts"
    empty_title = "Nothing was counted yet."
    empty_now = "Open a count for a place or an item; small counts every day beat a large one once a year."
    columns = [
        Column("Count", lambda c: c.number, "code", sort="number", link=count_link),
        Column("What", lambda c: c.what),
        Column("State", lambda c: c.get_state_display(), sort="state"),
        Column("Opened", lambda c: c.opened_at, "when", sort="opened_at", wide_only=True),
        Column("By", lambda c: str(c.opened_by), wide_only=True),
        Column("Lines", lambda c: c.lines_all, "number"),
        Column("Counted", lambda c: c.lines_counted, "number"),
        Column("Right", lambda c: c.lines_right if c.state == CountState.POSTED else None, "number", wide_only=True),
        Column("Accuracy, %", lambda c: share(c.lines_right, c.lines_posted), "number"),
    ]  # fmt: skip

    def get_base_queryset(self) -> QuerySet[Count]:
        rows = Count.objects.filter(site__in=sites_of(self.request)).select_related("opened_by")
        return rows.annotate(**tally("lines"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"tabs": tabs(self.request, f"{T}counts")}


def share(part: int, whole: int) -> Decimal | None:
    return round(Decimal(100 * part) / whole, 1) if whole else None


class LineFilter(ListFilter):
    place = django_filters.CharFilter(label="Place", field_name="location__code")
    state = django_filters.ChoiceFilter(label="State", choices=LineState.choices, empty_label="Any")
    differs = django_filters.ChoiceFilter(
        label="Difference", method="by_difference", choices=[("yes", "Differs"), ("no", "Agrees")], empty_label="Either"
    )  # fmt: skip

    def by_difference(self, rows: QuerySet[CountLine], name: str, value: str) -> QuerySet[CountLine]:
        rows = rows.filter(counted__isnull=False)
        same = Q(counted=F("expected"))
        return rows.exclude(same) if value == "yes" else rows.filter(same)


class CountPage(RecordList):
    """One count: what was to be counted, what was, who looked, and what was posted. The record is hidden while it is blind."""

    right = "traceability.view_ledger"
    about = Count
    template_name = "traceability/counts/count.html"
    filterset_class = LineFilter
    default_sort = "location__code"
    paginate_by = 100
    one, many = "line", "lines"
    empty_title = "It has no line."

    @cached_property
    def count(self) -> Count:
        rows = Count.objects.select_related("site", "opened_by", "closed_by")
        return get_object_or_404(rows, pk=self.kwargs["pk"], site__in=sites_of(self.request))

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.count.number

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return self.count.number

    @property
    def crumbs(self) -> Any:  # type: ignore[override]
        return [("Counts", reverse(f"{T}counts"))]

    @cached_property
    def sees_record(self) -> bool:
        return sees_record(self.count, self.request.user)  # type: ignore[arg-type]

    def get_columns(self) -> list[Column]:
        columns = [
            Column("Place", lambda r: r.location.code, "code", sort="location__code"),
            Column("Lot", lambda r: r.lot.number if r.lot else r.label, "code", sort="lot__number", link=lambda r: reverse(f"{T}lot", args=[r.lot_id]) if r.lot_id else ""),
            Column("Item", lambda r: r.lot.item.name if r.lot else "nobody knows this label", wide_only=True),
            Column("Container", lambda r: r.container.number if r.container else "", "code", wide_only=True),
            Column("State", lambda r: WORDS[r.state], sub=lambda r: r.why_again or r.note),
            Column("Counted", lambda r: r.counted, "number", unit=lambda r: r.lot.item.unit if r.lot else ""),
        ]  # fmt: skip
        if self.sees_record:
            columns += [
                Column("Record", lambda r: r.expected if r.lot else None, "number"),
                Column("Difference", lambda r: r.difference if r.lot else None, "number"),
                Column("Above tolerance", lambda r: bool(r.lot and r.counted is not None and not stock.is_within(r)), export_only=True),
            ]  # fmt: skip
        return [*columns, Column("Counted by", lambda r: r.readers, wide_only=True)]

    def get_base_queryset(self) -> QuerySet[CountLine]:
        return self.count.lines.select_related("lot__item", "location", "container", "origin", "entry")

    def prepare(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            row.readers = ""
        by_id = {row.pk: row for row in rows}
        looks: dict[int, list[str]] = {}
        from traceability.models import CountReading

        for line, name in (
            CountReading.objects.filter(line__in=by_id).order_by("pk").values_list("line", "by__display_name")
        ):
            looks.setdefault(line, []).append(name)
        for line, names in looks.items():
            by_id[line].readers = ", ".join(dict.fromkeys(names)) + (f", {len(names)} looks" if len(names) > 1 else "")  # fmt: skip
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = self.count.lines
        states = dict(lines.values_list("state").annotate(n=Number("pk")).order_by())
        tallied = Count.objects.filter(pk=self.count.pk).aggregate(**tally("lines"))
        return super().get_context_data(**kwargs) | {
            "count": self.count,
            "states": [(WORDS[state], states[state]) for state in LineState if state in states],
            "open_lines": states.get(LineState.OPEN, 0) + states.get(LineState.AGAIN, 0),
            "accuracy": share(tallied["lines_right"], tallied["lines_posted"]),
            "tallied": tallied,
            "is_open": self.count.state == CountState.OPEN,
            "sees_record": self.sees_record,
            "entries": list(
                {line.entry for line in lines.exclude(entry__isnull=True).select_related("entry")}
            ),
            "unknown": list(
                lines.filter(lot__isnull=True, state=LineState.COUNTED).select_related("location")
            ),
            "key": new_key(),
        }


def sees_record(count: Count, person: Person) -> bool:
    """While a blind count is open, only those who confirm differences see the record beside it."""
    return (
        not count.is_blind or count.state != CountState.OPEN or person.has_perm("traceability.approve_count")
    )


class Accuracy(RecordList):
    """How right the record was, month by month: lines counted, and how many agreed to the last unit."""

    right = "traceability.view_ledger"
    template_name = "traceability/counts/accuracy.html"
    title = "Count accuracy"
    note = "Of the lines that were counted, how many agreed with the record to the last unit, and how many within the item's tolerance."
    file_name = "count-accuracy"
    default_sort = "-month"
    tie = "month"
    one, many = "month", "months"
    empty_title = "No count was posted yet."
    empty_now = "The first posted count appears here."
    columns = [
        Column("Month", lambda r: f"{r['month']:%Y-%m}", sort="month"),
        Column("Counts", lambda r: r["counts"], "number"),
        Column("Lines", lambda r: r["lines"], "number"),
        Column("Right", lambda r: r["right"], "number"),
        Column("Within tolerance", lambda r: r["within"], "number"),
        Column("Accuracy, %", lambda r: share(r["right"], r["lines"]), "number"),
        Column("Within tolerance, %", lambda r: share(r["within"], r["lines"]), "number"),
    ]

    def get_base_queryset(self) -> QuerySet[Any]:
        lines = CountLine.objects.filter(
            state=LineState.POSTED, lot__isnull=False, count__site__in=sites_of(self.request)
        )
        gap = (F("counted") - F("expected")) * (F("counted") - F("expected"))
        by_share = F("expected") * F("lot__item__count_tolerance_percent") / 100
        by_amount = F("lot__item__count_tolerance_quantity")
        lines = lines.annotate(month=TruncMonth("count__closed_at"), gap=gap, by_share=by_share * by_share, by_amount=by_amount * by_amount)  # fmt: skip
        within = Q(gap=0) | (~Q(lot__item__tracking="serial") & (Q(gap__lte=F("by_share")) | Q(gap__lte=F("by_amount"))))  # fmt: skip
        return lines.values("month").annotate(
            counts=Number("count", distinct=True), lines=Number("pk"), right=Number("pk", filter=Q(gap=0)), within=Number("pk", filter=within)
        )  # fmt: skip

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"tabs": tabs(self.request, f"{T}counts")}
