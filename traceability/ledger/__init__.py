"""The one door: every quantity, hold and link of genealogy enters the ledger here, and nothing in it is ever changed.

    entry = ledger.post(EntryKind.OUTPUT, document="WO-000102", moves=[Move(...)], actor=user, client=client, key=scan_id)

Other code imports these names from `traceability.ledger` and nothing from its modules.
"""

from traceability.ledger.birth import check_code, check_text
from traceability.ledger.claims import Claim, claim
from traceability.ledger.correcting import amend, reverse
from traceability.ledger.errors import (
    AlreadyReversed,
    BadInput,
    HoldAlreadyLifted,
    InsufficientQuantity,
    KeyReused,
    LotExpired,
    LotNotReleased,
    LotNumberTaken,
    LotOnHold,
    MoreThanWentIn,
    NotPermitted,
    NotReversible,
    NotSeeding,
    OccurredInFuture,
    ReasonRequired,
    Refusal,
    RequirementOpen,
    Reserved,
    RuleBroken,
    SamePerson,
    SecondPersonRequired,
    SerialElsewhere,
    UnknownLot,
    WalkLimit,
    WrongIsolation,
    plain,
)
from traceability.ledger.gate import check_usable
from traceability.ledger.holding import hold_scope, lift_hold, place_hold
from traceability.ledger.locks import lock_lots
from traceability.ledger.moves import Change, Move, Need, NewHold
from traceability.ledger.posting import Draft, post, post_all
from traceability.ledger.promises import reserve, unreserve
from traceability.ledger.reading import stored_entries
from traceability.ledger.writing import head

__all__ = [
    "AlreadyReversed",
    "BadInput",
    "Change",
    "Claim",
    "Draft",
    "HoldAlreadyLifted",
    "InsufficientQuantity",
    "KeyReused",
    "LotExpired",
    "LotNotReleased",
    "LotNumberTaken",
    "LotOnHold",
    "MoreThanWentIn",
    "Move",
    "Need",
    "NewHold",
    "NotPermitted",
    "NotReversible",
    "NotSeeding",
    "OccurredInFuture",
    "ReasonRequired",
    "Refusal",
    "RequirementOpen",
    "Reserved",
    "RuleBroken",
    "SamePerson",
    "SecondPersonRequired",
    "SerialElsewhere",
    "UnknownLot",
    "WalkLimit",
    "WrongIsolation",
    "amend",
    "check_code",
    "check_text",
    "check_usable",
    "claim",
    "head",
    "hold_scope",
    "lift_hold",
    "lock_lots",
    "place_hold",
    "plain",
    "post",
    "post_all",
    "reserve",
    "reverse",
    "stored_entries",
    "unreserve",
]
