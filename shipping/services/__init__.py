"""What shipping does: pick, stage, ship, and take back."""

from shipping.services.ordering import OrderedItem, order, start_shipment
from shipping.services.picking import (
    NotOnOrder,
    PromiseBroken,
    ShipmentLeft,
    TooLittleLife,
    pick,
    stage,
    unpick,
)
from shipping.services.returning import ReturnedLot, receive_return
from shipping.services.sending import NothingPicked, Shipped, ship, ship_after_the_fact

__all__ = [
    "NotOnOrder",
    "NothingPicked",
    "OrderedItem",
    "PromiseBroken",
    "ReturnedLot",
    "ShipmentLeft",
    "Shipped",
    "TooLittleLife",
    "order",
    "pick",
    "receive_return",
    "ship",
    "ship_after_the_fact",
    "stage",
    "start_shipment",
    "unpick",
]
