"""What may become of two people at the same moment: what would have become of them one after the other.

The table says what the second gets when the first (the column) has gone through. So of two at once exactly one of two things
is true: the first went through and the second got what its row says, or the other way round.
"""

from __future__ import annotations

LETTERS = {
    ".": "through",
    "q": "insufficient_quantity",
    "m": "more_than_went_in",
    "r": "reserved",
    "h": "lot_on_hold",
    "x": "lot_expired",
    "n": "lot_number_taken",
    "b": "bad_input",  # it is so already
    "t": "already_reversed",
    "v": "not_reversible",
    "l": "hold_already_lifted",
}

#                     c s t s d s i l s s s c r r b r c o r o m a h s l
#                     o u r t i a s a p c h o e e a e u p e u o m o c i
#                     r p a a s m s t l r i u s v c m s e c t r e l o f
#                     r p n g p p u e i a p n e e k o t n e p e n d p t
TABLE = """
receipt_correction    q q q q q q q q q q q q . q . . . . . . . . . . .
supplier_return       q q q q q q q q q q q q r q . . . . . . . . . . .
transfer              q q q q q q q q q q q q r q . . . . . . . . . . .
staging               q q q q q q q q q q q q r q . . . . . . . x h h .
disposition           q q q q q q q q q q q q . q . . . . . . . . . . .
sample                q q q q q q q q q q q q . q . . . . . . . . . . .
issue                 q q q q q q q q q q q q r q . . . . . . . x h h .
late_issue            q q q q q q q q q q q q . q . . . . . . . . . . .
split                 q q q q q q q q n q q q r q . . . n n n . x h h .
scrap                 q q q q q q q q q q q q . q . . . . . . . . . . .
shipment              q q q q q q q q q q q q r q . . . . . . . x h h .
count_adjustment      q q q q q q q q q q q q . q . . . . . . . . . . .
reserve               q q q q q q q q q q q q r q . . . . . . . x h h .
reversal              v v v v v v v v v v v v . t . . . . . . . . . . .
issue_return          . . . . . . . . . . . . . . m m . . . . . . . . .
removal               . . . . . . . . . . . . . . m m . . . . . . . . .
customer_return       . . . . . . . . . . . . . . . . m . . . . . . . .
opening               . . . . . . . . n . . . . . . . . n n n . . . . .
receipt               . . . . . . . . n . . . . . . . . n n n . . . . .
output                . . . . . . . . n . . . . . . . . n n n . . . . .
more_output           . . . . . . . . . . . . . . . . . . . . . . . . .
amend                 . . . . . . . . . . . . . . . . . . . . . b . . .
hold                  . . . . . . . . . . . . . . . . . . . . . . b . .
hold_scope            . . . . . . . . . . . . . . . . . . . . . . . b .
lift                  . . . . . . . . . . . . . . . . . . . . . . . . l
"""

_ROWS = {name: letters for name, *letters in (line.split() for line in TABLE.strip().splitlines())}
NAMES = list(_ROWS)
# What a hold stops. On a scene where somebody lifts one, it stands, and they are refused unless they come second.
GATED = {name for name in NAMES if _ROWS[name][NAMES.index("hold")] == "h"}


def in_order(first: str, second: str) -> tuple[str, str]:
    """What the first gets, and then the second."""
    if second == "lift" and first in GATED:
        return "lot_on_hold", "through"
    return "through", LETTERS[_ROWS[second][NAMES.index(first)]]


def allowed(one: str, other: str) -> set[tuple[str, str]]:
    """What may become of the one and the other at the same moment."""
    second, first = in_order(other, one)
    return {in_order(one, other), (first, second)}


def pairs() -> list[tuple[str, str]]:
    return [(one, other) for place, one in enumerate(NAMES) for other in NAMES[place:]]


def competing() -> list[tuple[str, str]]:
    """(first, second) that want more of one quantity than there is."""
    return [
        (first, second) for first in NAMES for second in NAMES if _ROWS[second][NAMES.index(first)] in "qmv"
    ]
