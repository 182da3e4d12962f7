"""Placing holds, which is cheap and open to integrations, and lifting them, which never is."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from traceability import context, ledger
from traceability.api import parameters
from traceability.api.authentication import actor_of, client_of
from traceability.api.bodies import Body, Id, Words, YesNo
from traceability.api.briefs import EntryBrief
from traceability.api.keys import DRY_RUN, HEADER, key_of
from traceability.api.verbs import acting, found, valid
from traceability.api.views import StrictView
from traceability.models import ApiToken, Entry, Hold, Lot
from traceability.models.holds import HoldCause

MOST = 10_000


class HoldBody(Body):
    """`lots` are numbers from /lots. With `cascades`, what is made from them later is held too."""

    lots = serializers.ListField(child=Id(), min_length=1, max_length=MOST)
    reason = Words(max_length=2000)
    reference = Words(
        max_length=40,
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


class HoldsPlaced(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    entry = EntryBrief(allow_null=True, help_text="Null in a dry run.")
    holds = PlacedHold(many=True)


class HoldsLifted(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    entry = EntryBrief(allow_null=True, help_text="Null in a dry run.")
    lifted = serializers.ListField(child=serializers.IntegerField())


class Holds(StrictView):
    required_right = {"POST": "traceability.place_hold"}
    parameter_names = ("dry_run",)

    @extend_schema(
        operation_id="holds_place",
        request=HoldBody,
        responses={201: HoldsPlaced, 200: HoldsPlaced},
        parameters=[HEADER, DRY_RUN],
    )
    def post(self, request: Request) -> Response:
        """Hold whole lots, wherever they are. 201; in a dry run 200."""
        key, dry_run = key_of(request), parameters.yes(request, "dry_run")
        body = valid(HoldBody(data=request.data))
        if body["reference"]:
            body["reference"] = ledger.check_code(body["reference"], field="reference", limit=40)
        lots = list(found(Lot.objects.order_by("pk"), body.pop("lots"), what="lot").values())
        with acting(dry_run=dry_run):
            entry = ledger.place_hold(
                lots,
                **body,
                actor=actor_of(request),
                client=client_of(request),
                key=key,
                site=context.site_of(request._request),
            )
        placed = [
            dict(zip(("id", "lot", "cause", "reference", "cascades"), row, strict=False))
            for row in entry.payload["holds"]
        ]
        shown = [hold | {"id": None} for hold in placed] if dry_run else placed
        return _answer(HoldsPlaced, request, entry, dry_run=dry_run, holds=shown)


class HoldsLift(StrictView):
    """For people with a session. No scope of a token gives this right, and an integration never has it."""

    required_right = {"POST": ("traceability.lift_hold", "traceability.lift_recall_hold")}
    parameter_names = ("dry_run",)

    @extend_schema(
        operation_id="holds_lift",
        request=LiftBody,
        responses={201: HoldsLifted, 200: HoldsLifted},
        parameters=[HEADER, DRY_RUN],
    )
    def post(self, request: Request) -> Response:
        """Lift holds. Alone, only what one placed oneself in the last 15 minutes; else a second person confirms on the page."""
        if actor_of(request).is_integration or isinstance(request.auth, ApiToken):
            raise ledger.NotPermitted(
                "A program may not lift a hold.", "That is a decision of two people.", "Ask quality control."
            )
        key, dry_run = key_of(request), parameters.yes(request, "dry_run")
        body = valid(LiftBody(data=request.data))
        holds = list(
            found(
                Hold.objects.select_related("placed_in__site").order_by("pk"), body["holds"], what="hold"
            ).values()
        )
        with acting(dry_run=dry_run):
            entry = ledger.lift_hold(
                holds, reason=body["reason"], actor=actor_of(request), client=client_of(request), key=key
            )
        return _answer(HoldsLifted, request, entry, dry_run=dry_run, lifted=entry.payload["lifts"])


def _answer(
    shape: type[serializers.Serializer[Any]], request: Request, entry: Entry, *, dry_run: bool, **rest: Any
) -> Response:
    body = shape(
        {"dry_run": dry_run, "entry": None if dry_run else entry, **rest}, context={"request": request}
    ).data
    return Response(body, status=200 if dry_run else 201)
