"""In the worker's child: every row checked, then everything rehearsed and given back; or posted for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from traceability import changes
from traceability.exports import csv_text
from traceability.importing.fields import Context, Importer, importer_of
from traceability.importing.posting import Posting
from traceability.importing.rows import Finding, Outcome, Row, rows_of
from traceability.importing.sessions import ImportNotReady
from traceability.jobs import Cancelled, Made
from traceability.ledger import Refusal
from traceability.models import Import, ImportRecord, ImportState, Site

if TYPE_CHECKING:
    from traceability.models import Person

FINDINGS, PREVIEW, SAMPLE = 2_000, 500, 20
STEP = 1_000
Tell = Callable[[int, int, str], None]


class RowsWentWrong(Refusal):
    code = "rows_went_wrong"


def check_job(params: dict[str, Any], progress: Tell, *, actor: Person) -> Made:
    source = Import.objects.get(pk=params["import"])
    rows = check(source, actor=actor, tell=outside(source, progress))
    return _report(source, rows)


def post_job(params: dict[str, Any], progress: Tell, *, actor: Person) -> Made:
    source = Import.objects.get(pk=params["import"])
    rows = post(source, actor=actor, tell=outside(source, progress))
    return _report(source, rows)


def check(source: Import, *, actor: Person, tell: Tell | None = None) -> list[Row]:
    """Read, check and rehearse; what was found is written on the import. Returns the rows."""
    importer = _importer(source)
    tell = tell or _silent
    rows = _checked(source, importer, actor, tell)
    if all(row.is_right for row in rows) and _to_write(rows):
        _rehearse(source, importer, actor, rows, tell)
    tally = Counter(row.outcome.value for row in rows)
    findings = [
        finding for row in rows for finding in sorted(row.findings, key=lambda one: (len(one.cell), one.cell))
    ]
    Import.objects.filter(pk=source.pk, state=ImportState.CHECKING).update(
        state=ImportState.CHECKED, tally={**{outcome.value: tally[outcome.value] for outcome in Outcome}, "findings": len(findings)},
        findings=[_told(finding) for finding in findings[:FINDINGS]], preview=_preview(importer, rows), error="",
    )  # fmt: skip
    return rows


def post(source: Import, *, actor: Person, tell: Tell | None = None) -> list[Row]:
    """Check once more, then post everything in one transaction. Posted already: nothing happens."""
    importer = _importer(source)
    tell = tell or _silent
    rows = _checked(source, importer, actor, tell)
    if source.state == ImportState.POSTED:
        return rows
    wrong = [row for row in rows if not row.is_right]
    if wrong:
        first = wrong[0].findings[0]
        raise ImportNotReady(
            f"{len(wrong):,} row{'s are' if len(wrong) > 1 else ' is'} wrong by now.", f"{first.cell}: {first.sentence}", "Nothing was posted. Check the file again."
        )  # fmt: skip
    with transaction.atomic(), changes.noting(actor=actor, reason=f"Import {source.number}"):
        locked = Import.objects.select_for_update().get(pk=source.pk)
        if locked.state == ImportState.POSTED:
            return rows
        if locked.state != ImportState.POSTING:
            raise ImportNotReady(
                f"{locked.number} is {locked.get_state_display().lower()}.", now="Check it first."
            )
        posting = _posting(locked, actor, rows, is_rehearsal=False, tell=tell)
        importer.post(_to_write(rows), posting)
        ImportRecord.objects.bulk_create(posting.records, batch_size=2_000)
        Import.objects.filter(pk=source.pk).update(
            state=ImportState.POSTED, posted_at=timezone.now(), error=""
        )
    return rows


def outside(source: Import, progress: Tell) -> Tell:
    """Progress that others see while the posting's transaction is open: told over a connection of its own."""
    job = source.job_id
    if job is None or (not connection.in_atomic_block and not connection.settings_dict.get("NAME")):
        return progress
    line = connection.copy()

    def tell(done: int, total: int, unit: str) -> None:
        with line.cursor() as cursor:
            cursor.execute(
                "UPDATE traceability_job SET done = %s, total = %s, unit = %s, seen_at = now() WHERE id = %s RETURNING cancel_asked", [done, total, unit, job]
            )  # fmt: skip
            asked = cursor.fetchone()
        if asked and asked[0]:
            raise Cancelled

    return tell


def _checked(source: Import, importer: Importer, actor: Person, tell: Tell) -> list[Row]:
    total = source.about["rows"]
    rows: list[Row] = []
    for row in rows_of(source, importer):
        rows.append(row)
        if len(rows) % STEP == 0:
            tell(len(rows), total, "rows read")
    _refuse_doubles(importer, rows)
    tell(total, total, "rows read")
    importer.check(rows, Context(actor, _sites(actor), source.number))
    return rows


