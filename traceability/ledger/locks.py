"""Steps 2 and 3 of a posting: lots, then runs, each in one order, shared to use them and alone to hold them."""

from __future__ import annotations

from collections.abc import Iterable

from traceability.ledger.trips import Script


def lock_lots(
    ids: Iterable[int], *, alone: bool = False, serials: Iterable[int] = (), script: Script | None = None
) -> None:
    """Lock lots in one order: FOR SHARE to use them, FOR NO KEY UPDATE (`alone`) to place or lift a hold or amend facts.

    `serials` are those of them that are serials. They come last and are always locked alone: a serial is one thing in one
    place, and what reads where it is must not be overtaken by somebody who moves it there and away again. With a `script` the
    locks are taken in its next round trip, before whatever is asked there.
    """
    lots, units = set(ids), set(serials)
    if alone:
        _lock("traceability_lot", lots | units, alone=True, order="is_serial, id", script=script)
        return
    _lock("traceability_lot", lots - units, alone=False, script=script)
    _lock("traceability_lot", units, alone=True, script=script)


def lock_runs(ids: Iterable[int], *, alone: bool = False, script: Script | None = None) -> None:
    """Lock runs in id order: FOR SHARE to add to them, alone while a hold passes through them."""
    _lock("traceability_run", ids, alone, script=script)


def _lock(
    table: str, ids: Iterable[int], alone: bool, order: str = "id", script: Script | None = None
) -> None:
    ordered = sorted(set(ids))
    if not ordered:
        return
    strength = "FOR NO KEY UPDATE" if alone else "FOR SHARE"
    now = script or Script()
    # Locked in one order, so two posts cannot deadlock.
    now.add(
        f"SELECT count(*) FROM (SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY {order} {strength}) AS locked",
        [ordered],
    )
    if script is None:
        now.send()
