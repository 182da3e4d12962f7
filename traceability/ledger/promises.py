"""Reservations: stock promised to a document, minded by every posting that takes stock away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from traceability.ledger.errors import BadInput, InsufficientQuantity, Reserved
from traceability.ledger.gate import check_usable
from traceability.ledger.locks import lock_lots
from traceability.ledger.moves import Move
from traceability.ledger.projections import Books, Place, lock_balances, places_of
from traceability.ledger.rules import check_quantity
from traceability.models import EntryKind, Reservation, Status

# Acts are refused when they take what is promised to somebody else; a recorded fact breaks the promise, visibly.
ACTS = frozenset({EntryKind.ISSUE, EntryKind.SHIPMENT, EntryKind.TRANSFER, EntryKind.SUPPLIER_RETURN})
# What a document promised to itself it may use, or take along.
OWN = frozenset({EntryKind.ISSUE, EntryKind.SHIPMENT, EntryKind.TRANSFER})

# Not asked for: loose, and in whatever container.
ANYWHERE: Any = object()


@transaction.atomic
def reserve(*, moves: Sequence[Move], document: str, actor: Any, now: Any) -> list[Reservation]:
    """Promise stock to a document: each move says which lot, quantity and place (origin). Refuses what is not usable or not free."""
    if not document:
        raise BadInput("A promise needs a document.", fields={"document": "missing"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lotline.door', 'open', true)")
    lock_lots([move.lot.pk for move in moves], serials=[move.lot.pk for move in moves if move.lot.is_serial])
    for number, move in enumerate(moves, start=1):
        item = move.lot.item
        check_quantity(move.quantity, decimals=item.decimals, of=item.code, field=f"moves.{number}.quantity")
        move.origin_status = Status.RELEASED
    check_usable(EntryKind.SHIPMENT, moves, document=document, now=now)
    keys = {place: move.lot.is_serial for move in moves if (place := places_of(move)[0])}
    balances = lock_balances(keys)
    standing = _standing(keys)
    for move in moves:
        place = places_of(move)[0]
        assert place is not None
        promised = sum((quantity for _, _, quantity in standing[place]), Decimal(0))
        if balances[place] < move.quantity:
            raise InsufficientQuantity(
                lot=move.lot,
                place=str(move.origin),
                status=Status.RELEASED,
                asked=move.quantity,
                available=balances[place],
                unit=move.lot.item.unit,
            )
        if balances[place] - promised < move.quantity:
            raise Reserved(
                lot=move.lot, place=str(move.origin), asked=move.quantity, free=balances[place] - promised,
                documents=sorted({paper for _, paper, _ in standing[place]}), unit=move.lot.item.unit,
            )  # fmt: skip
        standing[place].append((0, document, move.quantity))
    for move in sorted(moves, key=lambda m: (m.lot.pk, m.origin.pk)):
        place = places_of(move)[0]
        assert place is not None
        _promise(document, place, move.quantity, actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lotline.door', '', true)")
    return list(Reservation.objects.standing().filter(document=document))


@transaction.atomic
def unreserve(
    *,
    document: str,
    lot: Any = None,
    location: Any = None,
    container: Any = ANYWHERE,
    keep: Decimal = Decimal(0),
) -> int:
    """Give up what is promised to a document (or its part of one lot, at one place, in one container or loose) but for `keep`.

    Returns how many promises changed.

    Takes no other lock, so nothing of these lots may be posted in the same transaction afterwards.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lotline.door', 'open', true)")
        cursor.execute(
            "UPDATE traceability_reservation SET quantity = %(keep)s WHERE quantity > %(keep)s AND id IN (SELECT id FROM traceability_reservation"
            " WHERE document = %(document)s AND quantity > 0 AND broken_in_id IS NULL AND (%(lot)s::bigint IS NULL OR lot_id = %(lot)s)"
            " AND (%(location)s::bigint IS NULL OR location_id = %(location)s)"
            " AND (%(anywhere)s OR container_id IS NOT DISTINCT FROM %(container)s) ORDER BY id FOR NO KEY UPDATE)",
            {
                "document": document,
                "lot": lot and lot.pk,
                "location": location and location.pk,
                "keep": keep,
                "anywhere": container is ANYWHERE,
                "container": None if container is ANYWHERE or container is None else container.pk,
            },
        )
        count = cursor.rowcount
        cursor.execute("SELECT set_config('lotline.door', '', true)")
    return count


