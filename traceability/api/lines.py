"""A quantity of a lot at a place, as many verbs take it."""

from __future__ import annotations

from rest_framework import serializers

from traceability.api.bodies import Amount, Body, Words
from traceability.api.nouns import Ref
from traceability.models import Evidence


class LineBody(Body):
    """A quantity of a lot at a place. Without a unit, the item's base unit."""

    lot = Ref(help_text="Id or number of the lot.")
    quantity = Amount()
    unit = Words(max_length=12, required=False, default="", allow_blank=True)
    location = Ref(help_text="Id or code of the place.")
    evidence = serializers.ChoiceField(
        choices=[Evidence.SCANNED.value, Evidence.TYPED.value], required=False, default=Evidence.TYPED.value
    )
