"""A quantity of a lot at a place, as many verbs take it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from traceability.api.bodies import Amount, Body, Words
from traceability.api.nouns import Ref, found
from traceability.models import Evidence, Location


class LineBody(Body):
    """A quantity of a lot at a place. Without a unit, the item's base unit."""

    lot = Ref(help_text="Id or number of the lot.")
    quantity = Amount()
    unit = Words(max_length=12, required=False, default="", allow_blank=True)
    location = Ref(help_text="Id or code of the place.")
    evidence = serializers.ChoiceField(
        choices=[Evidence.SCANNED.value, Evidence.TYPED.value], required=False, default=Evidence.TYPED.value
    )


def places_of(rows: Iterable[dict[str, Any]]) -> dict[Any, Location]:
    """The places that lines name, by what they were called. A code is looked for at the sites of whoever asks."""
    return found(Location.objects.select_related("site"), [row["location"] for row in rows], what="location")
