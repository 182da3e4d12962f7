"""The drill: PO-5130 of Delta Mill, three items of four pallets each; Panko lot DM-P-7719 came before, on PO-5101."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from receiving import services
from receiving.models import Delivery, DeliveryStep, PurchaseOrder
from tests.cast import Plant
from traceability.models import Item, SupplierItem
from traceability.scanning import Answer

GS = "\x1d"
GTINS = {"BATTER": "19521234009020", "PANKO": "19521234009037", "PREDUST": "19521234009044"}


def label(
    item: str, lot: str, quantity: int | None = 250, *, best_by: str = "280519", gs: bool = True
) -> str:
    """A GS1-128 label as a gun sends it."""
    end = GS if gs else ""
    date_part = f"17{best_by}" if best_by else ""
    weight = f"3200{quantity:06d}" if quantity else ""
    return f"]C101{GTINS[item]}10{lot}{end if date_part or weight else ''}{date_part}{weight}"


@dataclass
class Dock:
    plant: Plant
    items: dict[str, Item]
    order: PurchaseOrder
    delivery: Delivery
    keys: Any

    def key(self) -> str:
        return f"step{next(self.keys):08d}"

    def scan(self, text: str, *, who: str = "rita", **rest: Any) -> Answer:
        rest.setdefault("key", self.key())
        return services.take(
            delivery=self.delivery, text=text, actor=self.plant.people[who], client=f"session:{who}", **rest
        )

    def say(self, choice: str, value: str = "", *, who: str = "rita", **rest: Any) -> Answer:
        return services.answer(
            delivery=self.delivery,
            choice=choice,
            value=value,
            actor=self.plant.people[who],
            key=self.key(),
            **rest,
        )

    def fill(self, who: str = "rita", **given: Any) -> Answer:
        given.setdefault("item", self.items["PANKO"].pk)
        if "quantity" in given:
            given["quantity"] = Decimal(given["quantity"])
        return services.fill(
            delivery=self.delivery, given=given, actor=self.plant.people[who], key=self.key()
        )

    def post(self, who: str = "rita", **rest: Any) -> Any:
        return services.post_delivery(
            delivery=self.delivery, actor=self.plant.people[who], client=f"session:{who}", **rest
        )

    @property
    def lines(self) -> list[Any]:
        return list(self.delivery.lines.standing().order_by("position"))

    @property
    def exceptions(self) -> list[Any]:
        return list(DeliveryStep.objects.exceptions())


def make_order(plant: Plant, number: str, *lines: tuple[Item, Any], **rest: Any) -> PurchaseOrder:
    return services.order(
        number=number, supplier=rest.pop("supplier", plant.supplier), lines=[services.OrderedItem(item=item, quantity=Decimal(q)) for item, q in lines],
        actor=plant.rita, client="t", key=f"order {number}", **rest,
    )  # fmt: skip


def make_items(plant: Plant, **rest: Any) -> dict[str, Item]:
    return {
        code: plant.item(
            code, gtin=gtin, needs_expiry=True, minimum_life_days=60, inspected_at=["receiving"], default_location=plant.store,
            lot_pattern="RM-{yymmdd}-{nn}", **rest,
        )
        for code, gtin in GTINS.items()
    }  # fmt: skip


def make_dock(plant: Plant) -> Dock:
    items = make_items(plant)
    for item in items.values():
        SupplierItem.objects.create(
            supplier=plant.supplier, item=item, code=f"DM-{item.code}", pack_quantity=250, pack_unit="lb"
        )
    earlier = make_order(plant, "PO-5101", (items["PANKO"], 5000), (items["PREDUST"], 1500))
    came = timezone.now() - timedelta(days=33)
    services.receive_delivery(
        order=earlier, actor=plant.rita, client="t", key="PO-5101", occurred_at=came, recorded_at=came,
        lines=[
            services.ReceivedLot(item=items["PANKO"], quantity=Decimal(5000), supplier_lot="DM-P-7719", expires_on=date(2028, 4, 15)),
            services.ReceivedLot(item=items["PREDUST"], quantity=Decimal(1500), supplier_lot="DM-D-1120", expires_on=date(2028, 4, 15)),
        ],
    )  # fmt: skip
    order = make_order(
        plant, "PO-5130", *((item, 1000) for item in items.values()), expected_on=timezone.localdate()
    )
    delivery = services.open_order(order=order, site=plant.site, actor=plant.rita)
    return Dock(plant, items, order, delivery, count(1))
