"""What receiving does: announce, receive, correct, and send back."""

from receiving.services.announcing import OrderedItem, order
from receiving.services.correcting import correct_receipt, return_to_supplier
from receiving.services.receiving import OVER_RECEIPT_PERCENT, OverReceipt, ReceivedLot, receive_delivery

__all__ = [
    "OVER_RECEIPT_PERCENT",
    "OrderedItem",
    "OverReceipt",
    "ReceivedLot",
    "correct_receipt",
    "order",
    "receive_delivery",
    "return_to_supplier",
]
