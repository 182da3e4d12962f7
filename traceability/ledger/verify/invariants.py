"""Every invariant of the ledger (reliability, section 2): which checks prove it, and what guards it where no check of the ledger can.

A check names its invariants itself; here stands the rest, so that nothing is forgotten in silence. The tests compare.
"""

from __future__ import annotations

ALL = {
    "A": "append-only, order, evidence", "B": "quantity", "C": "serials and containers", "D": "quality gates", "E": "work orders and genealogy",
    "F": "shipping, returns, recall", "G": "idempotency and concurrency", "H": "authority",
}  # fmt: skip
LAST = {"A": 9, "B": 10, "C": 4, "D": 8, "E": 8, "F": 8, "G": 7, "H": 6}
NAMES = tuple(f"{letter}{number}" for letter, last in LAST.items() for number in range(1, last + 1))

# What is stored does not show it; or only a part of it shows, and a check named above proves that part.
GUARDED_OTHERWISE = {
    "B5": "Quantities are numeric(20,6) from form to disk (a float is a TypeError at the door); factors are whole numbers, tried there and back in tests/.",
    "B9": "A count is refused when its lots moved since it began; the service reads what is on record under the lots' locks.",
    "C4": "What is in a container is a balance of its own; moving and shipping it as one is a verb, not a fact of the ledger.",
    "D1": "The service takes the item's policy and writes into the entry which one it was; the check proves the statuses that may arrive.",
    "D4": "Results are the qc app's: added to only, by trigger. The ledger knows the requirement, and no act went on while it was open.",
    "D6": "Gate and posting are one transaction under the lot's lock, in READ COMMITTED; raced in tests/concurrency. The checks find what a hole would let through.",
    "E2": "The walk visits each lot once (UNION): it ends on any graph. Compared with a plain search in tests/genealogy.",
    "E4": "A work order's state is the production app's; it refuses what comes after the close.",
    "E5": "A run links each input to each output by its rows; nothing narrows that but unit runs. Compared with a plain search in tests/genealogy.",
    "E6": "Both walks read the same rows; tested to be inverse, and complete at each seq.",
    "E7": "A run without inputs is shown as a boundary of the trace, never as a leaf: what is missing may still be recorded.",
    "E8": "The mass balance of a recall prints the remainder first; different units are never added.",
    "F2": "A frozen scope is a row with a hash that a trigger guards; it is remade from its seq and compared (tests/recalls).",
    "F4": "Compared with a plain search on thousands of random ledgers (tests/genealogy).",
    "F5": "A recall is read in one read-only snapshot on the primary.",
    "F7": "No walk or list has a limit; a report that breaks off is failed.",
    "G3": "synchronous_commit and fsync are the server's: `check --deploy` reads them; killed servers in tests/faults lose nothing.",
    "G5": "The feed reads by seq, dense and in commit order: a reader who keeps the last seq misses nothing.",
    "G6": "Raced in tests/concurrency: the outcome is one of the two orders; the checks find what is neither.",
    "G7": "The key is drawn with the form and kept by it; the browser is tested to make one entry of a double click.",
    "H4": "The right is asked for in the posting transaction; changes of roles are noted by the database, outside the ledger.",
    "H6": "Signatures are audited outside the ledger.",
}
