"""Forms of receiving: one lot of a delivery, a return to the supplier, a correction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet

from receiving.models import PurchaseOrder, PurchaseOrderLine, ReceiptLine
from traceability import ledger, units
from traceability.lists import DateInput
from traceability.models import Balance, Location, Tracking

NUMBERS = ("supplier_lot", "lot_number")


class QuantityField(forms.CharField):
    """Digits with a point, as the ledger reads them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=40,
            widget=forms.TextInput(
                attrs={"inputmode": "decimal", "autocomplete": "off", "data-scan": "literal"}
            ),
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
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


class LineChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.position}. {obj.item.name}"


class LotForm(HouseForm):
    """One lot of a delivery. Serial numbers are typed one to a line, and counted."""

    line = LineChoice(queryset=PurchaseOrderLine.objects.none(), label="Item", empty_label="Choose the item")
    supplier_lot = forms.CharField(label="Supplier lot, as printed", max_length=80, required=False)
    serials = forms.CharField(
        label="Serials, one to a line",
        required=False,
        max_length=400_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    quantity = QuantityField(label="Quantity", required=False)
    unit = forms.ChoiceField(label="Unit", required=False)
    expires_on = forms.DateField(label="Best by", required=False, widget=DateInput)
    made_on = forms.DateField(label="Made on", required=False, widget=DateInput)
    location = PlaceChoice(
        queryset=Location.objects.none(), label="Place", required=False, empty_label="Where the item belongs"
    )
    pieces = forms.IntegerField(label="Pieces", required=False, min_value=1, max_value=10**9)
    lot_number = forms.CharField(
        label="Our lot number",
        max_length=20,
        required=False,
        help_text="Only where the supplier's is longer than 20 characters.",
    )

    def __init__(self, *args: Any, order: PurchaseOrder, places: QuerySet[Location], **kwargs: Any) -> None:
        lines = list(order.lines.select_related("item__default_location").prefetch_related("item__units"))
        super().__init__(*args, **kwargs)
        known = dict.fromkeys(
            unit
            for line in lines
            for unit in (line.unit, line.item.unit, *(u.unit for u in line.item.units.all()))
        )
        self.fields["unit"].choices = [("", "as ordered"), *((unit, unit) for unit in known)]  # type: ignore[attr-defined]
        self.fields["line"].queryset = order.lines.select_related("item__default_location")  # type: ignore[attr-defined]
        self.fields["location"].queryset = places  # type: ignore[attr-defined]
        self.has_serials = any(line.item.tracking == Tracking.SERIAL for line in lines)
        if not self.has_serials:
            del self.fields["serials"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        line: PurchaseOrderLine | None = data.get("line")
        if line is None:
            return data
        item = line.item
        data["unit"] = data.get("unit") or line.unit
        data["location"] = data.get("location") or item.default_location
        if item.tracking == Tracking.SERIAL:
            self._clean_serials(data)
        elif data.get("quantity") is None and "quantity" not in self.errors:
            self.add_error("quantity", "How much came? Type digits with a point, such as 12.5.")
        elif data.get("quantity") is not None:
            self._clean_quantity(data)
        if item.tracking == Tracking.LOT and not item.lot_pattern and not data.get("supplier_lot"):
            self.add_error("supplier_lot", f"{item.name} needs its supplier's lot number. Scan or type it.")
        if len(data.get("supplier_lot") or "") > 20 and not item.lot_pattern and not data.get("lot_number"):
            self.add_error(
                "lot_number",
                "The supplier's number is longer than 20 characters: give the lot a number of our own beside it.",
            )
        if data["location"] is None and "location" not in self.errors:
            self.add_error("location", f"Where does {item.name} go? Scan or choose a place.")
        made_on, expires_on = data.get("made_on"), data.get("expires_on")
        if made_on and expires_on and expires_on < made_on:
            self.add_error("expires_on", "Best by is before the day it was made. Type both as on the label.")
        return data

    def _clean_quantity(self, data: dict[str, Any]) -> None:
        if data["quantity"] <= 0:
            self.add_error("quantity", "A quantity must be more than zero.")
            return
        try:
            data["base"] = units.to_base(data["line"].item, data["quantity"], data["unit"])
        except ledger.BadInput as refusal:
            self.add_error("unit" if "counted in" in refusal.what else "quantity", refusal.sentence)

    def _clean_serials(self, data: dict[str, Any]) -> None:
        serials = [
            text.strip()
            for text in (data.get("serials") or data.get("supplier_lot") or "").splitlines()
            if text.strip()
        ]
        if not serials:
            self.add_error("serials", "Scan or type at least one serial.")
        for serial in serials:
            if len(serial) > 20:
                self.add_error("serials", f"{serial[:40]} is too long for a serial (20 characters).")
                return
        if len(set(serials)) < len(serials):
            double = next(serial for serial in serials if serials.count(serial) > 1)
            self.add_error("serials", f"{double} stands here twice. Each serial is one unit.")
        data["each"], data["unit"], data["quantity"] = (
            serials,
            data["line"].item.unit,
            Decimal(len(serials) or 1),
        )


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
