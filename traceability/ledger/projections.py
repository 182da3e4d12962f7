"""What movements add up to: balances, run lots, deliveries. Rows are made at zero, locked in one order, checked, then changed.

Locked in one order, so two postings cannot deadlock; checked here so that a person gets a sentence; and refused again by
the constraint (`balance_is_never_negative` …) should this code ever be wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from traceability.ledger.errors import InsufficientQuantity, MoreThanWentIn, plain
from traceability.ledger.moves import Move
from traceability.ledger.trips import Script
from traceability.models import Evidence

ZERO = Decimal(0)
# "Any time in the run": what was inferred, imported or backdated cannot narrow a time-aware walk.
ANY_TIME = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


class Place(NamedTuple):
    """The key of a balance row; container 0 is no container."""

    lot: int
    location: int
    status: str
    container: int


class Link(NamedTuple):
    """The key of a run lot row."""

    run: int
    lot: int
    role: str


class Line(NamedTuple):
    """The key of a delivered row."""

    direction: str
    party: int
    lot: int
    document: str
    line: int


@dataclass(slots=True)
class Books:
    """The locked rows of a posting, as they stand while its entries are checked one after the other."""

    balances: dict[Place, Decimal] = field(default_factory=dict)
    links: dict[Link, tuple[Decimal, Decimal]] = field(default_factory=dict)
    lines: dict[Line, tuple[Decimal, Decimal]] = field(default_factory=dict)
    has_promises: bool = False  # something of these lots is promised to a document
    passages: dict[Link, bool] = field(default_factory=dict)
    fresh: set[Any] = field(default_factory=set)  # rows of newly born lots, not written yet

    def take_fresh(self, change: dict[Any, Any]) -> dict[Any, Any]:
        """Take out of a change what belongs to rows that are still to be written."""
        taken = (
            {key: change.pop(key) for key in [key for key in change if key in self.fresh]}
            if self.fresh
            else {}
        )
        self.fresh -= taken.keys()
        return taken


def places_of(move: Move) -> tuple[Place | None, Place | None]:
    """The balance row a move takes from and the one it adds to; None at a boundary."""
    origin = destination = None
    if move.origin_status:
        origin = Place(
            move.lot.pk,
            move.origin.pk,
            move.origin_status,
            move.origin_container.pk if move.origin_container else 0,
        )
    if move.destination_status:
        destination = Place(
            move.lot.pk,
            move.destination.pk,
            move.destination_status,
            move.destination_container.pk if move.destination_container else 0,
        )
    return origin, destination


def link_of(move: Move) -> Link | None:
    if not move.run_role or move.run is None:
        return None
    return Link(move.run.pk, move.lot.pk, "output" if move.run_role == "output" else "input")


def line_of(move: Move, *, party_id: int | None, document: str) -> Line | None:
    if not move.delivery or party_id is None:
        return None
    return Line(
        move.delivery.removesuffix("_back"),
        party_id,
        move.lot.pk,
        move.against or document,
        move.against_line,
    )


def lock(drafts: Sequence[Any], script: Script) -> Books:
    """Make the missing rows of all drafts at zero, lock them all, and read them: table by table, each in one order.

    Rows of lots born in these drafts are left out: nobody else can see such a lot, so they are written once, as they end.
    """
    places: dict[Place, bool] = {}
    links: dict[Link, bool] = {}
    lines: set[Line] = set()
    born = {lot.pk for draft in drafts for lot in draft.born}
    for draft in drafts:
        for move in draft.moves:
            for place in places_of(move):
                if place:
                    places[place] = move.lot.is_serial
            if link := link_of(move):
                links[link] = not move.lot.is_untracked
            if line := line_of(move, party_id=draft.party_id, document=draft.document):
                lines.add(line)
    books = Books(fresh={*places, *links, *lines} if born else set())
    books.fresh = {key for key in books.fresh if key.lot in born}
    old_places = sorted(place for place in places if place.lot not in born)
    old_links = sorted(link for link in links if link.lot not in born)
    old_lines = sorted(line for line in lines if line.lot not in born)
    _make_balances(script, old_places, places)
    _make_links(script, old_links, links)
    _make_lines(script, old_lines)
    _read(script, books, old_places, old_links, old_lines)
    books.balances.update((place, ZERO) for place in places if place.lot in born)
    books.links.update((link, (ZERO, ZERO)) for link in links if link.lot in born)
    books.lines.update((line, (ZERO, ZERO)) for line in lines if line.lot in born)
    books.passages = links
    return books


def lock_balances(places: dict[Place, bool]) -> dict[Place, Decimal]:
    """Make and lock these balance rows alone; what stands in them."""
    script, books, keys = Script(), Books(), sorted(places)
    _make_balances(script, keys, places)
    _read(script, books, keys, [], [])
    return books.balances


def _make_balances(script: Script, keys: Sequence[Place], serials: dict[Place, bool]) -> None:
    if not keys:
        return
    arrays = _columns(keys)
    script.add(
        "INSERT INTO traceability_balance (lot_id, location_id, status, container_id, quantity, pieces, is_serial)"
        " SELECT lot, location, status, NULLIF(container, 0), 0, 0, serial"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::boolean[]) AS k (lot, location, status, container, serial)"
        " ORDER BY lot, location, status, container ON CONFLICT DO NOTHING",
        [*arrays, [serials[key] for key in keys]],
    )
    script.add(
        f"SELECT count(*) FROM (SELECT b.id FROM {_BALANCES} ORDER BY b.lot_id, b.location_id, b.status, b.container_id FOR UPDATE OF b) AS locked",
        arrays,
    )


def _make_links(script: Script, keys: Sequence[Link], passages: dict[Link, bool]) -> None:
    if not keys:
        return
    arrays = _columns(keys)
    script.add(
        "INSERT INTO traceability_runlot (run_id, lot_id, role, quantity, removed, inferred, first_at, last_at, is_passage)"
        " SELECT run, lot, role, 0, 0, 0, %s, %s, passage"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::boolean[]) AS k (run, lot, role, passage)"
        " ORDER BY run, lot, role ON CONFLICT DO NOTHING",
        # An empty span: the first movement sets both ends.
        [ANY_TIME[1], ANY_TIME[0], *arrays, [passages[key] for key in keys]],
    )
    script.add(
        f"SELECT count(*) FROM (SELECT r.id FROM {_LINKS} ORDER BY r.run_id, r.lot_id, r.role FOR UPDATE OF r) AS locked",
        arrays,
    )


def _make_lines(script: Script, keys: Sequence[Line]) -> None:
    if not keys:
        return
    arrays = _columns(keys)
    script.add(
        "INSERT INTO traceability_delivered (direction, party_id, lot_id, document, line, quantity, returned, first_at, last_at)"
        " SELECT direction, party, lot, document, line, 0, 0, %s, %s"
        " FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::int[]) AS k (direction, party, lot, document, line)"
        " ORDER BY direction, party, lot, document, line ON CONFLICT DO NOTHING",
        [ANY_TIME[1], ANY_TIME[0], *arrays],
    )
    script.add(
        f"SELECT count(*) FROM (SELECT d.id FROM {_LINES} ORDER BY d.direction, d.party_id, d.lot_id, d.document, d.line FOR UPDATE OF d) AS locked",
        arrays,
    )


def _read(
    script: Script, books: Books, places: Sequence[Place], links: Sequence[Link], lines: Sequence[Line]
) -> None:
    """What stands in the rows, and whether anything is promised of their lots: read after the locks, in one statement."""
    parts, params = [], []
    if places:
        parts += [
            f"SELECT 'place', k.n, b.quantity, 0 FROM {_BALANCES}",
            "SELECT 'promise', count(*), 0, 0 FROM traceability_reservation WHERE lot_id = ANY(%s) AND quantity > 0 AND broken_in_id IS NULL",
        ]
        params += [*_columns(places), sorted({place.lot for place in places})]
    if links:
        parts.append(f"SELECT 'link', k.n, r.quantity, r.removed FROM {_LINKS}")
        params += _columns(links)
    if lines:
        parts.append(f"SELECT 'line', k.n, d.quantity, d.returned FROM {_LINES}")
        params += _columns(lines)
    if not parts:
        return
    for what, number, one, other in script.ask(" UNION ALL ".join(parts), params):
        if what == "place":
            books.balances[places[number - 1]] = one
        elif what == "link":
            books.links[links[number - 1]] = (one, other)
        elif what == "line":
            books.lines[lines[number - 1]] = (one, other)
        else:
            books.has_promises = number > 0


def _columns(keys: Sequence[Any]) -> list[list[Any]]:
    return [list(column) for column in zip(*keys, strict=True)]


_BALANCES = (
    "traceability_balance b JOIN unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[]) WITH ORDINALITY AS k (lot, location, status, container, n)"
    " ON b.lot_id = k.lot AND b.location_id = k.location AND b.status = k.status AND b.container_id IS NOT DISTINCT FROM NULLIF(k.container, 0)"
)
_LINKS = (
    "traceability_runlot r JOIN unnest(%s::bigint[], %s::bigint[], %s::text[]) WITH ORDINALITY AS k (run, lot, role, n)"
    " ON r.run_id = k.run AND r.lot_id = k.lot AND r.role = k.role"
)
_LINES = (
    "traceability_delivered d JOIN unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::int[]) WITH ORDINALITY"
    " AS k (direction, party, lot, document, line, n) ON d.direction = k.direction AND d.party_id = k.party AND d.lot_id = k.lot"
    " AND d.document = k.document AND d.line = k.line"
)


def check(books: Books, draft: Any) -> None:
    """Take the draft's moves from the books; refuse what would go below zero. A net change counts, not the order of lines."""
    change: dict[Place, Decimal] = defaultdict(Decimal)
    movers: dict[Place, Move] = {}
    for move in draft.moves:
        origin, destination = places_of(move)
        if origin:
            change[origin] -= move.quantity
            movers[origin] = move
        if destination:
            change[destination] += move.quantity
    for place, delta in change.items():
        available = books.balances[place]
        if available + delta < 0:
            move = movers[place]
            raise InsufficientQuantity(
                lot=move.lot,
                place=str(move.origin),
                status=place.status,
                asked=-delta,
                available=available,
                unit=move.lot.item.unit,
            )
        books.balances[place] = available + delta
    for move in draft.moves:
        _check_link(books, move)
        _check_line(books, move, draft)


