"""Placing holds, which is cheap and open to integrations, and lifting them, which never is."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from traceability import context, ledger
from traceability.api.bodies import Body, Code, Id, Words, YesNo
from traceability.api.briefs import EntryBrief, LotBrief, PersonBrief
from traceability.api.editing import Makes
from traceability.api.fields import Url
from traceability.api.nouns import Ref, found
from traceability.api.parameters import CodeFilter, IdFilter, TextFilter, YesNoFilter
from traceability.api.shapes import Posted
from traceability.api.verbs import Call, Verb
from traceability.models import ApiToken, Hold, Item, Lot
from traceability.models.holds import HoldCause

MOST = 10_000


class HoldBody(Body):
    """With `cascades`, what is made from these lots later is held too."""

    lots = serializers.ListField(
        child=Ref(), min_length=1, max_length=MOST, help_text="Ids or numbers of lots."
    )
    reason = Words(max_length=2000)
    reference = Code(
        most=40,
        required=False,
        default="",
        allow_blank=True,
        help_text="The paper behind it, such as RC-26-004.",
    )
    cause = serializers.ChoiceField(
        choices=[(c.value, c.label) for c in HoldCause if c != HoldCause.RECALL], default=HoldCause.QUALITY
    )
    cascades = YesNo(default=True)


class LiftBody(Body):
    holds = serializers.ListField(child=Id(), min_length=1, max_length=MOST)
    reason = Words(max_length=2000)


class PlacedHold(serializers.Serializer[Any]):
    id = serializers.IntegerField(allow_null=True)
    lot = serializers.IntegerField()
    cause = serializers.CharField()
    reference = serializers.CharField(allow_blank=True)
    cascades = serializers.BooleanField()


class HoldsPlaced(Posted):
    holds = PlacedHold(many=True)


class HoldsLifted(Posted):
    lifted = serializers.ListField(child=serializers.IntegerField())


class PlaceHold(Verb):
    """Hold whole lots, wherever they are. Stopping is cheap: whoever works here may do it, and an integration too."""

    operation_id = "holds_place"
    required_right = {"POST": "traceability.place_hold"}
    body = HoldBody
    answer = HoldsPlaced

    def act(self, call: Call) -> Any:
        lots = found(Lot.objects.order_by("pk"), call.body["lots"], what="lot", code="number")
        rest = {name: value for name, value in call.body.items() if name != "lots"}
        site = context.site_of(call.request._request)
        entry = ledger.place_hold(
            list({lot.pk: lot for lot in lots.values()}.values()), **rest, **call.who, site=site
        )
        names = ("id", "lot", "cause", "reference", "cascades")
        placed = [dict(zip(names, row, strict=False)) for row in entry.payload["holds"]]
        return {"entry": entry, "holds": [hold | {"id": None} for hold in placed] if call.is_dry else placed}


class HoldsLift(Verb):
    """Lift holds. Alone, only what one placed oneself in the last 15 minutes; else a second person confirms on the page.

    For people with a session. No scope of a token gives this right, and an integration never has it.
    """

    operation_id = "holds_lift"
    required_right = {"POST": ("traceability.lift_hold", "traceability.lift_recall_hold")}
    body = LiftBody
    answer = HoldsLifted

    def act(self, call: Call) -> Any:
        if call.actor.is_integration or isinstance(call.request.auth, ApiToken):
            raise ledger.NotPermitted(
                "A program may not lift a hold.", "That is a decision of two people.", "Ask quality control."
            )
        rows = Hold.objects.select_related("placed_in__site").order_by("pk")
        holds = list(found(rows, call.body["holds"], what="hold").values())
        entry = ledger.lift_hold(holds, reason=call.body["reason"], **call.who)
        return {"entry": entry, "lifted": entry.payload["lifts"]}


class HoldShape(serializers.ModelSerializer[Hold]):
    url = Url("holds")
    lot = LotBrief(read_only=True)
    placed = EntryBrief(source="placed_in", read_only=True)
    placed_by = PersonBrief(source="placed_in.actor", read_only=True)
    lifted = EntryBrief(
        source="lifted_in", read_only=True, allow_null=True, help_text="Null while it stands."
    )
    inherited_from = serializers.IntegerField(
        source="inherited_from_id",
        read_only=True,
        allow_null=True,
        help_text="The hold that was passed on to this lot.",
    )

    class Meta:
        model = Hold
        fields = [
            "id", "url", "lot", "cause", "reason", "reference", "cascades", "inherited_from", "placed", "placed_by", "lifted",
        ]  # fmt: skip


class HoldFilter(filters.FilterSet):
    lot = CodeFilter(Lot.objects.all(), code="number", field_name="lot__number")
    lot_id = IdFilter()
    item = CodeFilter(Item.objects.all(), field_name="lot__item__code")
    reference = TextFilter()
    cause = filters.ChoiceFilter(choices=HoldCause.choices)
    is_standing = YesNoFilter(method="standing")

    def standing(self, rows: QuerySet[Hold], name: str, value: bool) -> QuerySet[Hold]:
        return rows.filter(lifted_in__isnull=value)


class HoldViewSet(Makes):
    """Holds, the newest first: those that stand, and those that were lifted."""

    required_right = {"GET": "traceability.view_ledger", "POST": "traceability.place_hold"}
    queryset = Hold.objects.select_related("lot__item", "placed_in__actor", "lifted_in").order_by("-pk")
    serializer_class = HoldShape
    filterset_class = HoldFilter
    new = PlaceHold
