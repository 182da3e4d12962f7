"""What orders and shipments take."""

from __future__ import annotations

from rest_framework import serializers

from traceability.api.bodies import Amount, Body, Celsius, Code, Day, Moment, Whole, Words, lines_of
from traceability.api.lines import LineBody
from traceability.api.nouns import Ref
from traceability.models import Evidence

MOST = 500


class OrderedBody(Body):
    item = Ref(help_text="Id or code of the item.")
    quantity = Amount()
    unit = Words(max_length=12, required=False, default="", allow_blank=True)
    lot = Ref(
        required=False,
        allow_null=True,
        default=None,
        help_text="Id or number of the lot that the customer asks for.",
    )
    minimum_life_days = Whole(
        min_value=0,
        max_value=36_500,
        required=False,
        allow_null=True,
        default=None,
        help_text="More than the customer's own rule.",
    )


class OrderBody(Body):
    customer = Ref(help_text="Id or code of the customer.")
    lines = lines_of(OrderedBody, most=MOST)
    number = Code(
        most=40,
        required=False,
        default="",
        allow_blank=True,
        help_text="Yours; without it, the next of ours.",
    )
    customer_reference = Code(most=40, required=False, default="", allow_blank=True)
    due_on = Day(required=False, allow_null=True, default=None)
    note = Words(max_length=200, required=False, default="", allow_blank=True)


class OrderChange(Body):
    """`lines` replaces all of them; what is picked or has left stays ordered."""

    lines = lines_of(OrderedBody, most=MOST)
    customer_reference = Code(most=40, allow_blank=True)
    due_on = Day(allow_null=True)
    note = Words(max_length=200, allow_blank=True)


class StartBody(Body):
    """For an order, or straight for a customer."""

    order = Code(most=40, required=False, allow_null=True, default=None, help_text="Number of the order.")
    customer = Ref(
        required=False, allow_null=True, default=None, help_text="Id or code, where there is no order."
    )
    site = Ref(required=False, allow_null=True, default=None, help_text="Id or code; without it, yours.")
    number = Code(most=40, required=False, default="", allow_blank=True)
    carrier = Words(max_length=120, required=False, default="", allow_blank=True)


class TruckChange(Body):
    carrier = Words(max_length=120, allow_blank=True)
    truck = Words(max_length=40, allow_blank=True)
    door = Words(max_length=40, allow_blank=True)
    seal = Words(max_length=40, allow_blank=True)
    truck_celsius = Celsius(allow_null=True)


class PickBody(LineBody):
    container = Ref(
        required=False,
        allow_null=True,
        default=None,
        help_text="Id or number of the pallet that it is taken from.",
    )
    because = Words(
        max_length=200,
        required=False,
        default="",
        allow_blank=True,
        help_text="Why another lot than asked for, or more than ordered.",
    )


class PickContainerBody(Body):
    container = Ref(help_text="Id or number of the pallet.")
    because = Words(max_length=200, required=False, default="", allow_blank=True)
    evidence = serializers.ChoiceField(
        choices=[Evidence.SCANNED.value, Evidence.TYPED.value], required=False, default=Evidence.SCANNED
    )


class PositionBody(Body):
    position = Whole(min_value=1, max_value=10**6, help_text="Of the line in the shipment.")


class StageBody(Body):
    location = Ref(help_text="Id or code of the dock or other place.")


class ShipBody(Body):
    seal = Words(max_length=40, required=False, default="", allow_blank=True)
    carrier = Words(max_length=120, required=False, default="", allow_blank=True)
    truck = Words(max_length=40, required=False, default="", allow_blank=True)
    door = Words(max_length=40, required=False, default="", allow_blank=True)
    truck_celsius = Celsius(required=False, allow_null=True, default=None)


class ReturnedBody(Body):
    """Without a place, the first quarantine area of the site."""

    lot = Ref(help_text="Id or number of the lot.")
    quantity = Amount()
    unit = Words(max_length=12, required=False, default="", allow_blank=True)
    location = Ref(required=False, allow_null=True, default=None, help_text="Id or code of the place.")
    evidence = serializers.ChoiceField(
        choices=[Evidence.SCANNED.value, Evidence.TYPED.value], required=False, default=Evidence.TYPED.value
    )


class ReturnBody(Body):
    lines = lines_of(ReturnedBody, most=MOST)
    reason = Words(max_length=2000)
    number = Code(
        most=40,
        required=False,
        default="",
        allow_blank=True,
        help_text="Your RMA; without it, the next of ours.",
    )
    occurred_at = Moment(required=False, allow_null=True, default=None)
