"""What receiving does: announce, receive, correct, and send back."""

from receiving.services.announcing import OrderedItem, close_order, order
from receiving.services.correcting import correct_receipt, return_to_supplier
from receiving.services.matching import OVER_RECEIPT_PERCENT, OverReceipt
from receiving.services.receiving import ReceivedLot, receive_delivery

__all__ = [
    "OVER_RECEIPT_PERCENT",
    "OrderedItem",
    "OverReceipt",
    "ReceivedLot",
    "close_order",
    "correct_receipt",
    "order",
    "receive_delivery",
    "return_to_supplier",
]
