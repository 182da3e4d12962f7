"""The change history of master data: of one record, and of all of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse

from traceability import changes, subjects
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Change, ChangeVerb
from traceability.subjects import Subject
from traceability.views.keys import actor_of
from traceability.views.rights import ANY_ROLE


def kinds_of_masters() -> list[tuple[str, str]]:
    return [(kind.name, kind.title) for kind in subjects.kinds() if kind.is_master]


class ChangeFilter(ListFilter):
    q = django_filters.CharFilter(label="Field, value or reason", method="by_text")
    kind = django_filters.ChoiceFilter(
        label="Record", field_name="subject_kind", choices=kinds_of_masters, empty_label="Any"
    )
    verb = django_filters.ChoiceFilter(label="What", choices=ChangeVerb.choices, empty_label="Any")
    by = django_filters.CharFilter(label="By", method="by_person")
    since = django_filters.DateFilter(
        label="From", field_name="at", lookup_expr="date__gte", widget=DateInput
    )
    until = django_filters.DateFilter(label="to", field_name="at", lookup_expr="date__lte", widget=DateInput)

    def by_text(self, rows: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        column = value.strip().lower().replace(" ", "_")
        return rows.filter(
            Q(reason__icontains=value) | Q(after__has_key=column) | Q(before__has_key=column) | Q(after__icontains=value) | Q(before__icontains=value)
            | Q(request__iexact=value)
        )  # fmt: skip

    def by_person(self, rows: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """A name or user name; “database” for what came past the application."""
        if value.strip().lower() == changes.DATABASE:
            return rows.filter(actor__isnull=True)
        return rows.filter(Q(actor__username__iexact=value) | Q(actor__display_name__icontains=value))


class ChangeList(RecordList):
    """Every change of master data that the person may see: who, when, before, after, why."""

    right = ("traceability.view_masters", "traceability.view_security")
    title = "Changes"
    note = "Master data as it was changed, by whatever way. The database writes this list itself; nobody can change it."
    file_name = "changes"
    filterset_class = ChangeFilter
    default_sort = "-id"
    tie = "id"
    one, many = "change", "changes"
    empty_title = "Nothing was changed yet."
    empty_now = "Changes of items, parties, places, BOMs, plans and people will stand here."
    columns = [
        Column("When", lambda c: c.at, "when", sort="id"),
        Column("By", lambda c: c.told.by),
        Column("Record", lambda c: c.record_label, link=lambda c: c.record_url),
        Column("What", lambda c: c.told.what),
        Column("Before and after", lambda c: c.told.sentence),
        Column("Why", lambda c: c.reason),
        Column("Table", lambda c: c.table, "code", export_only=True),
        Column("Row", lambda c: c.row, "code", export_only=True),
        Column("Before", lambda c: _plain(c.before), export_only=True),
        Column("After", lambda c: _plain(c.after), export_only=True),
        Column("Request", lambda c: c.request, "code", export_only=True),
        Column("Database log-in", lambda c: c.login, "code", export_only=True),
    ]

    def get_base_queryset(self) -> QuerySet[Change]:
        rows = Change.objects.exclude(subject_kind="person") if not self.sees_people else Change.objects.all()
        return subjects.rows_seen(rows, actor_of(self.request)).select_related("actor")

    @property
    def sees_people(self) -> bool:
        person = actor_of(self.request)
        return person.has_perm("traceability.view_security") or person.has_perm("traceability.manage_people")

    def prepare(self, rows: list[Any]) -> list[Any]:
        records = subjects.several({(row.subject_kind, row.subject) for row in rows})
        for told in changes.tell(rows):
            row: Any = told.change
            subject = records.get((row.subject_kind, row.subject))
            row.told = told
            row.record_label = subject.label if subject else f"{row.subject_kind} {row.subject}"
            row.record_url = subject.url_or_nothing if subject else ""
        return rows


class RecordHistory(ChangeList):
    """The changes of one record, its parts included."""

    right = ANY_ROLE  # type: ignore[assignment]
    empty_title = "Nothing was changed since it is on record."
    empty_now = "Changes will stand here with who, when and why."

    @cached_property
    def subject(self) -> Subject:
        found = subjects.find(self.kwargs["kind"], self.kwargs["key"], person=actor_of(self.request))
        if found is None:
            raise Http404
        return found

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"History of {self.subject.label}"

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"history-{self.subject.kind.name}-{self.subject.noun}"

    @property
    def crumbs(self) -> list[tuple[str, str]]:  # type: ignore[override]
        return [
            (self.subject.label, self.subject.url_or_nothing),
            ("All changes", reverse("traceability:changes")),
        ]

    def get_columns(self) -> list[Column]:
        return [column for column in self.columns if column.heading != "Record"]

    def get_base_queryset(self) -> QuerySet[Change]:
        return Change.objects.about(self.subject.kind.name, self.subject.key).select_related("actor")


def _plain(held: dict[str, Any] | None) -> str:
    return "; ".join(f"{name}={value}" for name, value in (held or {}).items())
