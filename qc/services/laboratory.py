"""Results that come from a laboratory as a table: written down unsigned, all or none. A person decides afterwards."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction

from qc.models import Inspection
from qc.services.inspecting import Reading, record_results
from qc.uploads import rows_of
from traceability import ledger, permits, units

if TYPE_CHECKING:
    from traceability.models import Person

COLUMNS = {"inspection", "characteristic", "value", "passed", "text", "laboratory", "is_retest", "reason"}
PASS, FAIL = {"pass", "passed", "yes", "true", "ok", "1"}, {"fail", "failed", "no", "false", "0"}


@transaction.atomic
def take_results(*, text: str, laboratory: str, actor: Person, client: str, key: str) -> list[Inspection]:
    """Each row is one reading of one characteristic of one inspection. A line that is wrong refuses the whole, by its number."""
    permits.require(actor, "qc.inspect", "qc.report_reading", to="record results")
    readings: dict[str, list[tuple[int, Reading]]] = defaultdict(list)
    rows = rows_of(text, known=COLUMNS, needed={"inspection", "characteristic"})
    numbers = {row["inspection"] for _, row in rows}
    found = {
        inspection.number: inspection
        for inspection in Inspection.objects.filter(number__in=numbers).select_related("plan")
    }
    looks = {
        number: {c.name.casefold(): c for c in inspection.plan.characteristics.all()}
        if inspection.plan
        else {}
        for number, inspection in found.items()
    }
    for line, row in rows:
        number, name = row["inspection"], row["characteristic"]
        if number not in found:
            raise _wrong(line, f"no inspection is called {number[:40]}.")
        c = looks[number].get(name.casefold())
        if c is None:
            raise _wrong(line, f"{number} does not ask for {name[:60]}.")
        source = row.get("laboratory") or laboratory or found[number].laboratory
        if not source:
            raise _wrong(line, "from which laboratory?")
        try:
            value = units.parse_quantity(row["value"].replace("−", "-")) if row.get("value") else None
        except ledger.BadInput as refusal:
            raise _wrong(line, refusal.sentence) from refusal
        reading = Reading(
            characteristic=c, value=value, passed=_said(line, row.get("passed", "")), text=row.get("text", "")[:200], source=source,
            is_retest=row.get("is_retest", "").lower() in PASS, reason=row.get("reason", "")[:200],
        )  # fmt: skip
        readings[number].append((line, reading))
    for number in sorted(readings):
        lines, given = zip(*readings[number], strict=True)
        try:
            record_results(
                inspection=found[number], readings=given, actor=actor, client=client, key=f"{key}/{number}"
            )
        except ledger.KeyReused:
            raise
        except ledger.Refusal as refusal:
            # The refusal names the reading by its place; the person knows it by the line of the file.
            place = next(
                (int(part) for name in refusal.fields for part in name.split(".") if part.isdigit()), 1
            )
            raise _wrong(lines[place - 1], refusal.sentence) from refusal
    return [found[number] for number in sorted(readings)]


def _said(line: int, word: str) -> bool | None:
    if not word:
        return None
    if word.lower() in PASS | FAIL:
        return word.lower() in PASS
    raise _wrong(line, f"{word[:20]} is neither pass nor fail.")


def _wrong(line: int, what: str) -> ledger.BadInput:
    return ledger.BadInput(
        "Nothing was recorded.",
        f"Line {line}: {what}",
        "Mend the file and send it again.",
        fields={"file": f"line {line}"},
    )
