"""Steps 6 and 7: what an entry brings with it, its movements, and last the entry itself under the head lock."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from traceability.ledger import digest, promises
from traceability.ledger.errors import HoldAlreadyLifted, NotSeeding
from traceability.ledger.trips import Script
from traceability.models import Entry, LedgerHead, Lot, search_key

AMENDABLE = ("supplier_lot", "expires_on", "made_on")


def write_consequences(draft: Any) -> None:
    """Holds, lifts, requirements and amended facts of the draft; each is also told in the payload, so it is in the digest."""
    if draft.holds:
        draft.payload["holds"] = _place_holds(draft)
        promises.break_all([hold.lot.pk for hold in draft.holds], draft.entry_id)
    if draft.lifts:
        draft.payload["lifts"] = _lift_holds(draft)
    if draft.needs:
        draft.payload["needs"] = _open_requirements(draft)
    if draft.meets:
        draft.payload["meets"] = _meet_requirements(draft)
    if draft.changes:
        draft.payload["amended"] = [_amend(change.lot, change.facts) for change in draft.changes]


def _place_holds(draft: Any) -> list[list[Any]]:
    rows = [(h.lot.pk, h.cause, h.reason, h.reference, h.cascades, h.inherited_from_id) for h in draft.holds]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO traceability_hold (lot_id, cause, reason, reference, cascades, inherited_from_id, placed_in_id)"
            " SELECT k.*, %s FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::bigint[]) AS k"
            " RETURNING id, lot_id, cause, reference, cascades, inherited_from_id, reason",
            [draft.entry_id, *[list(column) for column in zip(*rows, strict=True)]],
        )
        # A reason is told where it is another than the entry's own.
        return [[*row, None if reason == draft.reason else reason] for *row, reason in cursor.fetchall()]


def _lift_holds(draft: Any) -> list[int]:
    ids = sorted(hold.pk for hold in draft.lifts)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE traceability_hold SET lifted_in_id = %s WHERE id = ANY(%s) AND lifted_in_id IS NULL RETURNING id",
            [draft.entry_id, ids],
        )
        lifted = sorted(row[0] for row in cursor.fetchall())
    if lifted != ids:
        raise HoldAlreadyLifted(
            "Somebody lifted this hold already.",
            "",
            "Load the page again.",
            fields={"holds": sorted(set(ids) - set(lifted))},
        )
    return lifted


def _open_requirements(draft: Any) -> list[list[Any]]:
    found = []
    with connection.cursor() as cursor:
        for need in draft.needs:
            cursor.execute(
                "INSERT INTO traceability_requirement (lot_id, run_id, document, stage, what, is_blocking, opened_in_id)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id, lot_id, run_id, document, stage, what, is_blocking",
                [
                    need.lot and need.lot.pk,
                    need.run and need.run.pk,
                    need.document,
                    need.stage,
                    need.what,
                    need.is_blocking,
                    draft.entry_id,
                ],
            )
            found.append(list(cursor.fetchone()))
    return found


def _meet_requirements(draft: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE traceability_requirement SET met_in_id = %s WHERE id = ANY(%s) AND met_in_id IS NULL RETURNING id",
            [draft.entry_id, sorted(requirement.pk for requirement in draft.meets)],
        )
        return sorted(row[0] for row in cursor.fetchall())


def _amend(lot: Lot, facts: dict[str, Any]) -> dict[str, Any]:
    """Change a lot's facts; before and after go into the payload, so they can be folded to any seq."""
    unknown = set(facts) - set(AMENDABLE)
    if unknown:
        raise TypeError(f"{sorted(unknown)} cannot be amended; only {AMENDABLE}.")
    before = dict(zip(AMENDABLE, Lot.objects.values_list(*AMENDABLE).get(pk=lot.pk), strict=True))
    after = before | facts
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE traceability_lot SET supplier_lot = %s, supplier_lot_key = %s, expires_on = %s, made_on = %s WHERE id = %s",
            [
                after["supplier_lot"],
                search_key(after["supplier_lot"]) if after["supplier_lot"] else "",
                after["expires_on"],
                after["made_on"],
                lot.pk,
            ],
        )
    changed = [name for name in AMENDABLE if before[name] != after[name]]
    text = lambda value: value.isoformat() if hasattr(value, "isoformat") else value  # noqa: E731
    return {
        "lot": lot.pk,
        "before": {n: text(before[n]) for n in changed},
        "after": {n: text(after[n]) for n in changed},
    }


