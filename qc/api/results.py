"""Results sent in by a laboratory or an instrument. They sign nothing: a person decides on the page."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from qc.api.inspections import InspectionShape, InspectionViewSet
from qc.models import Characteristic, Inspection, Instrument
from qc.services import Reading, record_results
from traceability.api.bodies import Body, Words, YesNo, lines_of
from traceability.api.nouns import Ref, UnknownReference, by_number, found
from traceability.api.verbs import Call, Verb

_NUMBER = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,6})?\Z", re.ASCII)


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]{1,13}(\.[0-9]{1,6})?$", "examples": ["-18.2"]})
class Measured(serializers.Field[Any, Any, Any, Any]):
    """A reading as decimal text; may be below zero."""

    default_error_messages = {"text": 'A reading is text, such as "-18.2".'}

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not _NUMBER.match(data):
            self.fail("text")
        return Decimal(data)


class ReadingBody(Body):
    """One reading: a value, pass or fail, or a text, as the kind of the characteristic asks for."""

    characteristic = Words(max_length=120, help_text="Its name in the plan of the inspection.")
    value = Measured(required=False, allow_null=True, default=None)
    passed = YesNo(required=False, allow_null=True, default=None)
    text = Words(max_length=200, required=False, default="", allow_blank=True)
    instrument = Ref(required=False, allow_null=True, default=None)
    defect = Words(max_length=60, required=False, default="", allow_blank=True)
    is_retest = YesNo(required=False, default=False)
    reason = Words(
        max_length=200, required=False, default="", allow_blank=True, help_text="Why it is tested again."
    )


class ResultsBody(Body):
    laboratory = Words(max_length=80, help_text="The laboratory or the instrument that found it.")
    readings = lines_of(ReadingBody, most=500)


class ReportResults(Verb):
    """Write readings down, unsigned: all or none. Each is judged now; a decision is made by a person, never here."""

    operation_id = "inspections_report_results"
    required_right = {"POST": ("qc.report_reading", "qc.inspect")}
    about, named = Inspection, "number"
    body = ResultsBody
    answer = InspectionShape

    def act(self, call: Call, number: str) -> Inspection:
        inspection = by_number(Inspection.objects.select_related("plan"), number)
        rows = call.body["readings"]
        looks = {c.name: c for c in Characteristic.objects.filter(plan=inspection.plan_id)}
        if missing := [row["characteristic"] for row in rows if row["characteristic"] not in looks]:
            raise UnknownReference(
                f"{number} does not ask for {', '.join(missing[:5])}.",
                now="Nothing was recorded.",
                fields={"characteristic": missing[:100]},
            )
        tools = found(Instrument.objects.all(), [row["instrument"] for row in rows], what="instrument")
        readings = [
            Reading(**(row | {"characteristic": looks[row["characteristic"]], "instrument": tools.get(row["instrument"]), "source": call.body["laboratory"]}))
            for row in rows
        ]  # fmt: skip
        record_results(inspection=inspection, readings=readings, **call.who)
        rows_of = InspectionViewSet.queryset.prefetch_related(
            "results__characteristic", "results__instrument", "results__entered_by"
        )
        return rows_of.get(pk=inspection.pk)
