"""What receiving does: announce, take in scan by scan, post, correct, and send back."""

from receiving.services.announcing import Announced, OrderedItem, close_order, order
from receiving.services.codes import approve_code, end_code
from receiving.services.correcting import correct_receipt, return_to_supplier
from receiving.services.desk import Desk
from receiving.services.drafting import describe, give_up, open_order, open_without_order
from receiving.services.invoicing import InvoicedItem, enter_invoice, match, open_for, undo_match
from receiving.services.matching import OverReceipt
from receiving.services.posting import AT_ONCE, NotReady, blocked, count_of, post_delivery, post_later
from receiving.services.receiving import ReceivedLot, Truck, receive_delivery
from receiving.services.suppliers import set_terms
from receiving.services.taking import (
    DeliveryClosed,
    answer,
    fill,
    refuse_at_the_dock,
    settle_exception,
    take,
    take_off,
    undo,
)
from receiving.services.terms import OVER_RECEIPT_PERCENT

__all__ = [
    "AT_ONCE",
    "OVER_RECEIPT_PERCENT",
    "Announced",
    "DeliveryClosed",
    "Desk",
    "InvoicedItem",
    "NotReady",
    "OrderedItem",
    "OverReceipt",
    "ReceivedLot",
    "Truck",
    "answer",
    "approve_code",
    "blocked",
    "close_order",
    "correct_receipt",
    "count_of",
    "describe",
    "end_code",
    "enter_invoice",
    "fill",
    "give_up",
    "match",
    "open_for",
    "open_order",
    "open_without_order",
    "order",
    "post_delivery",
    "post_later",
    "receive_delivery",
    "refuse_at_the_dock",
    "return_to_supplier",
    "set_terms",
    "settle_exception",
    "take",
    "take_off",
    "undo",
    "undo_match",
]
