"""Named sets of rows and numbers from the ledger, the same for page, API and CSV, so that their totals agree.

Lots are handed over as ids or objects, any number of them (10,000 is ordinary); each inquiry is a constant number of
queries. `as_of` is a seq: at the head the projections answer, for an earlier seq the movements up to it do, and at the
head both say the same.
"""

from traceability.inquiries.adding import Total, add_in_process, by_unit, totals_of
from traceability.inquiries.balances import MassBalance, mass_balance, totals, totals_by_unit
from traceability.inquiries.deliveries import DeliveryRow, received_from, shipped_to
from traceability.inquiries.making import (
    InProcess,
    LotFacts,
    facts_of,
    in_process,
    made_on,
    promised,
    runs_of,
)
from traceability.inquiries.movements import Line, movements_of
from traceability.inquiries.places import PlaceRow, on_hand_by_place
from traceability.inquiries.questions import (
    QUESTIONS,
    Question,
    lot_transactions,
    lots_received_from,
    lots_shipped_to,
    reached_by,
    recall_lots_shipped,
    recall_lots_stocked,
    recall_serials_shipped,
    recall_serials_stocked,
    serial_transactions,
    serials_received_from,
    serials_shipped_to,
)
from traceability.inquiries.snapshot import ids, snapshot
from traceability.inquiries.stock import AWAY, Condition, Standing, in_process_links, standing_of, stock
from traceability.inquiries.stock import totals_by_unit as stock_totals

__all__ = [
    "AWAY",
    "QUESTIONS",
    "Condition",
    "DeliveryRow",
    "InProcess",
    "Line",
    "LotFacts",
    "MassBalance",
    "PlaceRow",
    "Question",
    "Standing",
    "Total",
    "add_in_process",
    "by_unit",
    "facts_of",
    "ids",
    "in_process",
    "in_process_links",
    "lot_transactions",
    "lots_received_from",
    "lots_shipped_to",
    "made_on",
    "mass_balance",
    "movements_of",
    "on_hand_by_place",
    "promised",
    "reached_by",
    "recall_lots_shipped",
    "recall_lots_stocked",
    "recall_serials_shipped",
    "recall_serials_stocked",
    "received_from",
    "runs_of",
    "serial_transactions",
    "serials_received_from",
    "serials_shipped_to",
    "shipped_to",
    "snapshot",
    "standing_of",
    "stock",
    "stock_totals",
    "totals",
    "totals_by_unit",
    "totals_of",
]
