"""What the verbs of a work order take."""

from __future__ import annotations

from rest_framework import serializers

from production.models import Pulling, StopCause
from traceability.api.bodies import Amount, Body, Code, Day, Moment, Whole, Words, lines_of
from traceability.api.lines import LineBody
from traceability.api.nouns import Ref
from traceability.models import RunKind, Status

MOST = 1_000
KINDS = [RunKind.WORK_ORDER.value, RunKind.REWORK.value, RunKind.REPACK.value]
RUN = "Number of the run within the order; without it, the first."


class PlanBody(Body):
    """An item, a BOM, or a family in words; on a line. Without a BOM, the one in force for the item or product."""

    line = Ref(help_text="Id or code of the line.")
    item = Ref(required=False, allow_null=True, default=None, help_text="Id or code of what it makes.")
    bom = Ref(
        required=False,
        allow_null=True,
        default=None,
        help_text="Id of a BOM, or the name of the one in force.",
    )
    product = Words(max_length=120, required=False, default="", allow_blank=True)
    number = Code(
        most=40,
        required=False,
        default="",
        allow_blank=True,
        help_text="Yours; without it, the next of ours.",
    )
    planned_quantity = Amount(required=False, allow_null=True, default=None)
    planned_on = Day(required=False, allow_null=True, default=None)
    due_on = Day(required=False, allow_null=True, default=None)
    pulling = serializers.ChoiceField(choices=Pulling.choices, required=False, default=Pulling.FREE)
    kind = serializers.ChoiceField(choices=KINDS, required=False, default=RunKind.WORK_ORDER)
    note = Words(max_length=2000, required=False, default="", allow_blank=True)


class PlanChange(Body):
    planned_quantity = Amount(allow_null=True)
    planned_on = Day(allow_null=True)
    due_on = Day(allow_null=True)
    pulling = serializers.ChoiceField(choices=Pulling.choices)
    note = Words(max_length=2000, allow_blank=True)


class IssueBody(Body):
    lots = lines_of(LineBody, most=MOST)
    run = Whole(min_value=1, max_value=10**6, required=False, allow_null=True, default=None, help_text=RUN)
    reason = Words(
        max_length=2000,
        required=False,
        default="",
        allow_blank=True,
        help_text="Needed where the order tells its lots and another is taken.",
    )
    water_lb = Amount(or_zero=True, required=False, allow_null=True, default=None)


class ReserveBody(Body):
    lots = lines_of(LineBody, most=MOST)


class UnreserveBody(Body):
    lot = Ref(
        required=False, allow_null=True, default=None, help_text="Only this lot; without it, all of them."
    )


class BackLine(LineBody):
    status = serializers.ChoiceField(
        choices=[Status.RELEASED.value, Status.QUARANTINE.value], required=False, default=Status.RELEASED
    )


class BackBody(Body):
    """What was issued and never used."""

    lots = lines_of(BackLine, most=MOST)
    run = Whole(min_value=1, max_value=10**6, required=False, allow_null=True, default=None, help_text=RUN)
    reason = Words(max_length=2000, required=False, default="", allow_blank=True)


class RemoveBody(Body):
    """To a place inside, where it waits for quality control, or to the site's scrap."""

    lots = lines_of(LineBody, most=MOST)
    run = Whole(min_value=1, max_value=10**6, required=False, allow_null=True, default=None, help_text=RUN)
    reason = Words(max_length=2000)


class ReplaceBody(Body):
    run = Whole(min_value=1, max_value=10**6)
    taken_out = LineBody(help_text="`location` is where it goes: a place, or scrap.")
    put_in = LineBody(help_text="`location` is where it is taken from.")
    reason = Words(max_length=2000)


class MadeBody(Body):
    """Without a lot number the item's pattern gives it; without a place, the item's own."""

    item = Ref(help_text="Id or code of the item.")
    quantity = Amount()
    unit = Words(max_length=12, required=False, default="", allow_blank=True)
    lot_number = Code(most=20, required=False, allow_null=True, default=None)
    location = Ref(required=False, allow_null=True, default=None, help_text="Id or code of the place.")
    made_on = Day(required=False, allow_null=True, default=None)
    expires_on = Day(required=False, allow_null=True, default=None)


class OutputBody(Body):
    outputs = lines_of(MadeBody, most=MOST)
    run = Whole(min_value=1, max_value=10**6, required=False, allow_null=True, default=None, help_text=RUN)
    reason = Words(max_length=2000, required=False, default="", allow_blank=True)
    occurred_at = Moment(required=False, allow_null=True, default=None)


class UnitBody(Body):
    """One unit of a serial item with its parts."""

    item = Ref(help_text="Id or code of what is made.")
    serial = Code(most=20)
    parts = lines_of(LineBody, most=MOST)
    location = Ref(
        required=False,
        allow_null=True,
        default=None,
        help_text="Where the unit goes; without it, the item's own place.",
    )
    reason = Words(max_length=2000, required=False, default="", allow_blank=True)


class ScrapBody(LineBody):
    status = serializers.ChoiceField(choices=Status.choices, required=False, default=Status.RELEASED)
    reason = Words(max_length=2000)


class RunBody(Body):
    line = Ref(required=False, allow_null=True, default=None, help_text="Id or code of another line.")
    note = Words(max_length=200, required=False, default="", allow_blank=True, help_text="Such as the shift.")


class StopBody(Body):
    cause = serializers.ChoiceField(choices=StopCause.choices)
    note = Words(max_length=2000, required=False, default="", allow_blank=True)
    occurred_at = Moment(required=False, allow_null=True, default=None)


class ResumeBody(Body):
    note = Words(max_length=2000, required=False, default="", allow_blank=True)
    occurred_at = Moment(required=False, allow_null=True, default=None)


class CloseBody(Body):
    """Without a loss, all that is missing is loss."""

    loss_lb = Amount(or_zero=True, required=False, allow_null=True, default=None)
    water_lb = Amount(or_zero=True, required=False, allow_null=True, default=None)
    reason = Words(max_length=2000, required=False, default="", allow_blank=True)


class UndoBody(Body):
    seq = Whole(min_value=1, max_value=2**63 - 1, help_text="seq of the entry to take back.")
    reason = Words(max_length=2000, required=False, default="", allow_blank=True)
