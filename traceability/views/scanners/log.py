"""The log of scans: what each gun really sent, and what was made of it."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Scan
from traceability.models.scans import ScanDecision


class ScanFilter(ListFilter):
    q = django_filters.CharFilter(label="Text or paper", method="by_text")
    decision = django_filters.ChoiceFilter(label="Decision", choices=ScanDecision.choices, empty_label="Any")
    code = django_filters.CharFilter(label="Answer", field_name="code", lookup_expr="iexact")
    since = django_filters.DateFilter(
        label="From", field_name="at", lookup_expr="date__gte", widget=DateInput
    )
    until = django_filters.DateFilter(label="to", field_name="at", lookup_expr="date__lte", widget=DateInput)

    def by_text(self, rows: QuerySet[Scan], name: str, value: str) -> QuerySet[Scan]:
        return rows.filter(text__icontains=value) | rows.filter(document__iexact=value)


class ScanLog(RecordList):
    right = "traceability.view_security"
    title = "Scans"
    note = "As the scanner sent them; \\x1d is the separator."
    file_name = "scans"
    filterset_class = ScanFilter
    default_sort = "-at"
    one, many = "scan", "scans"
    empty_title = "Nothing was scanned yet."
    empty_now = "Each scan at a dock, a line or a bench will stand here, also those that were refused."
    queryset = Scan.objects.select_related("person")
    columns = [
        Column("When", lambda s: s.at, "when", sort="at"),
        Column("Text", lambda s: s.text, "code"),
        Column("Decision", lambda s: s.get_decision_display(), sort="decision"),
        Column("Answer", lambda s: s.code, "code", sort="code"),
        Column("Found", lambda s: ", ".join(s.found), wide_only=True),
        Column("By", lambda s: str(s.person) if s.person else s.client),
        Column("Where", lambda s: s.context, wide_only=True),
        Column("Paper", lambda s: s.document, "code", wide_only=True),
        Column("Device", lambda s: s.device, wide_only=True),
        Column("Typed", lambda s: "yes" if s.is_typed else "", wide_only=True),
        Column("ms", lambda s: s.ms, "number", sort="ms", wide_only=True),
    ]