def lock(lots: set[int]) -> None:
    """Lock what is promised of these lots, all of it at once and in one order: whoever gives promises up does so too."""
    standing = Reservation.objects.standing().filter(lot_id__in=lots).order_by("id")
    list(standing.select_for_update(no_key=True).values_list("id", flat=True))


def settle(books: Books, draft: Any) -> None:
    """Consume the document's own promises, and mind those of others: refuse an act, break them for a recorded fact.

    What a document moves to another place stays promised to it there.
    """
    taken: dict[Place, Decimal] = defaultdict(Decimal)
    movers: dict[Place, Move] = {}
    for move in draft.moves:
        place, target = places_of(move)
        if place and place.status == Status.RELEASED and place != target:
            taken[place] += move.quantity
            movers[place] = move
    if not taken or not books.has_promises:
        return
    standing = _standing(taken)
    for place, rows in standing.items():
        if not rows:
            continue
        left = taken[place]
        others: list[tuple[int, str, Decimal]] = []
        for pk, paper, quantity in rows:
            if paper == draft.document and draft.kind in OWN:
                used = min(left, quantity)
                left -= used
                _change("quantity = quantity - %s", [used], pk)
                if draft.kind == EntryKind.TRANSFER:
                    _carry(draft, place, used)
                if quantity > used:
                    others.append((pk, paper, quantity - used))
            else:
                others.append((pk, paper, quantity))
        promised = sum((quantity for _, _, quantity in others), Decimal(0))
        after = books.balances[place]
        if promised <= after:
            continue
        move = movers[place]
        if draft.kind in ACTS and not draft.after_the_fact:
            mine = taken[place]
            raise Reserved(
                lot=move.lot, place=str(move.origin), asked=mine, free=after + mine - promised,
                documents=sorted({paper for _, paper, _ in others}), unit=move.lot.item.unit,
            )  # fmt: skip
        for pk, _, quantity in reversed(others):
            if promised <= after:
                break
            _change("broken_in_id = %s", [draft.entry_id], pk)
            promised -= quantity


def _carry(draft: Any, place: Place, quantity: Decimal) -> None:
    """The promise of a quantity at a place goes where the draft moves it."""
    for move in draft.moves:
        origin, target = places_of(move)
        if origin == place and target is not None and quantity > 0:
            part = min(move.quantity, quantity)
            quantity -= part
            _promise(draft.document, target, part, draft.actor)


def _promise(document: str, place: Place, quantity: Decimal, actor: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO traceability_reservation (document, lot_id, location_id, container_id, quantity, by_id, at)"
            " VALUES (%s, %s, %s, %s, %s, %s, now()) ON CONFLICT (document, lot_id, location_id, container_id) WHERE broken_in_id IS NULL"
            " DO UPDATE SET quantity = traceability_reservation.quantity + excluded.quantity",
            [document, place.lot, place.location, place.container or None, quantity, actor.pk],
        )


def break_all(lot_ids: Sequence[int], entry_id: int) -> None:
    """A hold breaks every promise on its lots."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE traceability_reservation SET broken_in_id = %s WHERE lot_id = ANY(%s) AND quantity > 0 AND broken_in_id IS NULL",
            [entry_id, list(lot_ids)],
        )


def _standing(places: Any) -> dict[Place, list[tuple[int, str, Decimal]]]:
    found: dict[Place, list[tuple[int, str, Decimal]]] = {place: [] for place in places}
    rows = Reservation.objects.standing().filter(lot_id__in={place.lot for place in places})
    # Locked in one order; who gives a promise up meanwhile waits. A posting has locked them before: see `lock`.
    for row in rows.order_by("id").select_for_update(no_key=True):
        place = Place(row.lot_id, row.location_id, Status.RELEASED, row.container_id or 0)
        if place in found:
            found[place].append((row.pk, row.document, row.quantity))
    return found


def _change(assignment: str, values: list[Any], pk: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE traceability_reservation SET {assignment} WHERE id = %s", [*values, pk])
