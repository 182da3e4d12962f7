"""Plans out of a table, one row for each characteristic: looked at as a whole, then made as drafts, all or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from qc.forms import CharacteristicForm, PlanForm
from qc.models import (
    Characteristic,
    CharacteristicKind,
    CharacteristicLimit,
    EnteredBy,
    Plan,
    PlanStatus,
    Rule,
    Sampling,
    Severity,
)
from qc.services import planning
from qc.uploads import rows_of
from traceability import ledger, permits
from traceability.models import Stage

if TYPE_CHECKING:
    from traceability.models import Person

HEAD = set(PlanForm.base_fields) - {"name"} | {"plan", "plan_name"}
LOOK = set(CharacteristicForm.base_fields) - {"name"} | {"characteristic"}
# "note" belongs to the characteristic; a plan's note is written on its page.
COLUMNS = (HEAD | LOOK) - {"note"} | {"note"}
WORDS = {
    "stage": Stage.choices, "sampling": Sampling.choices, "kind": CharacteristicKind.choices, "rule": Rule.choices,
    "severity": Severity.choices, "entered_by": EnteredBy.choices,
}  # fmt: skip
YES = {"yes", "y", "true", "1", "x"}
TICKED = ("is_blocking", "stops_on_calibration", "allows_reduced", "needs_instrument", "is_mandatory")


@dataclass(slots=True)
class Proposed:
    """One plan of the table, with what is wrong with it by line."""

    code: str
    line: int
    facts: Mapping[str, Any]
    looks: list[Mapping[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    replaces: Plan | None = None


def read(text: str) -> list[Proposed]:
    """What the table would make. Raises BadInput where it cannot be read as a table."""
    found: dict[str, Proposed] = {}
    for line, row in rows_of(text, known=COLUMNS, needed={"plan", "characteristic", "kind"}):
        code = row.get("plan", "").upper()
        row = {name: _key(name, value) for name, value in row.items()}
        if code not in found:
            found[code] = _head(code, line, row)
        plan = found[code]
        look = CharacteristicForm({
            "readings": "1", "rule": Rule.ANY_OUT, "severity": Severity.MAJOR, "is_mandatory": "yes",
            **{name: value for name, value in row.items() if name in LOOK and value}, "name": row["characteristic"],
        } | ({"is_mandatory": ""} if row.get("is_mandatory", "").lower() not in {"", *YES} else {}))  # fmt: skip
        plan.problems += _problems(line, look)
        if look.is_valid():
            if any(look.cleaned_data["name"] == other["name"] for other in plan.looks):
                plan.problems.append(f"Line {line}: {look.cleaned_data['name']} stands in it twice.")
            plan.looks.append(look.cleaned_data)
    return list(found.values())


@transaction.atomic
def import_plans(*, text: str, actor: Person) -> list[Plan]:
    """Make a draft of every plan in the table: new ones, and next revisions of those there are. Refuses the whole if a line is wrong."""
    permits.require(actor, "qc.change_plan", to="import plans")
    proposed = read(text)
    if wrong := [problem for plan in proposed for problem in plan.problems]:
        raise ledger.BadInput(
            "Nothing was imported.",
            " ".join(wrong[:3]),
            "Mend the table and send it again.",
            fields={"file": "lines"},
        )
    made = []
    for plan in proposed:
        if plan.replaces:
            draft = planning.revise(plan=plan.replaces, actor=actor, why="Imported from a table")
            planning.change_plan(plan=draft, actor=actor, facts=plan.facts)
            CharacteristicLimit.objects.filter(characteristic__plan=draft).delete()
            Characteristic.objects.filter(plan=draft).delete()
        else:
            draft = planning.draft_plan(actor=actor, code=plan.code, facts=plan.facts)
        for look in plan.looks:
            planning.put_characteristic(plan=draft, actor=actor, facts=look)
        made.append(draft)
    return made


def _head(code: str, line: int, row: Mapping[str, str]) -> Proposed:
    form = PlanForm({
        "sampling": Sampling.FIXED, "level": "II", **{name: value for name, value in row.items() if name in HEAD and value},
        "name": row.get("plan_name") or code, "note": "",
    })  # fmt: skip
    plan = Proposed(code, line, {}, problems=_problems(line, form))
    try:
        ledger.check_code(code, field="plan", limit=20)
    except ledger.BadInput as refusal:
        plan.problems.append(f"Line {line}: {refusal.what}")
    if form.is_valid():
        plan.facts = form.cleaned_data
    there = Plan.objects.filter(code=code).order_by("-revision")
    if any(row.status == PlanStatus.DRAFT for row in there):
        plan.problems.append(f"Line {line}: {code} has a draft already. Approve or discard it first.")
    plan.replaces = there.first()
    return plan


def _problems(line: int, form: PlanForm | CharacteristicForm) -> list[str]:
    return [
        f"Line {line}: {form.fields[name].label or name}: {' '.join(map(str, errors))}"
        if name in form.fields
        else f"Line {line}: {errors[0]}"
        for name, errors in form.errors.items()
    ]


def _key(name: str, value: str) -> str:
    """Words as people write them: “Measurement” is measurement, “In process” is in_process; a tick is yes."""
    if name in TICKED:
        return "yes" if value.lower() in YES else value if name == "is_mandatory" else ""
    for key, label in WORDS.get(name, ()):
        if value.casefold() in (str(key).casefold(), str(label).casefold()):
            return str(key)
    return value
