"""Papers of receiving: what was ordered or announced, a delivery while it is taken in, what came, and what was invoiced."""

from receiving.models.deliveries import Delivery, DeliveryHand, DeliveryLine, DeliveryState, DeliveryStep
from receiving.models.invoices import InvoiceLine, InvoiceMatch, ReceiptItem, SupplierInvoice
from receiving.models.papers import (
    AnnouncedLot,
    DockRefusal,
    OrderKind,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
)

__all__ = [
    "AnnouncedLot",
    "Delivery",
    "DeliveryHand",
    "DeliveryLine",
    "DeliveryState",
    "DeliveryStep",
    "DockRefusal",
    "InvoiceLine",
    "InvoiceMatch",
    "OrderKind",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Receipt",
    "ReceiptItem",
    "ReceiptLine",
    "SupplierInvoice",
]
