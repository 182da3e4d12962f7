"""What is written down of each lot besides its number and dates, by the category of its item: asked, read, kept and told."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from traceability import ledger, permits
from traceability.ledger import BadInput, plain
from traceability.models import AskedAt, AttributeKind, LotAttribute, LotAttributeValue

if TYPE_CHECKING:
    from traceability.models import Item, Lot, Person

AMEND = "traceability.amend"
LIMIT = 200
_NUMBER = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,6})?\Z", re.ASCII)
_ANSWERS = {"yes": "yes", "y": "yes", "true": "yes", "no": "no", "n": "no", "false": "no"}

__all__ = ["AMEND", "AskedAt", "Said", "asked_of", "correct", "keep", "limits", "read", "read_all", "said_of"]


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, as it is kept. `is_within` is None where there is no limit."""

    attribute: LotAttribute
    value: str
    number: Decimal | None = None
    is_within: bool | None = None

    @property
    def words(self) -> str:
        return f"{self.attribute.name} {self.value}{f' {self.attribute.unit}' if self.attribute.unit else ''}"


def asked_of(items: Iterable[Item], at: str = AskedAt.RECEIVING) -> dict[int, list[LotAttribute]]:
    """By item, what is asked of its lots there, in order. One query for any number of items, none where no item has a category."""
    items = list(items)
    names = {item.category for item in items if item.category}
    if not names:
        return {}
    found: dict[str, list[LotAttribute]] = defaultdict(list)
    rows = LotAttribute.objects.filter(
        category__name__in=names, category__is_active=True, is_active=True, asked_at__contains=[at]
    )
    for row in rows.select_related("category").order_by("position", "name"):
        found[row.category.name].append(row)
    return {item.pk: found[item.category] for item in items if item.category in found}


def read(attribute: LotAttribute, text: str, *, field: str = "") -> Said:
    """What was said, by its kind. Raises BadInput with the field."""
    field = field or attribute.name
    text = ledger.check_code(str(text).strip(), field=field, limit=LIMIT)
    kind = attribute.kind
    if kind == AttributeKind.NUMBER:
        return _number(attribute, text, field)
    if kind == AttributeKind.DATE:
        try:
            return Said(attribute, date.fromisoformat(text).isoformat())
        except ValueError:
            raise _wrong(attribute, text, "a day, such as 2026-11-24", field) from None
    if kind == AttributeKind.YES_NO:
        if text.casefold() not in _ANSWERS:
            raise _wrong(attribute, text, "yes or no", field)
        return Said(attribute, _ANSWERS[text.casefold()])
    if kind == AttributeKind.CHOICE:
        found = next((one for one in attribute.choices if one.casefold() == text.casefold()), "")
        if not found:
            raise _wrong(attribute, text, f"one of {', '.join(attribute.choices)}", field)
        return Said(attribute, found)
    return Said(attribute, text)


def read_all(
    attributes: Iterable[LotAttribute], given: Mapping[str, str], *, where: str = ""
) -> tuple[list[Said], list[LotAttribute]]:
    """(what was said, what is required and was not). `given` is by name or by id. Raises BadInput, also for what is not asked."""
    said: list[Said] = []
    missing: list[LotAttribute] = []
    rest = {str(name): str(text) for name, text in given.items() if str(text).strip()}
    for attribute in attributes:
        text = rest.pop(attribute.name, None) or rest.pop(str(attribute.pk), "")
        if text:
            said.append(read(attribute, text, field=f"{where}{attribute.name}"))
        elif attribute.is_required:
            missing.append(attribute)
    if rest:
        name = min(rest)[:80]
        raise BadInput(
            f"{name} is not asked of this item.",
            now="Leave it out, or add it to the item's category.",
            fields={f"{where}{name}": "unknown"},
        )
    return said, missing


def limits(attribute: LotAttribute) -> str:
    """3 to 4 %, at least 3 %, at most 4 %; nothing where there is no limit."""
    unit = f" {attribute.unit}" if attribute.unit else ""
    if attribute.lower is not None and attribute.upper is not None:
        return f"{plain(attribute.lower)} to {plain(attribute.upper)}{unit}"
    if attribute.lower is not None:
        return f"at least {plain(attribute.lower)}{unit}"
    return f"at most {plain(attribute.upper)}{unit}" if attribute.upper is not None else ""


def keep(
    said: Iterable[tuple[Lot, Iterable[Said]]], *, actor: Person, document: str = "", reason: str = ""
) -> None:
    """Write answers down, in one statement."""
    LotAttributeValue.objects.bulk_create(
        LotAttributeValue(
            lot=lot, attribute=one.attribute, value=one.value, number=one.number, is_within=one.is_within, reason=reason, entered_by=actor,
            document=document,
        )
        for lot, answers in said
        for one in answers
    )  # fmt: skip


@transaction.atomic
def correct(*, lot: Lot, attribute: LotAttribute, text: str, reason: str, actor: Person) -> Said:
    """Say it anew: the earlier answer stays readable, the last one counts. The same again changes nothing."""
    permits.require(actor, AMEND, to="change what is written down of a lot")
    if attribute.category.name != lot.item.category:
        raise BadInput(
            f"{attribute} is not asked of {lot.item}.",
            now="Choose another.",
            fields={"attribute": str(attribute)},
        )
    if not reason.strip():
        raise ledger.ReasonRequired(
            "A change needs its reason.", now="Say why, in a few words.", fields={"reason": "missing"}
        )
    said = read(attribute, text, field="value")
    last = LotAttributeValue.objects.filter(lot=lot, attribute=attribute).order_by("-id").first()
    if last is None or last.value != said.value:
        keep([(lot, [said])], actor=actor, reason=reason.strip()[:LIMIT])
    return said


def said_of(lot: Lot) -> list[dict[str, Any]]:
    """What is written down of a lot, each with the answers before it; and what its category asks and nobody said."""
    rows: dict[int, list[LotAttributeValue]] = defaultdict(list)
    attributes: dict[int, LotAttribute] = {}
    for row in (
        LotAttributeValue.objects.filter(lot=lot).select_related("attribute", "entered_by").order_by("-id")
    ):
        rows[row.attribute_id].append(row)
        attributes[row.attribute_id] = row.attribute
    if lot.item.category:
        for attribute in LotAttribute.objects.filter(category__name=lot.item.category, is_active=True):
            attributes.setdefault(attribute.pk, attribute)
    return [
        {
            "attribute": attribute, "limits": limits(attribute), "now": rows[attribute.pk][0] if rows[attribute.pk] else None,
            "before": rows[attribute.pk][1:],
        }
        for attribute in sorted(attributes.values(), key=lambda one: (one.position, one.name))
    ]  # fmt: skip


def _number(attribute: LotAttribute, text: str, field: str) -> Said:
    plain_text = (
        text.replace("−", "-").removesuffix(attribute.unit).strip()
        if attribute.unit
        else text.replace("−", "-")
    )
    if not _NUMBER.match(plain_text):
        raise _wrong(attribute, text, "a number, such as 3.5", field)
    number = Decimal(plain_text)
    is_within = None
    if attribute.lower is not None or attribute.upper is not None:
        is_within = (attribute.lower is None or number >= attribute.lower) and (
            attribute.upper is None or number <= attribute.upper
        )
    return Said(attribute, plain_text, number, is_within)


def _wrong(attribute: LotAttribute, text: str, wanted: str, field: str) -> BadInput:
    return BadInput(
        f"{attribute.name} cannot be {text[:40] or 'empty'}.",
        now=f"Type {wanted}.",
        fields={field: text[:80]},
    )
