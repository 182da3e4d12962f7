"""Forms of receiving: one lot of a delivery, a return to the supplier, a correction."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms

from receiving.models import ReceiptLine
from receiving.services.days import read_day
from receiving.services.serials import serials_of
from receiving.services.terms import needs_certificate
from traceability import attributes, ledger, units
from traceability.models import AttributeKind, Balance, Location, Tracking

if TYPE_CHECKING:
    from receiving.services import Desk
    from traceability.models import Item, LotAttribute

NUMBERS = ("supplier_lot", "serials", "lot_number")


class QuantityField(forms.CharField):
    """Digits with a point, as the ledger reads them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=40,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            **kwargs,
        )

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return units.parse_quantity(text)
        except ledger.BadInput as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal


class HouseForm(forms.Form):
    """Fields in the house's look; what is wrong is marked on the field."""

    default_auto_id = "id_%s"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", self.default_auto_id)  # two forms on one page have each their own ids
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "input lot-code" if name in NUMBERS else "input"

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.errors if self.is_bound else ():
            if name in self.fields:
                self.fields[name].widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"{name}-error",
                }


class PlaceChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code} {obj.name}".strip()


class DayField(forms.CharField):
    """A day as it stands on the bag: 1019, 19 oct 27, 2027-10-19."""

    def __init__(self, *, today: date, is_past: bool = False, **kwargs: Any) -> None:
        self.today, self.is_past = today, is_past
        super().__init__(
            max_length=20, required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "19 oct 27"}), **kwargs
        )  # fmt: skip

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_day(text, today=self.today, is_past=self.is_past)
        except ledger.BadInput as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal


class LotForm(HouseForm):
    """The lot in hand, one field at a time. What the fields mean together is judged by the service."""

    item = forms.ChoiceField(label="Item")
    supplier_lot = forms.CharField(label="Supplier lot, as printed", max_length=80, required=False)
    serials = forms.CharField(
        label="Serials, one to a line or as a range", required=False, max_length=400_000, widget=forms.Textarea(attrs={"rows": 3, "data-scan": "literal"})
    )  # fmt: skip
    quantity = QuantityField(label="Quantity", required=False)
    unit = forms.ChoiceField(label="Unit", required=False)
    pieces = forms.IntegerField(label="Pieces", required=False, min_value=1, max_value=10**9)
    location = PlaceChoice(
        queryset=Location.objects.none(), label="Place", required=False, empty_label="Where the item belongs"
    )
    has_certificate = forms.BooleanField(label="Its certificate came with it", required=False)

    def __init__(self, *args: Any, desk: Desk, item: Item | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.desk, self.item_now = desk, item
        self.fields["expires_on"] = DayField(label="Best by", today=desk.today)
        self.fields["made_on"] = DayField(label="Made on", today=desk.today, is_past=True)
        known = {**desk.ordered_items, **({item.pk: item} if item else {})}
        _offer(self.fields["item"], [("", "Choose the item"), *((pk, one.name) for pk, one in known.items())])
        known_units = units.units_of(item) if item else []
        _offer(self.fields["unit"], [("", "as ordered"), *((unit, unit) for unit in known_units)])
        self.fields["location"].queryset = desk.places()  # type: ignore[attr-defined]
        is_serial = item is not None and item.tracking == Tracking.SERIAL
        for name in ("supplier_lot", "quantity", "unit", "pieces") if is_serial else ("serials",):
            del self.fields[name]
        if not (item and needs_certificate(desk.terms, item)):
            del self.fields["has_certificate"]
        for name in ("supplier_lot", "serials", "quantity", "expires_on"):
            if name in self.fields and (name != "expires_on" or (item and item.needs_expiry)):
                self.fields[name].widget.attrs["data-step"] = ""
        self.asked = {f"attribute_{one.pk}": one for one in desk.attributes.get(item.pk, [])} if item else {}
        for name, one in self.asked.items():
            self.fields[name] = _field_of(one, desk)
            if one.is_required:
                self.fields[name].widget.attrs["data-step"] = ""
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")

    def identity(self) -> list[Any]:
        return self._there("item", "supplier_lot", "serials")

    def amount(self) -> list[Any]:
        return self._there("quantity", "unit", "pieces")

    def dates_and_place(self) -> list[Any]:
        return self._there("expires_on", "made_on", "location")

    def _there(self, *names: str) -> list[Any]:
        return [self[name] for name in names if name in self.fields]

    def attribute_fields(self) -> list[Any]:
        return [self[name] for name in self.asked]

    def clean_item(self) -> int:
        text = self.cleaned_data["item"]
        if not text.isdigit():
            raise forms.ValidationError("Choose the item, or scan its label.")
        return int(text)

    def clean_serials(self) -> list[str]:
        try:
            return serials_of(self.cleaned_data["serials"] or "")
        except ledger.BadInput as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal

    def clean_supplier_lot(self) -> str:
        try:
            return ledger.check_code(self.cleaned_data["supplier_lot"], field="supplier_lot", limit=80)
        except ledger.BadInput as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal

    def clean_quantity(self) -> Decimal | None:
        quantity: Decimal | None = self.cleaned_data["quantity"]
        if quantity is not None and quantity <= 0:
            raise forms.ValidationError("A quantity must be more than zero.")
        return quantity

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, one in self.asked.items():
            text = str(data.get(name) or "").strip()
            if text and name not in self.errors:
                try:
                    data[name] = attributes.read(one, text).value
                except ledger.BadInput as refusal:
                    self.add_error(name, refusal.sentence)
        if self.item_now and data.get("quantity") is not None:
            try:
                units.to_base(self.item_now, data["quantity"], data.get("unit") or "")
            except ledger.BadInput as refusal:
                self.add_error("unit" if "counted in" in refusal.what else "quantity", refusal.sentence)
        return data

    def given(self) -> dict[str, Any]:
        """By the names that the hand has."""
        data = dict(self.cleaned_data)
        place = data.pop("location", None)
        data["attributes"] = {
            str(one.pk): str(value) for name, one in self.asked.items() if (value := data.pop(name, None))
        }
        return {**data, "location": place.pk if place else None, "serials": data.get("serials") or []}


def _field_of(one: LotAttribute, desk: Desk) -> forms.Field:
    """The field for what a category asks, in its kind; required ones are asked for by the dock, not by the browser."""
    within = attributes.limits(one)
    label = f"{one.name}, {one.unit}" if one.unit else one.name
    if one.kind == AttributeKind.DATE:
        return DayField(label=label, today=desk.today)
    if one.kind in (AttributeKind.CHOICE, AttributeKind.YES_NO):
        words = one.choices if one.kind == AttributeKind.CHOICE else ["yes", "no"]
        return forms.ChoiceField(
            label=label, choices=[("", "Choose"), *((word, word) for word in words)], required=False
        )
    mode = {"inputmode": "decimal"} if one.kind == AttributeKind.NUMBER else {}
    return forms.CharField(
        label=label, max_length=attributes.LIMIT, required=False, help_text=within, widget=forms.TextInput(attrs={"autocomplete": "off", **mode})
    )  # fmt: skip


def _offer(field: Any, choices: list[tuple[Any, str]]) -> None:
    field.choices = choices


class TruckForm(HouseForm):
    """The check of the truck, once a delivery, and the papers that came along. Nothing is preselected."""

    default_auto_id = "truck_%s"

    delivery_note = forms.CharField(label="Bill of lading or packing slip", max_length=40, required=False)
    carrier = forms.CharField(label="Carrier", max_length=80, required=False)
    trailer = forms.CharField(label="Trailer", max_length=40, required=False)
    seal = forms.CharField(label="Seal number", max_length=40, required=False)
    temperature = forms.DecimalField(
        label="Temperature",
        max_digits=6,
        decimal_places=2,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    temperature_unit = forms.ChoiceField(label="in", choices=[("°F", "°F"), ("°C", "°C")], required=False)
    is_cold = forms.NullBooleanField(required=False)
    is_sealed = forms.NullBooleanField(required=False)
    is_clean = forms.NullBooleanField(required=False)
    truck_note = forms.CharField(label="What is wrong with it", max_length=200, required=False)

    QUESTIONS = (
        ("is_cold", "Cold enough"),
        ("is_sealed", "Seal whole, number right"),
        ("is_clean", "Clean, dry, no smell"),
    )

    def questions(self) -> list[tuple[str, str, str]]:
        return [(name, label, str(self[name].value())) for name, label in self.QUESTIONS]


class RefusalForm(HouseForm):
    """What goes back on the same truck."""

    default_auto_id = "refused_%s"

    item = forms.ChoiceField(label="Item")
    supplier_lot = forms.CharField(label="Supplier lot", max_length=80, required=False)
    quantity = QuantityField(label="Quantity")
    unit = forms.CharField(label="Unit", max_length=12, required=False)
    reason = forms.CharField(
        label="Why it is refused", max_length=200, widget=forms.TextInput(attrs={"data-scan": "literal"})
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self.fields["item"], [(pk, item.name) for pk, item in desk.ordered_items.items()])
        self.fields["item"].widget.attrs["class"] = "input"


class StockChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        box = f" in {obj.container}" if obj.container else ""
        return f"{ledger.plain(obj.quantity)} {obj.lot.item.unit} at {obj.location}{box}, {obj.get_status_display().lower()}"


class ReturnForm(HouseForm):
    """A quantity of one lot that goes back to its supplier, from one place."""

    stock = StockChoice(queryset=Balance.objects.none(), label="From", empty_label=None)
    quantity = QuantityField(label="Quantity")
    unit = forms.ChoiceField(label="Unit", required=False)
    reason = forms.CharField(
        label="Why it goes back",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-scan": "literal"}),
    )

    def __init__(self, *args: Any, line: ReceiptLine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = Balance.objects.filter(lot=line.lot, quantity__gt=0, container__isnull=True).select_related(
            "location__site", "lot__item", "container"
        )
        self.fields["stock"].queryset = here.order_by("location__code", "status")  # type: ignore[attr-defined]
        self.fields["unit"].choices = [(unit, unit) for unit in units.units_of(line.lot.item)]  # type: ignore[attr-defined]


class CorrectionForm(HouseForm):
    """What a line of a receipt should have said, in the unit of the line."""

    quantity = QuantityField(label="What really came")
    reason = forms.CharField(
        label="Why the receipt was wrong",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-scan": "literal"}),
    )
    stock = StockChoice(
        queryset=Balance.objects.none(),
        label="Where the difference is",
        required=False,
        empty_label="Where it was received",
    )

    def __init__(self, *args: Any, line: ReceiptLine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = Balance.objects.filter(lot=line.lot, quantity__gt=0, container__isnull=True).select_related(
            "location__site", "lot__item", "container"
        )
        self.fields["stock"].queryset = here.order_by("location__code", "status")  # type: ignore[attr-defined]
