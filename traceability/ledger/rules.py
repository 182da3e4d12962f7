"""The rules table: what each kind of entry may move, from where to where, and what it needs. Readable on one screen.

`usable` is the gate of an *act* (released, no hold, not expired, nothing blocking open). A record of what already
happened (after_the_fact) passes the gate with a reason and a second person, never the quantity rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from traceability.ledger.errors import BadInput, ReasonRequired, RuleBroken, SecondPersonRequired
from traceability.ledger.moves import Move
from traceability.models import BOUNDARIES, EntryKind, LocationKind, Status, Tracking

K, L = EntryKind, LocationKind
INSIDE = "inside"
Q, R, X = Status.QUARANTINE, Status.RELEASED, Status.REJECTED
ANY = (Q, R, X)


@dataclass(frozen=True, slots=True)
class Rule:
    ways: tuple[tuple[str, str], ...] = ()  # allowed (origin, destination)
    leaves: tuple[str, ...] = ANY  # statuses that may leave an inside origin
    arrives: tuple[str, ...] = ()  # statuses that may arrive inside; empty: keeps the one it had
    usable: bool = False  # an act needs a usable lot
    run: str = ""  # the role in the run that it adds to, or takes from with sign -1
    delivery: str = ""  # the column of Delivered that it counts in
    sign: int = 1
    party: bool = False
    reason: bool = False
    second: bool = False
    after_the_fact: bool = False  # may be recorded after the fact
    moves: bool = True  # needs at least one movement


RULES: dict[str, Rule] = {
    #                          from → to                                   leaves, arrives                 gate, run, party, words
    K.OPENING: Rule(
        ((L.ADJUSTMENT, INSIDE), (L.ADJUSTMENT, L.CUSTOMER)), (), (R, Q, X), reason=True, delivery="shipped"
    ),
    K.RECEIPT: Rule(((L.SUPPLIER, INSIDE),), (), (Q, R), party=True, delivery="received"),
    K.RECEIPT_CORRECTION: Rule(
        ((L.SUPPLIER, INSIDE), (INSIDE, L.SUPPLIER)), ANY, ANY, party=True, delivery="received", reason=True
    ),
    K.SUPPLIER_RETURN: Rule(((INSIDE, L.SUPPLIER),), ANY, party=True, delivery="received_back", reason=True),
    K.TRANSFER: Rule(((INSIDE, INSIDE),), ANY),
    K.DISPOSITION: Rule(((INSIDE, INSIDE),), ANY, ANY, moves=False),
    K.SAMPLE: Rule(((INSIDE, L.SAMPLE),), ANY),
    K.ISSUE: Rule(
        ((INSIDE, L.PRODUCTION), (L.SUPPLY, L.PRODUCTION)),
        (R,),
        usable=True,
        run="input",
        after_the_fact=True,
    ),
    K.ISSUE_RETURN: Rule(((L.PRODUCTION, INSIDE),), (), (R, Q), run="input", sign=-1),
    K.REMOVAL: Rule(
        ((L.PRODUCTION, INSIDE), (L.PRODUCTION, L.SCRAP)), (), (Q, X), run="removed", reason=True
    ),
    K.OUTPUT: Rule(((L.PRODUCTION, INSIDE),), (), (Q, R), run="output"),
    K.SCRAP: Rule(((INSIDE, L.SCRAP),), ANY, reason=True),
    K.SHIPMENT: Rule(
        ((INSIDE, L.CUSTOMER),), (R,), usable=True, party=True, delivery="shipped", after_the_fact=True
    ),
    K.CUSTOMER_RETURN: Rule(
        ((L.CUSTOMER, INSIDE),), (), (Q,), party=True, delivery="shipped_back", reason=True
    ),
    K.COUNT_ADJUSTMENT: Rule(((INSIDE, L.ADJUSTMENT), (L.ADJUSTMENT, INSIDE)), ANY, ANY, reason=True),
    K.AMEND: Rule(moves=False, reason=True),
    K.HOLD: Rule(moves=False, reason=True),
    K.LIFT: Rule(moves=False, reason=True),
    K.REVERSAL: Rule(moves=False, reason=True),
}

# Quality decisions about a quantity (reliability D3). The last needs two persons: use as is, by concession.
DECISIONS = {(Q, R), (Q, X), (R, X), (R, Q), (X, R)}
DECISIONS_BY_TWO = {(X, R)}

STORED_DECIMALS = 6
TOO_LARGE = Decimal(10) ** 13

# A transfer to one of these is on the way out, so the lot must be usable; anywhere else a held lot may be moved.
ON_THE_WAY_OUT = frozenset({L.LINE, L.TRANSIT, L.THIRD_PARTY})


def side(kind: str) -> str:
    return kind if kind in BOUNDARIES else INSIDE


def check_quantity(quantity: Decimal, *, decimals: int, of: str, field: str) -> None:
    """More than zero, no finer than the item allows, and small enough to be stored exactly. Raises BadInput."""
    shown = str(quantity)[:40]
    if not quantity.is_finite() or quantity <= 0:
        raise BadInput("A quantity must be more than zero.", fields={field: shown})
    if quantity >= TOO_LARGE:
        raise BadInput("This quantity is too large to be true.", fields={field: shown})
    if quantity != round(quantity, decimals):
        raise BadInput(
            f"{shown} has more digits after the point than {of} allows ({decimals}).",
            now="Round it as it was measured.",
            fields={field: shown},
        )


def needs_usable(kind: str, move: Move) -> bool:
    """Whether this move, as an act, needs a usable lot."""
    if kind == K.TRANSFER:
        return move.destination.kind in ON_THE_WAY_OUT
    return RULES[kind].usable


def apply(
    kind: str,
    moves: Sequence[Move],
    *,
    has_party: bool,
    reason: str,
    has_second_person: bool,
    after_the_fact: bool,
) -> None:
    """Check the moves against the table and fill in what it settles (statuses, run role). Raises a refusal."""
    rule = RULES[kind]
    if rule.moves and not moves:
        raise RuleBroken(
            f"A {_words(kind)} without a line says nothing.",
            now="Add at least one line.",
            fields={"moves": "empty"},
        )
    if not rule.ways and moves:
        raise RuleBroken(
            f"A {_words(kind)} moves nothing.",
            now="Post the movement as an entry of its own.",
            fields={"moves": "not allowed"},
        )
    if rule.party and not has_party:
        raise RuleBroken(
            f"A {_words(kind)} needs to say who.",
            now="Name the supplier or customer.",
            fields={"party": "missing"},
        )
    if rule.reason and not reason.strip():
        raise ReasonRequired(
            f"A {_words(kind)} needs a reason.", now="Say why in a few words.", fields={"reason": "missing"}
        )
    if rule.second and not has_second_person:
        raise SecondPersonRequired(
            f"A {_words(kind)} needs a second person.", fields={"second_person": "missing"}
        )
    if after_the_fact:
        _check_after_the_fact(kind, rule, reason, has_second_person)
    for number, move in enumerate(moves, start=1):
        _check_move(kind, rule, move, number, after_the_fact, has_party)
    if (
        kind == K.DISPOSITION
        and not has_second_person
        and any((m.origin_status, m.destination_status) in DECISIONS_BY_TWO for m in moves)
    ):
        raise SecondPersonRequired(
            "Using a rejected quantity as it is needs two persons.",
            now="Let a second approver confirm it.",
            fields={"second_person": "missing"},
        )


def _check_after_the_fact(kind: str, rule: Rule, reason: str, has_second_person: bool) -> None:
    if not rule.after_the_fact:
        raise RuleBroken(
            f"A {_words(kind)} cannot be recorded after the fact.",
            "Only a use or a shipment that already happened can.",
            fields={"after_the_fact": "not allowed"},
        )
    if not reason.strip():
        raise ReasonRequired(
            "A record after the fact needs a reason.", now="Say what happened.", fields={"reason": "missing"}
        )
    if not has_second_person:
        raise SecondPersonRequired(
            "A record after the fact needs a second person.",
            now="Let a lead or quality control confirm it.",
            fields={"second_person": "missing"},
        )


def _check_move(
    kind: str, rule: Rule, move: Move, number: int, after_the_fact: bool, has_party: bool
) -> None:
    field = f"moves.{number}"
    if not isinstance(move.quantity, Decimal):
        raise TypeError(f"A quantity is a Decimal, not a {type(move.quantity).__name__}.")
    check_quantity(
        move.quantity, decimals=move.lot.item.decimals, of=move.lot.item.code, field=f"{field}.quantity"
    )
    if move.entered_quantity is not None:
        check_quantity(
            move.entered_quantity,
            decimals=STORED_DECIMALS,
            of=move.lot.item.code,
            field=f"{field}.entered_quantity",
        )
    if (move.lot.is_serial or move.lot.item.tracking == Tracking.SERIAL) and move.quantity != 1:
        raise BadInput(
            f"A serial is exactly one; {move.lot.number} was given {move.quantity}.",
            fields={f"{field}.quantity": str(move.quantity)},
        )
    way = (side(move.origin.kind), side(move.destination.kind))
    if way not in rule.ways:
        raise RuleBroken(
            f"A {_words(kind)} cannot go from {move.origin} to {move.destination}.",
            fields={f"{field}.origin": move.origin.code, f"{field}.destination": move.destination.code},
        )
    if move.origin.site_id != move.destination.site_id and INSIDE not in way:
        raise RuleBroken("A move between boundaries stays within one site.", fields={field: "sites differ"})
    if L.SUPPLY in way and not move.lot.item.is_utility:
        raise RuleBroken(
            f"{move.lot.item.code} does not come out of a pipe.",
            "Only a utility comes from supply.",
            fields={f"{field}.lot": move.lot.number},
        )
    _settle_statuses(kind, rule, move, field, way, after_the_fact)
    _settle_effects(kind, rule, move, field)
    if move.delivery and not has_party:
        raise RuleBroken(
            f"A {_words(kind)} needs to say who.",
            now="Name the supplier or customer.",
            fields={"party": "missing"},
        )


def _settle_statuses(
    kind: str, rule: Rule, move: Move, field: str, way: tuple[str, str], after_the_fact: bool
) -> None:
    if way[0] == INSIDE:
        move.origin_status = move.origin_status or (R if R in rule.leaves else Q)
        allowed = (
            ANY if after_the_fact or rule.usable else rule.leaves
        )  # the gate, not this table, answers for an unusable status
        if move.origin_status not in allowed:
            raise RuleBroken(
                f"A {_words(kind)} cannot take {move.origin_status} stock.",
                fields={f"{field}.origin_status": move.origin_status},
            )
    else:
        move.origin_status, move.origin_container = "", None
    if way[1] == INSIDE:
        move.destination_status = move.destination_status or (
            rule.arrives[0] if rule.arrives and way[0] != INSIDE else move.origin_status
        )
        allowed = rule.arrives or (move.origin_status,)
        if move.destination_status not in allowed:
            raise RuleBroken(
                f"A {_words(kind)} cannot arrive as {move.destination_status}.",
                fields={f"{field}.destination_status": move.destination_status},
            )
    else:
        move.destination_status, move.destination_container = "", None
    if kind == K.DISPOSITION:
        if (move.origin_status, move.destination_status) not in DECISIONS:
            raise RuleBroken(
                f"Quality control cannot turn {move.origin_status} into {move.destination_status}.",
                fields={f"{field}.destination_status": move.destination_status},
            )
        if move.destination.kind in ON_THE_WAY_OUT and move.destination != move.origin:
            raise RuleBroken(
                "A decision does not move stock on its way out.",
                now="Decide first, then transfer it.",
                fields={f"{field}.destination": move.destination.code},
            )
    elif (
        way == (INSIDE, INSIDE)
        and move.origin == move.destination
        and move.origin_container == move.destination_container
    ):
        raise RuleBroken("It is already there.", fields={f"{field}.destination": move.destination.code})


def _settle_effects(kind: str, rule: Rule, move: Move, field: str) -> None:
    if rule.run and move.run is None:
        raise RuleBroken(
            f"A {_words(kind)} needs its run.",
            "Genealogy hangs on it.",
            "Name the work order's run.",
            fields={f"{field}.run": "missing"},
        )
    if not rule.run and move.run is not None:
        raise RuleBroken(f"A {_words(kind)} belongs to no run.", fields={f"{field}.run": str(move.run)})
    move.run_role, move.sign = rule.run, rule.sign
    if (
        rule.delivery
        and L.CUSTOMER not in (move.origin.kind, move.destination.kind)
        and L.SUPPLIER not in (move.origin.kind, move.destination.kind)
    ):
        return  # an opening balance is delivered to nobody
    move.delivery = rule.delivery
    if kind == K.RECEIPT_CORRECTION and move.destination.kind == L.SUPPLIER:
        move.sign = -1


def _words(kind: str) -> str:
    return EntryKind(kind).label.lower()
