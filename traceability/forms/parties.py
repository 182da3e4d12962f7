"""Suppliers and customers, whom to call there, and what a supplier may bring."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from traceability import units
from traceability.forms.base import MasterForm, RowForm, Rows, rows_of
from traceability.forms.fields import Code, Day, Digits, Line, Number, Phone, Whole
from traceability.forms.items import UnitName
from traceability.models import Approval, Contact, Item, Party, SupplierItem


class Country(Code):
    def to_python(self, value: Any) -> str:
        text = super().to_python(value).upper()
        if text and not (len(text) == 2 and text.isascii() and text.isalpha()):
            raise forms.ValidationError("Two letters, such as US, CA or DE.")
        return text


class PartyForm(MasterForm):
    code = Code(max_length=32)
    name = Line(max_length=160)
    street = Line(max_length=160, required=False)
    city = Line(max_length=80, required=False)
    region = Line(max_length=80, required=False, label="State or region")
    postal_code = Line(max_length=20, required=False, label="Postal code")
    country = Country(max_length=2, required=False, initial="US")
    gln = Digits(length=13, what="GLN", required=False, label="GLN")
    flag = Line(
        max_length=120,
        required=False,
        label="A recall must know first",
        help_text="Such as a school kitchen or a hospital.",
    )
    minimum_life_days = Whole(most=36_500, required=False, label="Least remaining life they ask for, days")
    suspended_on = Day(required=False, label="Suspended since")
    suspended_because = Line(max_length=200, required=False, label="Suspended because")
    note = Line(max_length=200, required=False)

    groups = (
        ("Who they are", "", ("code", "confirm_alike", "name", "is_supplier", "is_customer", "flag", "note")),
        ("Address", "", ("street", "city", "region", "postal_code", "country", "gln")),
        ("As a customer", "", ("minimum_life_days",)),
        (
            "Standing",
            "From a suspended supplier nothing is released: what comes stands on hold.",
            ("is_suspended", "suspended_on", "suspended_because"),
        ),
    )

    class Meta:
        model = Party
        fields = [
            "code", "name", "is_supplier", "is_customer", "flag", "note", "street", "city", "region", "postal_code", "country", "gln", "minimum_life_days",
            "is_suspended", "suspended_on", "suspended_because",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_supplier"].label, self.fields["is_customer"].label = "Supplies us", "Buys from us"
        self.fields["is_suspended"].label = "Suspended"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("is_supplier") and not data.get("is_customer"):
            self.add_error("is_supplier", "A supplier, a customer, or both.")
        if data.get("is_suspended"):
            if not data.get("suspended_because"):
                self.add_error("suspended_because", "Why are they suspended?")
            data["suspended_on"] = data.get("suspended_on") or timezone.localdate()
        else:
            data["suspended_on"], data["suspended_because"] = None, ""
        return data


class ContactForm(RowForm):
    name = Line(max_length=120)
    role = Line(max_length=80, required=False)
    phone = Phone(max_length=40, required=False)
    email = forms.EmailField(required=False, label="E-mail")
    checked_on = Day(required=False, label="Checked on")
    is_for_recalls = forms.BooleanField(required=False, label="For recalls")

    class Meta:
        model = Contact
        fields = ["name", "role", "phone", "email", "checked_on", "is_for_recalls"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("checked_on") and data["checked_on"] > timezone.localdate():
            self.add_error("checked_on", "This day has not come yet.")
        if data.get("is_for_recalls") and not data.get("phone") and not data.get("email"):
            self.add_error("phone", "Whoever is called in a recall needs a telephone number or an address.")
        return data


class ContactRows(Rows):
    title = "Whom to call"
    note = "Recalls call those marked first. Checked on: the day somebody tried it."
    one = "contact"


class SupplierItemForm(RowForm):
    item = forms.ModelChoiceField(queryset=Item.objects.none(), to_field_name="code", widget=forms.TextInput(attrs={"list": "items", "class": "lot-code", "autocomplete": "off"}), error_messages={"invalid_choice": "No item has this code."})  # fmt: skip
    code = Code(max_length=40, required=False, label="Their code")
    gtin = Digits(length=14, what="GTIN", may_be_shorter=True, required=False, label="Their GTIN")
    pack_quantity = Number(required=False, label="One pack is")
    pack_unit = UnitName(max_length=12, required=False, label="unit")
    over_percent = Number(required=False, digits=2, label="Over, %")
    minimum_life_days = Whole(most=36_500, required=False, label="Life, days")
    needs_certificate = forms.BooleanField(required=False, label="Certificate")
    approval = forms.ChoiceField(choices=Approval.choices, initial=Approval.APPROVED, label="Standing")
    approval_since = Day(required=False, label="Since")
    approval_reason = Line(max_length=200, required=False, label="Because")

    class Meta:
        model = SupplierItem
        fields = [
            "item", "code", "gtin", "pack_quantity", "pack_unit", "over_percent", "minimum_life_days", "needs_certificate", "approval", "approval_since",
            "approval_reason",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.among("item", Item.objects.all())
        if self.instance.pk:
            self.initial["item"] = self.instance.item.code

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["approval_since"] = data.get("approval_since") or timezone.localdate()
        item, unit = data.get("item"), data.get("pack_unit")
        if data.get("pack_quantity") is not None and data["pack_quantity"] <= 0:
            self.add_error("pack_quantity", "More than zero.")
        if item and unit and unit not in units.units_of(item):
            self.add_error("pack_unit", f"{item.code} is not counted in {unit}.")
        if data.get("approval") == Approval.SUSPENDED and not data.get("approval_reason"):
            self.add_error("approval_reason", "Why is it suspended?")
        return data


class SupplierItemRows(Rows):
    title = "Items they may bring"
    note = "Their own codes are found by a scan at the dock. What is empty follows the item."
    one = "item"


ContactSet = rows_of(Party, ContactForm, base=ContactRows, extra=1)
SupplierItemSet = rows_of(
    Party, SupplierItemForm, base=SupplierItemRows, extra=1, fk_name="supplier", most=500
)