def _check_link(books: Books, move: Move) -> None:
    link = link_of(move)
    if link is None:
        return
    quantity, removed = books.links[link]
    if move.run_role == "removed":
        removed += move.sign * move.quantity
    else:
        quantity += move.sign * move.quantity
    if quantity < 0 or removed < 0 or removed > quantity:
        held = books.links[link][0] - books.links[link][1]
        raise MoreThanWentIn(
            f"Run {move.run} holds only {plain(held)} {move.lot.item.unit} of {move.lot.number}; {plain(move.quantity)} {move.lot.item.unit} cannot come out of it.",
            now="Check the lot and the quantity.",
            fields={"lot": move.lot.number, "run": str(move.run), "available": plain(held)},
            lots=[move.lot.pk],
        )
    books.links[link] = (quantity, removed)


def _check_line(books: Books, move: Move, draft: Any) -> None:
    line = line_of(move, party_id=draft.party_id, document=draft.document)
    if line is None:
        return
    quantity, returned = books.lines[line]
    if move.delivery.endswith("_back"):
        returned += move.sign * move.quantity
    else:
        quantity += move.sign * move.quantity
    if quantity < 0 or returned < 0 or returned > quantity:
        out = books.lines[line][0] - books.lines[line][1]
        way = "shipped to" if line.direction == "shipped" else "received from"
        raise MoreThanWentIn(
            f"Only {plain(out)} {move.lot.item.unit} of {move.lot.number} were {way} them on {line.document} and not returned yet; {plain(move.quantity)} cannot come back.",
            now="Check the lot, the document and the quantity.",
            fields={"lot": move.lot.number, "document": line.document, "available": plain(out)},
            lots=[move.lot.pk],
        )
    books.lines[line] = (quantity, returned)