def write_movements(draft: Any, script: Script) -> None:
    rows = [_row(line, move) for line, move in enumerate(draft.moves, start=1)]
    if not rows:
        return
    script.add(
        f"INSERT INTO traceability_movement (entry_id, {', '.join(digest.MOVEMENT_FIELDS)}) SELECT %s, k.* FROM unnest("
        "%s::int[], %s::bigint[], %s::numeric[], %s::int[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[],"
        " %s::bigint[], %s::text[], %s::text[], %s::smallint[], %s::text[], %s::int[], %s::numeric[], %s::text[], %s::text[]) AS k",
        [draft.entry_id, *[list(column) for column in zip(*rows, strict=True)]],
    )


def _row(line: int, m: Any) -> tuple[Any, ...]:
    return (
        line, m.lot.pk, m.quantity, m.pieces, m.origin.pk, m.origin_status, m.origin_container and m.origin_container.pk, m.destination.pk,
        m.destination_status, m.destination_container and m.destination_container.pk, m.run and m.run.pk, m.run_role, m.delivery, m.sign,
        m.against, m.against_line, m.entered_quantity, m.entered_unit, str(m.evidence),
    )  # fmt: skip


def body_of(draft: Any) -> bytes:
    """The hash of all that the draft says, before the head is locked."""
    # As JSON gives it back, so that what is hashed is what is stored. PostgreSQL writes floats in its own way.
    draft.payload = json.loads(
        json.dumps(draft.payload), parse_float=_refuse_float, parse_constant=_refuse_float
    )
    return digest.body(
        _entry_values(draft), (_row(line, move) for line, move in enumerate(draft.moves, start=1))
    )


def _refuse_float(text: str) -> None:
    raise TypeError(f"A payload holds no floats ({text}); give quantities as text.")


def _entry_values(draft: Any) -> tuple[Any, ...]:
    return (
        draft.entry_id, str(draft.kind), draft.site.pk, draft.document, draft.party_id, draft.occurred_at, draft.actor.pk,
        draft.second_person.pk if draft.second_person else None, draft.client, draft.reason, draft.after_the_fact,
        draft.recorded_at is not None, draft.reverses.pk if draft.reverses else None, draft.payload,
    )  # fmt: skip


def write_entry(draft: Any, body: bytes, script: Script, *, is_last: bool = True) -> Entry:
    """One statement: lock and move the head, seal the digest with seq and time, link the chain, insert the entry.

    The last of a posting closes the door behind it.
    """
    values = [*_entry_values(draft)[:-1], json.dumps(draft.payload)]
    rows = script.ask(
        f"""
            WITH head AS (
                UPDATE traceability_ledgerhead AS h SET
                    seq = h.seq + 1,
                    recorded_at = GREATEST(t.at, h.recorded_at),
                    is_seeding = h.is_seeding AND %(imported)s,
                    chain = sha256(h.chain || sha256(convert_to({_HEADER}, 'UTF8') || %(body)s))
                FROM (SELECT COALESCE(%(recorded_at)s::timestamptz, clock_timestamp()) AS at OFFSET 0) AS t
                WHERE h.id = 1 AND (NOT %(imported)s OR (h.is_seeding AND (h.recorded_at IS NULL OR t.at >= h.recorded_at)))
                RETURNING h.seq, h.recorded_at, h.chain
            )
            INSERT INTO traceability_entry ({", ".join(digest.ENTRY_FIELDS)}, seq, recorded_at, digest, chain)
            SELECT {", ".join(f"%({name})s" for name in digest.ENTRY_FIELDS)}, head.seq, head.recorded_at,
                sha256(convert_to({_HEADER.replace("h.seq + 1", "head.seq").replace(_AT, "head.recorded_at")}, 'UTF8') || %(body)s), head.chain
            FROM head RETURNING seq, recorded_at, digest, chain, set_config('lotline.door', %(door)s, true)
            """,
        {
            **dict(zip(digest.ENTRY_FIELDS, values, strict=True)),
            "imported": draft.recorded_at is not None,
            "recorded_at": draft.recorded_at,
            "body": body,
            "door": "" if is_last else "open",
        },
    )
    if not rows:
        raise NotSeeding()
    row = rows[0]
    entry = Entry(
        **dict(zip(digest.ENTRY_FIELDS, _entry_values(draft), strict=True)),
        seq=row[0],
        recorded_at=row[1],
        digest=bytes(row[2]),
        chain=bytes(row[3]),
    )
    entry._state.adding, entry._state.db = False, connection.alias
    return entry


_AT = "GREATEST(t.at, h.recorded_at)"
_HEADER = f"""'lotline:1:' || (h.seq + 1) || ':' || to_char({_AT} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ':'"""


def head() -> LedgerHead:
    return LedgerHead.objects.get(pk=1)
