"""What orders, receipts, returns and invoices take."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from receiving.models import OrderKind
from receiving.services.serials import MOST as MOST_SERIALS
from traceability.api.bodies import Amount, Body, Code, Day, Moment, Whole, Words, YesNo, lines_of
from traceability.api.nouns import Ref
from traceability.models import Evidence, Status

MOST = 500
UNIT: dict[str, Any] = {"max_length": 12, "required": False, "default": "", "allow_blank": True}


class AnnouncedBody(Body):
    """A lot on an advance notice; with the number of its pallet, one scan receives it."""

    supplier_lot = Code(most=80)
    quantity = Amount()
    unit = Words(**UNIT, help_text="Without it, the unit of the line.")
    sscc = Code(
        most=20, required=False, default="", allow_blank=True, help_text="18 digits, from the pallet's label."
    )
    pieces = Whole(min_value=1, max_value=10**9, required=False, allow_null=True, default=None)
    made_on = Day(required=False, allow_null=True, default=None)
    expires_on = Day(required=False, allow_null=True, default=None)


class PurchaseLineBody(Body):
    item = Ref(help_text="Id or code of the item.")
    quantity = Amount()
    unit = Words(**UNIT)
    lots = serializers.ListField(
        child=AnnouncedBody(), required=False, default=list, max_length=MOST, help_text="The lots that will come, where the supplier says so."
    )  # fmt: skip


class PurchaseOrderBody(Body):
    number = Code(most=40, help_text="Yours: what stands on the paper that comes with the goods.")
    supplier = Ref(help_text="Id or code of the supplier.")
    lines = lines_of(PurchaseLineBody, most=MOST)
    kind = serializers.ChoiceField(
        choices=OrderKind.choices, required=False, default=OrderKind.PURCHASE_ORDER.value
    )
    ordered_on = Day(required=False, allow_null=True, default=None)
    expected_on = Day(required=False, allow_null=True, default=None)
    harvest_area = Words(max_length=120, required=False, default="", allow_blank=True)
    harvested_from = Day(required=False, allow_null=True, default=None)
    harvested_to = Day(required=False, allow_null=True, default=None)
    note = Words(max_length=200, required=False, default="", allow_blank=True)


class ReceivedBody(Body):
    """One lot, or the serials of one pallet: then `quantity` is their number and need not be sent."""

    item = Ref(help_text="Id or code of the item.")
    quantity = Amount(required=False, allow_null=True, default=None)
    unit = Words(**UNIT, help_text="Without it, the item's base unit.")
    supplier_lot = Code(most=80, required=False, default="", allow_blank=True, help_text="As printed.")
    serials = serializers.ListField(
        child=Code(most=80), required=False, default=list, max_length=MOST_SERIALS, help_text="Each one, or a range such as PV-26-000431..450."
    )  # fmt: skip
    lot_number = Code(
        most=20,
        required=False,
        default="",
        allow_blank=True,
        help_text="Ours; without it, by the item's rule.",
    )
    pieces = Whole(
        min_value=1,
        max_value=10**9,
        required=False,
        allow_null=True,
        default=None,
        help_text="Beside the weight.",
    )
    made_on = Day(required=False, allow_null=True, default=None)
    expires_on = Day(required=False, allow_null=True, default=None)
    location = Ref(required=False, allow_null=True, default=None, help_text="Id or code; without it, where the item belongs.")  # fmt: skip
    has_certificate = YesNo(required=False, default=False)
    attributes = serializers.DictField(
        child=Words(max_length=200), required=False, default=dict, help_text="What the item's category asks of its lots, by its name."
    )  # fmt: skip
    evidence = serializers.ChoiceField(
        choices=[Evidence.SCANNED.value, Evidence.TYPED.value], required=False, default=Evidence.TYPED.value
    )


class TruckBody(Body):
    """The check of the truck. One that failed puts all of it on hold."""

    passed = YesNo(required=False, allow_null=True, default=None)
    wrong = Words(max_length=200, required=False, default="", allow_blank=True)
    seal = Words(max_length=40, required=False, default="", allow_blank=True)
    carrier = Words(max_length=80, required=False, default="", allow_blank=True)
    trailer = Words(max_length=40, required=False, default="", allow_blank=True)
    delivery_note = Words(max_length=40, required=False, default="", allow_blank=True)


class ReceiptBody(Body):
    """What came, on an order or on none. More than the order allows needs a lead, and that is done at the dock."""

    order = Code(
        most=40, required=False, allow_null=True, default=None, help_text="Number of the order or notice."
    )
    supplier = Ref(
        required=False, allow_null=True, default=None, help_text="Id or code, where there is no order."
    )
    site = Ref(
        required=False,
        allow_null=True,
        default=None,
        help_text="Id or code; without it, that of the first place.",
    )
    lines = lines_of(ReceivedBody, most=MOST)
    truck = TruckBody(required=False, allow_null=True, default=None)
    note = Words(max_length=200, required=False, default="", allow_blank=True)
    occurred_at = Moment(
        required=False, allow_null=True, default=None, help_text="When it came; now, if left out."
    )


class CorrectBody(Body):
    """What the line should have said, in the line's unit. Place and status only where the lot is at several."""

    line = Whole(min_value=1, max_value=10**6, help_text="Its position on the receipt.")
    quantity = Amount(or_zero=True)
    reason = Words(max_length=2000)
    location = Ref(required=False, allow_null=True, default=None, help_text="Id or code of the place.")
    status = serializers.ChoiceField(choices=Status.choices, required=False, default="", allow_blank=True)


class SupplierReturnBody(Body):
    lot = Ref(help_text="Id or number of the lot.")
    quantity = Amount()
    unit = Words(**UNIT)
    location = Ref(help_text="Id or code of the place where it stands.")
    status = serializers.ChoiceField(choices=Status.choices, help_text="Of the quantity that goes back.")
    reason = Words(max_length=2000)
    evidence = serializers.ChoiceField(
        choices=[Evidence.SCANNED.value, Evidence.TYPED.value], required=False, default=Evidence.TYPED.value
    )


class InvoicedBody(Body):
    item = Ref(help_text="Id or code of the item.")
    quantity = Amount()
    unit = Words(**UNIT)
    receipt = Code(
        most=40, required=False, allow_null=True, default=None, help_text="Number of the receipt; without it, the oldest open ones."
    )  # fmt: skip


class InvoiceBody(Body):
    """Quantities only: prices and the books are the ERP's."""

    supplier = Ref(help_text="Id or code of the supplier.")
    number = Code(most=40, help_text="As on the invoice; once for each supplier.")
    dated = Day()
    lines = lines_of(InvoicedBody, most=MOST)
    note = Words(max_length=200, required=False, default="", allow_blank=True)


class MatchBody(Body):
    line = Whole(min_value=1, max_value=10**6, help_text="Its position on the invoice.")
    receipt = Code(most=40, help_text="Number of the receipt.")
    quantity = Amount(help_text="In the item's base unit.")


class UndoMatchBody(Body):
    match = Whole(min_value=1, max_value=2**63 - 1, help_text="Its id.")
    reason = Words(max_length=200)
