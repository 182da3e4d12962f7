"""What the text in the one box may mean: lots or serials by number, a range, a supplier's lot, an item, a supplier, a customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from traceability.inquiries import Question
from traceability.models import Item, Lot, Party, search_key

MOST = 6


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that the text may be: said in words, and as what each question is asked."""

    words: str
    note: str
    asked: dict[str, Any]
    query: dict[str, str]
    sort: str  # numbers, item, supplier, customer
    has_lots: bool = True
    has_serials: bool = False
    is_from_supplier: bool = False
    lots: list[Lot] = field(default_factory=list)

    def suits(self, question: Question) -> bool:
        """Whether the question can be asked with it; a recall starts from lots, not from a customer."""
        if self.sort == "customer":
            return question.about in ("shipped", "transactions") and not question.is_recall
        if self.sort == "supplier":
            return question.about in ("received", "transactions") and not question.is_recall
        if question.is_recall:
            return True
        return self.has_serials if question.is_serial else self.has_lots


def meanings_of(text: str, *, sees_customers: bool) -> list[Meaning]:
    """Everything that it may mean, the most exact first; nothing is picked silently."""
    return [*_numbers(text), *_items(text), *_parties(text, sees_customers=sees_customers)][:MOST]


def _numbers(text: str) -> list[Meaning]:
    first, dots, last = (part.strip() for part in text.partition(".."))
    if dots and first and last:
        if len(last) < len(first):
            last = first[: -len(last)] + last
        rows = Lot.objects.filter(number__gte=first, number__lte=last, is_untracked=False)
        return _named(rows, first, last, f"{first} to {last}", "numbers between the two")
    found = _named(Lot.objects.filter(number=text), text, text, text, "number")
    if not found:
        exact = Lot.objects.filter(number__iexact=text).values_list("number", flat=True).first()
        if exact:
            found = _named(Lot.objects.filter(number=exact), exact, exact, exact, "number")
    key = search_key(text)
    if key:
        rows = Lot.objects.filter(supplier_lot_key=key).exclude(number=text)
        found += _named(rows, text, text, text, "supplier lot, in any spelling", is_from_supplier=True)
    return found


def _named(
    rows: Any, first: str, last: str, words: str, note: str, *, is_from_supplier: bool = False
) -> list[Meaning]:
    kinds = set(rows.values_list("is_serial", flat=True).distinct().order_by())
    if not kinds:
        return []
    shown = list(rows.select_related("item", "supplier").order_by("number", "pk")[:MOST])
    query = {"number_from": first} | ({"number_to": last} if last != first else {})
    return [
        Meaning(
            words, note, {"number_from": first, "number_to": last}, query, "numbers",
            has_lots=False in kinds, has_serials=True in kinds, is_from_supplier=is_from_supplier, lots=shown,
        )
    ]  # fmt: skip


def _items(text: str) -> list[Meaning]:
    rows = list(Item.objects.filter(Q(code__iexact=text) | Q(name__iexact=text) | Q(gtin=text))[:MOST])
    rows = rows or list(Item.objects.filter(name__icontains=text).order_by("code")[:3])
    return [
        Meaning(
            f"{item.name} ({item.code})", "item", {"item": item}, {"item": item.code}, "item",
            has_lots=item.tracking != "serial", has_serials=item.tracking == "serial",
        )
        for item in rows
    ]  # fmt: skip


def _parties(text: str, *, sees_customers: bool) -> list[Meaning]:
    rows = Party.objects.filter(Q(code__iexact=text) | Q(name__icontains=text)).order_by("code")
    found = []
    for party in rows[:MOST]:
        for sort, is_it in (
            ("supplier", party.is_supplier),
            ("customer", party.is_customer and sees_customers),
        ):
            if is_it:
                found.append(
                    Meaning(
                        f"{party.name} ({party.code})", sort, {"party": party}, {"party": party.code}, sort, has_serials=True,
                    )
                )  # fmt: skip
    return found