def apply(draft: Any, books: Books, script: Script) -> None:
    """Change the locked rows by what the draft's moves add up to; write those of newly born lots."""
    _apply_balances(draft.moves, books, script)
    _apply_links(draft, books, script)
    _apply_lines(draft, books, script)


def _apply_balances(moves: Sequence[Move], books: Books, script: Script) -> None:
    change: dict[Place, list[Any]] = defaultdict(lambda: [ZERO, 0, False])
    for move in moves:
        for place, sign in zip(places_of(move), (-1, 1), strict=True):
            if place:
                row = change[place]
                row[0] += sign * move.quantity
                row[1] += sign * (move.pieces or 0)
                row[2] = move.lot.is_serial
    fresh = books.take_fresh(change)
    # What leaves first: a serial must not stand in two places even for the length of a statement.
    for group in (
        [k for k, v in change.items() if v[0] <= 0 and (v[0] or v[1])],
        [k for k, v in change.items() if v[0] > 0],
    ):
        if group:
            script.add(
                "UPDATE traceability_balance b SET quantity = b.quantity + k.quantity, pieces = b.pieces + k.pieces"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::numeric[], %s::int[])"
                " AS k (lot, location, status, container, quantity, pieces)"
                " WHERE b.lot_id = k.lot AND b.location_id = k.location AND b.status = k.status"
                " AND b.container_id IS NOT DISTINCT FROM NULLIF(k.container, 0)",
                [*_columns(group), [change[k][0] for k in group], [change[k][1] for k in group]],
            )
    if fresh:
        script.add(
            "INSERT INTO traceability_balance (lot_id, location_id, status, container_id, quantity, pieces, is_serial)"
            " SELECT lot, location, status, NULLIF(container, 0), quantity, pieces, serial FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[],"
            " %s::numeric[], %s::int[], %s::boolean[]) AS k (lot, location, status, container, quantity, pieces, serial)",
            [*_columns(list(fresh)), *_columns(list(fresh.values()))],
        )


