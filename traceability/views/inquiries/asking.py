"""What a question is asked with: six filters, read strictly. A name that means nothing, or two things, is said so."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from traceability.inquiries import QUESTIONS, Question
from traceability.lists import DateInput, ListFilter
from traceability.models import Item, Party

OFFERED = 200
BY_CODE = {question.code: question for question in QUESTIONS}


class NamedField(forms.CharField):
    """A code, or a part of a name that only one has."""

    model: Any
    what = ""

    def known(self) -> QuerySet[Any]:
        return self.model.objects.order_by("code")  # type: ignore[no-any-return]

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        exact = self.known().filter(code__iexact=text).first()
        if exact:
            return exact
        found = list(self.known().filter(name__iexact=text)[:2]) or list(
            self.known().filter(Q(name__icontains=text) | Q(code__icontains=text))[:4]
        )
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(f"There is no {self.what} called {text}.")
        names = ", ".join(f"{row.name} ({row.code})" for row in found[:3])
        raise ValidationError(
            f"“{text}” may be {names}{' or another' if len(found) > 3 else ''}. Give the code."
        )


class ItemField(NamedField):
    model, what = Item, "item"


class CustomerField(NamedField):
    model, what = Party, "customer"

    def known(self) -> QuerySet[Any]:
        return super().known().filter(is_customer=True)


class SupplierField(NamedField):
    model, what = Party, "supplier"

    def known(self) -> QuerySet[Any]:
        return super().known().filter(is_supplier=True)


class PartyField(NamedField):
    model, what = Party, "supplier or customer"


class ItemFilter(django_filters.Filter):
    field_class = ItemField


class CustomerFilter(django_filters.Filter):
    field_class = CustomerField


class SupplierFilter(django_filters.Filter):
    field_class = SupplierField


class PartyFilter(django_filters.Filter):
    field_class = PartyField


class Asked(ListFilter):
    """The six filters of every question; what they say is handed to the question, which gives the rows."""

    question: Question
    needs_a_start = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, listed in (("item", "known-items"), ("party", "known-parties")):
            self.form.fields[name].widget.attrs |= {"list": listed, "autocomplete": "off"}
        for name in ("number_from", "number_to"):
            self.form.fields[name].widget.attrs |= {
                "class": "input lot-code",
                "placeholder": "ours or supplier's" if name == "number_from" else "the same",
            }

    @property
    def asked(self) -> dict[str, Any]:
        told = self.form.cleaned_data
        numbers = {"number_from": told["number_from"], "number_to": told["number_to"] or told["number_from"]}
        if told["number_to"] and not told["number_from"]:
            numbers["number_from"] = ""
        rest = {name: told[name] for name in ("item", "party", "date_from", "date_to")}
        return rest | numbers

    @property
    def names_a_start(self) -> bool:
        told = self.form.cleaned_data if self.is_valid() else {}
        return bool(told.get("item") or told.get("number_from") or told.get("number_to"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.needs_a_start and not self.names_a_start:
            return queryset.none()
        return self.question.ask(**self.asked)


def filters_of(question: Question) -> type[Asked]:
    """The filters under the names that this question gives them."""
    thing = "Serial" if question.is_serial else "Lot"
    party: type[django_filters.Filter] = {
        "shipped": CustomerFilter,
        "received": SupplierFilter,
        "stocked": SupplierFilter,
    }.get(question.about, PartyFilter)
    named = {CustomerFilter: "Customer", SupplierFilter: "Supplier"}.get(party, "Supplier or customer")
    when = {"shipped": "Shipped", "received": "Received", "stocked": "Start received"}.get(
        question.about, "Date"
    )
    day = {"widget": DateInput}
    return type(
        "Asked" + question.code.title().replace("-", ""),
        (Asked,),
        {
            "question": question,
            "needs_a_start": question.is_recall,
            "number_from": django_filters.CharFilter(label=f"{thing} from"),
            "number_to": django_filters.CharFilter(label=f"{thing} to"),
            "item": ItemFilter(label="Item"),
            "party": party(label=named),
            "date_from": django_filters.DateFilter(label=f"{when} from", **day),
            "date_to": django_filters.DateFilter(label="Until", **day),
        },
    )


FILTERS = {question.code: filters_of(question) for question in QUESTIONS}
