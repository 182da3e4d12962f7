"""Each question as a list, and the page with the one box that asks all ten at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from traceability import inquiries
from traceability.counting import count_each
from traceability.inquiries import QUESTIONS, InProcess, Question, Total
from traceability.lists import Column, RecordList
from traceability.lists.exporting import head_seq
from traceability.models import (
    Balance,
    Contact,
    Delivered,
    Item,
    Location,
    LocationKind,
    Lot,
    Movement,
    Party,
)
from traceability.views.inquiries.asking import BY_CODE, FILTERS, OFFERED, Asked
from traceability.views.inquiries.columns import CUSTOMERS, columns_of
from traceability.views.inquiries.words import Meaning, meanings_of
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

TRACE = "traceability.trace"
TABS = [
    ("lot-transactions", "All transactions"), ("lots-shipped", "Shipped to a customer"), ("lots-received", "Received from a supplier"),
    ("recall-lots-shipped", "Recall: shipped"), ("recall-lots-stocked", "Recall: in stock"),
]  # fmt: skip
FIRST = {"movement": "-entry__seq", "delivered": "-first_at", "balance": "location__code"}

MODELS: dict[str, Any] = {"movement": Movement, "delivered": Delivered, "balance": Balance}


def page_name(question: Question) -> str:
    return f"traceability:inquiry_{question.code.replace('-', '_')}"


class Inquiry(RecordList):
    """One question; which one, the address says. What was not asked yet is not answered with everything."""

    right: str | tuple[str, ...] = TRACE
    question: Question = QUESTIONS[0]
    template_name = "traceability/inquiries/answer.html"
    crumbs = (("Inquiries", "/inquiries/"),)
    one, many = "line", "lines"
    record_page, record = "traceability:lot", "lot"
    filterset: Asked | None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.filterset_class = FILTERS[self.question.code]
        self.title, self.file_name = self.question.title, self.question.code
        self.default_sort = FIRST[self.question.rows]
        self.empty_title = "Nothing like this has happened yet."

    def get_columns(self) -> list[Column]:
        return columns_of(self.question)

    def get_base_queryset(self) -> QuerySet[Any]:
        return MODELS[self.question.rows].objects.none()

    def check_parameters(self) -> None:
        super().check_parameters()
        if self.request.GET.get("party") and not self.sees_parties:
            raise PermissionDenied(f"Asking by supplier or customer needs the right {CUSTOMERS}.")

    @property
    def sees_parties(self) -> bool:
        return self.question.about in ("received", "stocked") or self.request.user.has_perm(CUSTOMERS)

    @cached_property
    def answer(self) -> QuerySet[Any]:
        """Asked once a request: a recall question walks the genealogy before it is a query."""
        return super().get_queryset()

    def get_queryset(self) -> QuerySet[Any]:
        rows = self.answer.all()
        if self.filterset is not None and not self.sees_parties:
            self.filterset.form.fields.pop("party", None)
        return rows

    # What a recall question also answers: stock that orders have drawn and not yet made into something.

    @cached_property
    def drawn(self) -> list[InProcess]:
        filterset = self.filterset
        if self.question.about != "stocked" or filterset is None or not filterset.names_a_start:
            return []
        rows = inquiries.in_process(inquiries.reached_by(**filterset.asked))
        lots = Lot.objects.filter(pk__in={row.lot_id for row in rows}, is_serial=True)
        serials = set(lots.values_list("pk", flat=True)) if rows else set()
        return [row for row in rows if (row.lot_id in serials) == self.question.is_serial]

    @cached_property
    def in_process(self) -> list[Any]:
        drawn = self.drawn
        lots = Lot.objects.select_related("item", "supplier").in_bulk({row.lot_id for row in drawn})
        place = Location.objects.filter(kind=LocationKind.PRODUCTION).select_related("site").first()
        return [
            SimpleNamespace(
                pk=f"run-{row.run_id}-{row.lot_id}", lot=lots[row.lot_id], location=place, quantity=row.quantity,
                status="in process", container=None, document=row.document,
            )
            for row in drawn
        ]  # fmt: skip

    def prepare(self, rows: list[Any]) -> list[Any]:
        with_facts([row.lot for row in rows])
        for row in rows:
            row.chips = ["in process"] if isinstance(row, SimpleNamespace) else row.lot.chips
        if self.question.rows == "delivered":
            contacts: dict[int, Contact] = {}
            parties = {row.party_id for row in rows}
            for contact in Contact.objects.filter(party__in=parties).order_by(
                "-is_for_recalls", "name", "pk"
            ):
                contacts.setdefault(contact.party_id, contact)
            for row in rows:
                row.contact = contacts.get(row.party_id)
        return rows

    def rows_beside(self) -> list[Any]:
        return list(self.in_process)

    # Totals.

    @cached_property
    def totals(self) -> list[Total]:
        rows = inquiries.totals_of(self.get_queryset(), self.question.rows)
        inquiries.add_in_process(rows, self.drawn)
        return rows

    def notes(self) -> list[tuple[str, Any]]:
        words = {
            "movement": "moved",
            "delivered": "sent" if self.question.about == "shipped" else "came",
            "balance": "here",
        }
        told: list[tuple[str, Any]] = []
        for row in self.totals:
            text = f"{row.lots} lots, {row.quantity.normalize():f} {row.unit} {words[self.question.rows]}"
            if self.question.rows == "delivered":
                text += f", {row.back.normalize():f} back"
            if row.in_process:
                text += f", {row.in_process.normalize():f} {row.unit} in process"
            told.append((f"Total {row.item}", text))
        return told

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        is_asked = self.filterset is not None and self.filterset.is_valid()
        waits = self.question.is_recall and not (is_asked and self.filterset and self.filterset.names_a_start)
        totals = [] if waits or not is_asked else self.totals
        columns = self.page_columns()
        return context | {
            "question": self.question,
            "tabs": self.tabs(),
            "twins": [
                ("Lots", self.address_of(self.question if not self.question.is_serial else BY_CODE[self.question.twin]), not self.question.is_serial),
                ("Serials", self.address_of(self.question if self.question.is_serial else BY_CODE[self.question.twin]), self.question.is_serial),
            ],
            "waits": waits,
            "totals": totals,
            "foot": foot_of(self.question, columns, inquiries.by_unit(totals)),
            "in_process": self.in_process,
            "offered_items": Item.objects.order_by("code")[:OFFERED],
            "offered_parties": self._offered_parties(),
            "head_seq": head_seq(),
            "start": self.request.GET.get("number_from", ""),
        }  # fmt: skip

    def tabs(self) -> list[dict[str, Any]]:
        """The five of this sort that the person may ask, with what was asked already where it means the same."""
        rows = []
        for code, label in TABS:
            question = BY_CODE[code if not self.question.is_serial else BY_CODE[code].twin]
            if question.about == "shipped" and not self.request.user.has_perm(CUSTOMERS):
                continue
            rows.append(
                {"label": label, "url": self.address_of(question), "is_current": question == self.question}
            )
        return rows

    def address_of(self, question: Question) -> str:
        kept = {
            name: self.request.GET[name]
            for name in ("item", "number_from", "number_to")
            if self.request.GET.get(name)
        }
        return f"{reverse(page_name(question))}{'?' + urlencode(kept) if kept else ''}"

    def _offered_parties(self) -> QuerySet[Party]:
        if not self.sees_parties:
            return Party.objects.none()
        rows = Party.objects.order_by("code")
        if self.question.about == "shipped":
            rows = rows.filter(is_customer=True)
        elif self.question.about in ("received", "stocked"):
            rows = rows.filter(is_supplier=True)
        return rows[:OFFERED]


class Shipped(Inquiry):
    """Names customers on each line, so only those who may see them ask."""

    right = CUSTOMERS


def foot_of(question: Question, columns: Sequence[Column], totals: Sequence[Total]) -> list[list[Any]]:
    """A line of totals for each unit, under the columns that they are of."""
    of = {"Quantity": "quantity", "Back": "back", "Change in stock": "change"}
    lines = []
    for row in totals:
        cells: list[Any] = []
        for column in columns:
            if column.heading == "Quantity" and question.rows == "movement":
                cells.append({"column": column, "value": "", "unit": ""})
            elif column.heading in of:
                cells.append(
                    {
                        "column": column,
                        "value": getattr(row, of[column.heading]),
                        "unit": row.unit if column.unit else "",
                    }
                )
            else:
                cells.append({"column": column, "value": "", "unit": ""})
        first = next((cell for cell in cells if not cell["column"].wide_only), None)
        if first is not None and not first["column"].is_number:
            first["value"] = f"All lines, {row.unit}"
        lines.append(cells)
    return lines


@needs(TRACE)
def asked_at_once(request: HttpRequest) -> HttpResponse:
    """One box: what the words mean here, and what each of the ten questions answers to it, with its count."""
    text = " ".join(request.GET.get("q", "").split())[:120]
    found = meanings_of(text, sees_customers=request.user.has_perm(CUSTOMERS)) if text else []  # type: ignore[union-attr]
    context = {
        "text": text,
        "meanings": [{"meaning": meaning, "answers": _answers(meaning, request)} for meaning in found],
        "questions": [] if found else _rows(QUESTIONS, request),
    }
    return render(request, "traceability/inquiries/box.html", context)


def _rows(questions: Sequence[Question], request: HttpRequest) -> list[dict[str, Any]]:
    sees = request.user.has_perm(CUSTOMERS)  # type: ignore[union-attr]
    return [
        {"question": question, "url": reverse(page_name(question))}
        for question in questions
        if sees or question.about != "shipped"
    ]


def _answers(meaning: Meaning, request: HttpRequest) -> list[dict[str, Any]]:
    rows = [row for row in _rows(QUESTIONS, request) if meaning.suits(row["question"])]
    counts = count_each([row["question"].ask(**meaning.asked) for row in rows])
    for row, count in zip(rows, counts, strict=True):
        row["url"] += f"?{urlencode(meaning.query)}"
        row["count"] = count
    return rows