def _apply_links(draft: Any, books: Books, script: Script) -> None:
    change: dict[Link, list[Any]] = {}
    for move in draft.moves:
        link = link_of(move)
        if link is None:
            continue
        row = change.setdefault(link, [ZERO, ZERO, ZERO, ANY_TIME[1], ANY_TIME[0]])
        signed = move.sign * move.quantity
        if move.run_role == "removed":
            row[1] += signed
            continue
        row[0] += signed
        is_vague = move.evidence in (Evidence.INFERRED, Evidence.IMPORTED) or draft.is_backdated
        if move.evidence == Evidence.INFERRED:
            row[2] += signed
        if move.sign > 0:
            first, last = ANY_TIME if is_vague else (draft.occurred_at, draft.occurred_at)
            row[3], row[4] = min(row[3], first), max(row[4], last)
    fresh = books.take_fresh(change)
    if change:
        script.add(
            "UPDATE traceability_runlot r SET quantity = r.quantity + k.quantity, removed = r.removed + k.removed,"
            " inferred = r.inferred + k.inferred, first_at = LEAST(r.first_at, k.first_at), last_at = GREATEST(r.last_at, k.last_at)"
            f" FROM {_LINK_CHANGE} WHERE r.run_id = k.run AND r.lot_id = k.lot AND r.role = k.role",
            [*_columns(list(change)), *_columns(list(change.values()))],
        )
    if fresh:
        script.add(
            "INSERT INTO traceability_runlot (run_id, lot_id, role, quantity, removed, inferred, first_at, last_at, is_passage)"
            f" SELECT k.*, p FROM {_LINK_CHANGE} JOIN unnest(%s::bigint[], %s::boolean[]) AS q (tracked, p) ON tracked = k.lot",
            [
                *_columns(list(fresh)),
                *_columns(list(fresh.values())),
                *_columns(sorted({(link.lot, books.passages[link]) for link in fresh})),
            ],
        )


_LINK_CHANGE = (
    "unnest(%s::bigint[], %s::bigint[], %s::text[], %s::numeric[], %s::numeric[], %s::numeric[], %s::timestamptz[], %s::timestamptz[])"
    " AS k (run, lot, role, quantity, removed, inferred, first_at, last_at)"
)


def _apply_lines(draft: Any, books: Books, script: Script) -> None:
    change: dict[Line, list[Any]] = {}
    for move in draft.moves:
        line = line_of(move, party_id=draft.party_id, document=draft.document)
        if line is None:
            continue
        row = change.setdefault(line, [ZERO, ZERO, draft.occurred_at, draft.occurred_at])
        row[1 if move.delivery.endswith("_back") else 0] += move.sign * move.quantity
    fresh = books.take_fresh(change)
    if change:
        script.add(
            "UPDATE traceability_delivered d SET quantity = d.quantity + k.quantity, returned = d.returned + k.returned,"
            " first_at = LEAST(d.first_at, k.first_at), last_at = GREATEST(d.last_at, k.last_at)"
            f" FROM {_LINE_CHANGE} WHERE d.direction = k.direction AND d.party_id = k.party AND d.lot_id = k.lot AND d.document = k.document AND d.line = k.line",
            [*_columns(list(change)), *_columns(list(change.values()))],
        )
    if fresh:
        script.add(
            "INSERT INTO traceability_delivered (direction, party_id, lot_id, document, line, quantity, returned, first_at, last_at)"
            f" SELECT k.* FROM {_LINE_CHANGE}",
            [*_columns(list(fresh)), *_columns(list(fresh.values()))],
        )


_LINE_CHANGE = (
    "unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::numeric[], %s::numeric[], %s::timestamptz[], %s::timestamptz[])"
    " AS k (direction, party, lot, document, line, quantity, returned, first_at, last_at)"
)
