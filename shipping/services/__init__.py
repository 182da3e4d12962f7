"""What shipping does: take orders, pick, stage, load, ship, and take back."""

from shipping.services.beginning import TRUCK, cancel_shipment, set_truck, start_shipment
from shipping.services.checks import (
    MoreThanOrdered,
    NotOnOrder,
    OtherLotRequested,
    PromiseBroken,
    ShipmentLeft,
    TooLittleLife,
)
from shipping.services.loading import load, stage, unload
from shipping.services.ordering import (
    OrderedItem,
    OrderNotOpen,
    cancel_order,
    change_order,
    close_short,
    order,
)
from shipping.services.picking import pick, pick_container, unpick
from shipping.services.returning import ReturnedLot, receive_return
from shipping.services.sending import NothingPicked, NotLoaded, Shipped, ship, ship_after_the_fact

__all__ = [
    "TRUCK",
    "MoreThanOrdered",
    "NotLoaded",
    "NotOnOrder",
    "NothingPicked",
    "OrderNotOpen",
    "OrderedItem",
    "OtherLotRequested",
    "PromiseBroken",
    "ReturnedLot",
    "ShipmentLeft",
    "Shipped",
    "TooLittleLife",
    "cancel_order",
    "cancel_shipment",
    "change_order",
    "close_short",
    "load",
    "order",
    "pick",
    "pick_container",
    "receive_return",
    "set_truck",
    "ship",
    "ship_after_the_fact",
    "stage",
    "start_shipment",
    "unload",
    "unpick",
]