def _refuse_doubles(importer: Importer, rows: Sequence[Row]) -> None:
    """The same key twice: the same data is told once, other data is a contradiction."""
    first: dict[Any, Row] = {}
    for row in rows:
        key = importer.key(row) if row.is_right else None
        if key is None:
            continue
        before = first.setdefault(key, row)
        if before is not row:
            other = "the same" if before.values == row.values else "other data for the same"
            row.wrong(
                _first_field(importer, row),
                f"Row {before.number} has {other}. Take one of them out.",
                "twice",
            )


def _first_field(importer: Importer, row: Row) -> str:
    return next((one.name for one in importer.fields if one.name in row.cells), "")


def _rehearse(source: Import, importer: Importer, actor: Person, rows: list[Row], tell: Tell) -> None:
    """Post everything through the services, and give it back. What they refuse becomes a finding of its row."""
    posting = _posting(source, actor, rows, is_rehearsal=True, tell=tell)
    to_write = _to_write(rows)
    try:
        with transaction.atomic(), changes.noting(actor=actor, reason=f"Import {source.number}, rehearsed"):
            importer.post(to_write, posting)
            transaction.set_rollback(True)
    except Refusal as refusal:
        row = posting.guilty(refusal, to_write)
        if row is None:
            raise
        row.wrong(_first_field(importer, row), refusal.sentence, refusal.code)
    except IntegrityError as error:
        row = posting.blamed or (to_write[0] if to_write else None)
        if row is None:
            raise
        name = (
            getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or "a rule of the database"
        )
        row.wrong(_first_field(importer, row), f"It breaks {name.replace('_', ' ')}.", "constraint")


def _posting(source: Import, actor: Person, rows: list[Row], *, is_rehearsal: bool, tell: Tell) -> Posting:
    total = sum(row.outcome in (Outcome.NEW, Outcome.CHANGED) for row in rows)
    word = "rows rehearsed" if is_rehearsal else "rows posted"
    return Posting(
        source=source, actor=actor, sites=_sites(actor), client="import", key=f"{source.number}{'/rehearsal' if is_rehearsal else ''}",
        is_rehearsal=is_rehearsal, progress=lambda done: tell(done, total, word),
    )  # fmt: skip


def _to_write(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.outcome in (Outcome.NEW, Outcome.CHANGED)]


def _sites(actor: Person) -> list[Site]:
    return list(actor.sites.order_by("pk")) or list(Site.objects.order_by("pk"))


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "cell": finding.cell,
        "said": finding.said,
        "code": finding.code,
        "sentence": finding.sentence,
        "row": finding.row,
    }


def _preview(importer: Importer, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Changes cell by cell, and some of what is new."""
    shown: list[dict[str, Any]] = []
    for row in rows:
        for name, old, new in row.changes:
            cell = row.cells.get(name, (f"A{row.number}", ""))[0]
            shown.append({"cell": cell, "row": row.number, "key": _name_of(importer, row), "field": importer.field(name).heading, "old": _as_text(old), "new": _as_text(new)})  # fmt: skip
        if len(shown) >= PREVIEW:
            break
    new = [row for row in rows if row.outcome == Outcome.NEW][:SAMPLE]
    return shown[:PREVIEW] + [
        {"row": row.number, "key": _name_of(importer, row), "is_new": True} for row in new
    ]


def _name_of(importer: Importer, row: Row) -> str:
    names = [one.name for one in importer.fields if one.is_required][:3]
    return " · ".join(_as_text(row.values.get(name)) for name in names if row.values.get(name) is not None)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def _report(source: Import, rows: Sequence[Row]) -> Made:
    """Every row with what became of it: the file that is kept of an import."""
    heads = ["Row", "What", "Cell", "Said", "Why", "Old", "New"]
    lines: list[list[Any]] = []
    for row in rows:
        if row.findings:
            lines += [[row.number, "wrong", f.cell, f.said, f.sentence, "", ""] for f in row.findings]
        elif row.changes:
            lines += [[row.number, "changed", row.cells.get(name, ("", ""))[0], "", "", _as_text(old), _as_text(new)] for name, old, new in row.changes]  # fmt: skip
        else:
            lines.append([row.number, row.outcome.value, "", "", "", "", ""])
    return Made(
        f"{source.number}.csv", "text/csv; charset=utf-8", ("\ufeff" + csv_text(heads, lines)).encode()
    )


def _importer(source: Import) -> Importer:
    importer = importer_of(source.kind)
    assert importer is not None, source.kind
    return importer


def _silent(done: int, total: int, unit: str) -> None:
    """Nobody watches."""
