"""How what was done is told: the entry that was posted, or the noun that was made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from traceability.api.fields import Quantity, Url
from traceability.models import Entry, EntryKind, Movement, Status

# Movements told in an answer; a longer entry is read at its address.
TOLD = 1_000


@extend_schema_field(
    {"type": "boolean", "description": "True: everything was checked, and nothing was recorded."}
)
class DryRun(serializers.Field[Any, Any, Any, Any]):
    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, done: Any) -> bool:
        return bool(self.context.get("is_dry"))


@extend_schema_field({"type": ["integer", "null"], "description": "Null in a dry run."})
class IdMade(serializers.Field[Any, Any, Any, Any]):
    def __init__(self, key: str = "pk") -> None:
        super().__init__(source="*", read_only=True)
        self.key = key

    def to_representation(self, noun: Any) -> Any:
        return None if self.context.get("is_dry") else getattr(noun, self.key)


@extend_schema_field({"type": ["string", "null"], "format": "uri", "description": "Null in a dry run."})
class UrlMade(Url):
    def to_representation(self, noun: Any) -> Any:
        return None if self.context.get("is_dry") else super().to_representation(noun)


class Told(serializers.ModelSerializer[Movement]):
    lot = serializers.SerializerMethodField()
    quantity = Quantity()
    origin = serializers.CharField(source="origin.code", read_only=True, help_text="The code of the place.")
    destination = serializers.CharField(source="destination.code", read_only=True)
    status = serializers.ChoiceField(
        source="destination_status", choices=Status.choices, allow_blank=True, read_only=True,
        help_text="The quality status in which it arrives; empty at a boundary.",
    )  # fmt: skip

    class Meta:
        model = Movement
        fields = ["line", "lot", "quantity", "origin", "destination", "status"]

    @extend_schema_field(
        {
            "type": "object",
            "required": ["id", "number", "item"],
            "description": "`id` is null for a lot that a dry run would make.",
            "properties": {
                "id": {"type": ["integer", "null"]},
                "number": {"type": "string"},
                "item": {"type": "string"},
            },
        }
    )
    def get_lot(self, movement: Movement) -> dict[str, Any]:
        is_new = self.context.get("is_dry") and movement.lot_id in self.context.get("born", ())
        return {
            "id": None if is_new else movement.lot_id,
            "number": movement.lot.number,
            "item": movement.lot.item.code,
        }


class EntryDone(serializers.ModelSerializer[Entry]):
    """What was recorded, or in a dry run would be: then `id`, `seq` and `url` are null."""

    id = IdMade()
    seq = IdMade("seq")
    url = UrlMade("entries", key="seq")
    kind = serializers.ChoiceField(choices=EntryKind.choices, read_only=True)
    movements = serializers.SerializerMethodField(help_text=f"The first {TOLD}; all of them at `url`.")
    movement_count = serializers.SerializerMethodField()

    class Meta:
        model = Entry
        fields = [
            "id", "seq", "url", "kind", "document", "occurred_at", "recorded_at", "after_the_fact", "movement_count", "movements",
        ]  # fmt: skip

    @extend_schema_field(Told(many=True))
    def get_movements(self, entry: Entry) -> Any:
        rows = entry.movements.select_related("lot__item", "origin", "destination").order_by("line")
        born = {pk for group in entry.payload.get("born", []) for pk, _ in group["lots"]}
        return Told(rows[:TOLD], many=True, context=self.context | {"born": born}).data

    def get_movement_count(self, entry: Entry) -> int:
        return entry.movements.count()


class Posted(serializers.Serializer[Any]):
    """The answer to a verb that posts. Give it the entry, or a dictionary with the entry and what a sub-class adds."""

    dry_run = DryRun()
    entry = EntryDone(read_only=True)

    def to_representation(self, done: Any) -> dict[str, Any]:
        return super().to_representation(done if isinstance(done, dict) else {"entry": done})


_made: dict[tuple[Any, str], Any] = {}


def made(shape: Any) -> Any:
    """The shape of a noun as the answer to its making or change: with `dry_run`; in a dry run without `id` and `url`."""
    return _once(shape, "Made", _members_made)


def rows_of(shape: Any) -> Any:
    """`{"dry_run": …, "results": […]}` for a list of answers."""
    return _once(
        shape, "Rows", lambda one: ({"dry_run": DryRun(), "results": one(many=True)}, serializers.Serializer)
    )


def _members_made(shape: Any) -> tuple[dict[str, Any], Any]:
    members: dict[str, Any] = {"dry_run": DryRun()}
    known = shape().fields
    if "id" in known:
        members["id"] = IdMade()
    if isinstance(known.get("url"), Url):
        members["url"] = UrlMade(known["url"].folder, key=known["url"].key)
    if hasattr(shape, "Meta"):
        members["Meta"] = type("Meta", (shape.Meta,), {"fields": ["dry_run", *shape.Meta.fields]})
    return members, shape


def _once(shape: Any, ending: str, members: Callable[[Any], tuple[dict[str, Any], Any]]) -> Any:
    """One class for one shape, however often it is asked for: OpenAPI knows shapes by their class."""
    if (shape, ending) not in _made:
        found, base = members(shape)
        name = f"{shape.__name__.removesuffix('Serializer')}{ending}"
        _made[shape, ending] = type(name, (base,), {**found, "__doc__": shape.__doc__})
    return _made[shape, ending]
