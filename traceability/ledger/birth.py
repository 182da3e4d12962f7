"""Lots come into being in the entry that first moves them, with their facts in its payload."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import connection

from traceability.ledger.errors import BadInput, LotNumberTaken
from traceability.models import Lot, Tracking, search_key

SUPPLIER_LOT_LIMIT = 80
NUMBER_LIMIT = 20  # GS1 AI (10) and (21): at most 20 characters
SHARED_FACTS = (
    "item_id", "supplier_id", "supplier_lot", "supplier_lot_key", "owner_id", "received_under", "code_source",
    "made_on", "expires_on", "is_serial", "is_untracked", "is_imported",
)  # fmt: skip
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def check_code(text: str, *, field: str, limit: int) -> str:
    """A code as it may stand on a label: no control, bidirectional or invisible characters; NFC. Raises BadInput."""
    if any(unicodedata.category(sign) in _FORBIDDEN for sign in text):
        raise BadInput(
            "This number has an invisible or control character in it.",
            now="Type or scan it again.",
            fields={field: ascii(text)[:80]},
        )
    if text != text.strip() or "  " in text:
        raise BadInput(
            "This number begins or ends with a blank, or has two in a row.",
            now="Type it as printed.",
            fields={field: text},
        )
    if len(text) > limit:
        raise BadInput(
            f"This number is longer than {limit} characters.",
            "",
            "Check that the label was read right.",
            fields={field: text[:80]},
        )
    return unicodedata.normalize("NFC", text)


def check_text(text: str, *, field: str, limit: int | None = None) -> str:
    """Free text that is stored and hashed: lines are welcome; control, bidirectional and broken characters are not. Raises BadInput."""
    if any(unicodedata.category(sign) in _FORBIDDEN and sign not in "\n\r\t\u200d" for sign in text):
        raise BadInput(
            "This text has an invisible or control character in it.",
            now="Type it again.",
            fields={field: ascii(text)[:80]},
        )
    if limit is not None and len(text) > limit:
        raise BadInput(
            f"This is longer than {limit} characters.", now="Shorten it.", fields={field: text[:80]}
        )
    return text


def create(lots: Sequence[Lot]) -> list[dict[str, Any]]:
    """Insert unsaved lots, set their ids, and return their facts for the entry's payload, shared facts once.

    Raises LotNumberTaken when the item already has one of the numbers, for whatever supplier or time.
    """
    for lot in lots:
        _prepare(lot)
    ordered = sorted(lots, key=lambda lot: (lot.item_id, lot.number))
    columns = ("number", *SHARED_FACTS)
    arrays = [[getattr(lot, column) for lot in ordered] for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO traceability_lot ({', '.join(columns)}) SELECT * FROM unnest("
            "%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[],"
            " %s::date[], %s::date[], %s::boolean[], %s::boolean[], %s::boolean[])"
            " ON CONFLICT DO NOTHING RETURNING id, item_id, number",
            arrays,
        )
        made = {(item_id, number): pk for pk, item_id, number in cursor.fetchall()}
    if len(made) < len(ordered):
        taken = [lot.number for lot in ordered if (lot.item_id, lot.number) not in made]
        raise LotNumberTaken(item=str(ordered[0].item), numbers=taken or [lot.number for lot in ordered])
    groups: dict[tuple[Any, ...], list[list[Any]]] = defaultdict(list)
    for lot in ordered:
        lot.pk = made[lot.item_id, lot.number]
        lot._state.adding, lot._state.db = False, connection.alias
        groups[tuple(getattr(lot, fact) for fact in SHARED_FACTS)].append([lot.pk, lot.number])
    return [_facts(shared) | {"lots": numbers} for shared, numbers in groups.items()]


def _prepare(lot: Lot) -> None:
    if not lot.number:
        raise BadInput("A lot needs a number.", fields={"lot": "missing"})
    lot.number = check_code(lot.number, field="lot", limit=NUMBER_LIMIT)
    lot.supplier_lot = (
        check_code(lot.supplier_lot, field="supplier_lot", limit=SUPPLIER_LOT_LIMIT)
        if lot.supplier_lot
        else ""
    )
    lot.supplier_lot_key = search_key(lot.supplier_lot) if lot.supplier_lot else ""
    lot.is_serial = lot.item.tracking == Tracking.SERIAL
    if lot.made_on and lot.expires_on and lot.expires_on < lot.made_on:
        raise BadInput(
            f"{lot.number} would expire on {lot.expires_on}, before it was made on {lot.made_on}.",
            now="Check both dates.",
            fields={"expires_on": str(lot.expires_on)},
        )


def _facts(shared: tuple[Any, ...]) -> dict[str, Any]:
    """Only what says something, dates as text, so that the payload stays small and JSON keeps it as it is."""
    named = zip(SHARED_FACTS, shared, strict=True)
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in named
        if value not in (None, "", False)
    }
