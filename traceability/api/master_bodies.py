"""What may be said of an item, a party, a place, a site, a category and a reason: the members of their forms, typed."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from traceability.api.bodies import Amount, Body, Code, Day, Whole, Words, YesNo
from traceability.api.nouns import Ref
from traceability.api.sheets import Reasoned
from traceability.forms.items import STAGES
from traceability.models import (
    Approval,
    AskedAt,
    AttributeKind,
    LocationKind,
    ReasonUse,
    Tracking,
)
from traceability.models.items import DateLabel, ItemKind, Storage
from traceability.models.locations import BOUNDARIES

MOST = 200
INSIDE = [(kind.value, kind.label) for kind in LocationKind if kind not in BOUNDARIES]


def words(most: int, **rest: Any) -> Words:
    return Words(max_length=most, required=False, allow_blank=True, **rest)


def whole(least: int, most: int, **rest: Any) -> Whole:
    return Whole(min_value=least, max_value=most, required=False, allow_null=True, **rest)


def amount(**rest: Any) -> Amount:
    return Amount(required=False, allow_null=True, **rest)


def several(most: int, each: int, **rest: Any) -> Any:
    return serializers.ListField(child=Words(max_length=each), max_length=most, required=False, **rest)


def some_of(choices: Any) -> Any:
    return serializers.ListField(child=serializers.ChoiceField(choices=choices), max_length=40, required=False)  # fmt: skip


def one_of(choices: Any, **rest: Any) -> Any:
    return serializers.ChoiceField(choices=choices, required=False, **rest)


def rows_of(shape: Any, **rest: Any) -> Any:
    return shape(many=True, required=False, max_length=MOST, **rest)


class ItemUnitBody(Body):
    unit = Words(max_length=12)
    factor = Words(max_length=40, help_text='Base units in one of it, exactly: "50", "0.45359237" or "1/3".')
    gtin = words(20)


class ItemBody(Reasoned):
    code = Code(most=40)
    name = Words(max_length=160)
    kind = one_of(ItemKind.choices)
    category = words(60, help_text="The name of a category, or empty.")
    tracking = one_of(Tracking.choices, help_text="Later it is raised by a verb of its own.")
    unit = Words(max_length=12, help_text="The base unit: fixed as soon as there is a lot.")
    decimals = Whole(min_value=0, max_value=6, required=False)
    units = rows_of(ItemUnitBody, help_text="All other units; what is not named goes.")
    gtin = words(20)
    pack = words(60)
    weight_per_unit = amount()
    lot_pattern = words(40)
    shelf_life_days = whole(1, 36_500)
    shelf_life_months = whole(1, 1_200)
    minimum_life_days = whole(0, 36_500)
    date_label = one_of(DateLabel.choices)
    needs_expiry = YesNo(required=False)
    needs_truck_check = YesNo(required=False)
    storage = one_of(Storage.choices, allow_blank=True)
    storage_note = words(80)
    default_location = Ref(required=False, allow_null=True, help_text="Id or code of the usual place.")
    owner = Ref(required=False, allow_null=True, help_text="Id or code of the party whose material it is.")
    allergens = several(40, 40)
    inspected_at = some_of(STAGES)
    over_percent = amount(or_zero=True)
    over_limit_percent = amount(or_zero=True)
    count_class = one_of(["A", "B", "C"], allow_blank=True)
    count_tolerance_percent = Amount(or_zero=True, required=False)
    count_tolerance_quantity = Amount(or_zero=True, required=False)
    is_on_food_traceability_list = YesNo(required=False)
    is_utility = YesNo(required=False)
    note = words(200)


class ContactBody(Body):
    name = Words(max_length=120)
    role = words(80)
    phone = words(40)
    email = words(254)
    checked_on = Day(required=False, allow_null=True)
    is_for_recalls = YesNo(required=False)


class SupplierItemBody(Body):
    item = Code(most=40, help_text="The code of our item.")
    code = words(40, help_text="What they call it.")
    gtin = words(20)
    pack_quantity = amount()
    pack_unit = words(12)
    over_percent = amount(or_zero=True)
    minimum_life_days = whole(0, 36_500)
    needs_certificate = YesNo(required=False)
    approval = one_of(Approval.choices)
    approval_since = Day(required=False, allow_null=True)
    approval_reason = words(200)


class PartyBody(Reasoned):
    code = Code(most=32)
    name = Words(max_length=160)
    is_supplier = YesNo(required=False)
    is_customer = YesNo(required=False)
    flag = words(120, help_text="What a recall must know first.")
    street = words(160)
    city = words(80)
    region = words(80)
    postal_code = words(20)
    country = words(2)
    gln = words(20)
    minimum_life_days = whole(0, 36_500)
    is_suspended = YesNo(required=False)
    suspended_on = Day(required=False, allow_null=True)
    suspended_because = words(200)
    contacts = rows_of(ContactBody, help_text="All of them; who is not named goes.")
    items = rows_of(SupplierItemBody, help_text="All that they may bring; what is not named goes.")
    note = words(200)


class LocationBody(Reasoned):
    site = Ref(required=False, help_text="Id or code of the site; needed for a new place.")
    code = Code(most=32)
    name = words(120)
    kind = serializers.ChoiceField(choices=INSIDE)
    parent: Any = Ref(
        required=False, allow_null=True, help_text="Id or code of the place that it is inside of."
    )


class SiteBody(Reasoned):
    code = Code(most=20)
    name = Words(max_length=120)
    place = words(120)
    gln = words(20)
    gs1_company_prefix = words(12)
    labels_after = some_of([("receipt", "A receipt"), ("output", "An output")])
    time_zone = Words(max_length=64)
    production_day_starts = Words(max_length=8, required=False, help_text="Such as 05:30.")


class AttributeBody(Body):
    name = Words(max_length=80)
    position = Whole(min_value=1, max_value=999, required=False)
    kind = one_of(AttributeKind.choices)
    unit = words(20)
    lower = amount(or_zero=True)
    upper = amount(or_zero=True)
    choices = several(40, 60)
    is_required = YesNo(required=False)
    asked_at = some_of(AskedAt.choices)
    is_active = YesNo(required=False)


class CategoryBody(Reasoned):
    name = Words(max_length=60)
    note = words(200)
    attributes = rows_of(AttributeBody, help_text="All that is asked of its lots; what is not named goes.")


class ReasonCodeBody(Reasoned):
    code = Code(most=20)
    text = Words(max_length=120)
    uses = some_of(ReasonUse.choices)
