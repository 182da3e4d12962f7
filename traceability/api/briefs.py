"""How one noun is named inside another: its number, its address, and what people call it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from traceability.api.fields import Url
from traceability.api.rights import sees_customers
from traceability.models import Container, Entry, Item, Location, Lot, Party, Person, Run, Site


class ItemBrief(serializers.ModelSerializer[Item]):
    url = Url("items")

    class Meta:
        model = Item
        fields = ["id", "url", "code", "name"]


class LotBrief(serializers.ModelSerializer[Lot]):
    url = Url("lots")
    item = serializers.CharField(
        source="item.code", read_only=True, help_text="The item's code. Numbers are unique per item."
    )

    class Meta:
        model = Lot
        fields = ["id", "url", "number", "item"]


class PartyBrief(serializers.ModelSerializer[Party]):
    """A party that is only a customer is null for readers without the right to see customers."""

    url = Url("parties")

    class Meta:
        model = Party
        fields = ["id", "url", "code", "name"]

    def to_representation(self, party: Party) -> Any:
        if not party.is_supplier and not sees_customers(self.context["request"]):
            return None
        return super().to_representation(party)


class SiteBrief(serializers.ModelSerializer[Site]):
    class Meta:
        model = Site
        fields = ["id", "code", "name", "time_zone"]


class LocationBrief(serializers.ModelSerializer[Location]):
    url = Url("locations")

    class Meta:
        model = Location
        fields = ["id", "url", "code", "kind"]


class ContainerBrief(serializers.ModelSerializer[Container]):
    class Meta:
        model = Container
        fields = ["id", "number"]


class RunBrief(serializers.ModelSerializer[Run]):
    class Meta:
        model = Run
        fields = ["id", "document", "number", "kind"]


class PersonBrief(serializers.ModelSerializer[Person]):
    name = serializers.CharField(source="__str__", read_only=True)

    class Meta:
        model = Person
        fields = ["id", "name"]


class EntryBrief(serializers.ModelSerializer[Entry]):
    url = Url("entries", key="seq")

    class Meta:
        model = Entry
        fields = ["id", "seq", "url", "kind", "document", "occurred_at", "recorded_at"]
