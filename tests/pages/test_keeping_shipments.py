"""Shipping beside picking: more with a reason, a whole pallet, loading, giving up and closing short."""

from decimal import Decimal

import pytest

from shipping import services
from shipping.models import Shipment
from shipping.services import OrderedItem
from traceability.ledger import Move
from traceability.models import Container, Reservation, Status


@pytest.fixture
def sam(browse):
    return browse("sam")


@pytest.fixture
def shipment(plant):
    lot = plant.receive("F-1", 100)
    order = services.order(
        number="SO-1", customer=plant.customer, lines=[OrderedItem(item=lot.item, quantity=Decimal(50))], actor=plant.sam, client="t", key="order"
    )  # fmt: skip
    return services.start_shipment(number="SH-1", order=order, site=plant.site, actor=plant.sam, client="t", key="start")  # fmt: skip


def shown(response):
    return response.content.decode()


def key(n):
    return {"key": f"{n:012d}"}


def url(shipment, verb=""):
    return f"/shipping/shipments/{shipment.pk}/{verb}"


def test_more_than_was_ordered_goes_with_a_reason(plant, shipment, sam):
    sent = {"lot": "F-1", "quantity": "60", "place": plant.store.code, **key(1)}
    refused = sam.post(url(shipment, "pick"), sent)
    assert (refused.status_code, "say why more goes" in shown(refused)) == (409, True)
    assert 'name="because"' in shown(refused)
    assert sam.post(url(shipment, "pick"), {**sent, "because": "Customer called"}).status_code == 302
    assert shipment.lines.get().because == "Customer called"


def test_a_pallet_is_picked_whole(plant, shipment, sam):
    box = Container.objects.create(number="PAL-000001", kind="pallet")
    lots = [plant.receive(f"P-{n}", 10) for n in "12"]
    for lot in lots:
        plant.post("transfer", Move(lot=lot, quantity=Decimal(10), origin=plant.store, origin_status=Status.RELEASED, destination=plant.store, destination_status=Status.RELEASED, destination_container=box))  # fmt: skip
    page = shown(sam.get(url(shipment), {"code": "PAL-000001"}))
    assert "Pick it whole" in page
    assert "P-2" in page
    answer = sam.post(url(shipment, "pick-box"), {"container": "PAL-000001", **key(2)})
    assert answer.status_code == 302
    assert sam.post(url(shipment, "pick-box"), {"container": "PAL-000001", **key(2)}).status_code == 302
    assert shipment.lines.count() == 2
    assert sam.post(url(shipment, "pick-box"), {"container": "NONE", **key(3)}).status_code == 404


def test_a_line_goes_on_the_truck_and_off_again(plant, shipment, sam):
    for n, quantity in enumerate((10, 20), start=1):
        sam.post(
            url(shipment, "pick"),
            {"lot": "F-1", "quantity": str(quantity), "place": plant.store.code, **key(n)},
        )
    first, second = shipment.lines.order_by("position")
    assert sam.post(url(shipment, f"load/{first.pk}"), key(5)).status_code == 302
    assert "On the truck" in shown(sam.get(url(shipment)))
    refused = sam.post(url(shipment, "ship"), key(6))
    assert (refused.status_code, "not on the truck yet" in shown(refused)) == (409, True)
    assert sam.post(url(shipment, f"load/{first.pk}"), {"off": "yes", **key(7)}).status_code == 302
    first.refresh_from_db()
    assert first.loaded_at is None
    plant.hold(first.lot)
    held = sam.post(url(shipment, f"load/{second.pk}"), key(8))
    assert (held.status_code, "lot_on_hold" in shown(held)) == (409, True)


def test_a_shipment_is_given_up_with_a_reason(plant, shipment, sam, browse):
    sam.post(url(shipment, "pick"), {"lot": "F-1", "quantity": "10", "place": plant.store.code, **key(1)})
    assert "1 pick is put back" in shown(sam.get(url(shipment, "cancel")))
    assert sam.post(url(shipment, "cancel"), {"reason": "", **key(2)}).status_code == 422
    assert browse("paul").post(url(shipment, "cancel"), {"reason": "x", **key(2)}).status_code == 403
    assert sam.post(url(shipment, "cancel"), {"reason": "Truck broke <down>", **key(3)}).status_code == 302
    assert Shipment.objects.get().status == "cancelled"
    assert not Reservation.objects.standing().exists()
    assert "Truck broke &lt;down&gt;" in shown(sam.get(url(shipment)))


def test_an_order_is_cancelled_or_closed_short(plant, shipment, sam):
    order = f"/shipping/orders/{shipment.order_id}/"
    sam.post(url(shipment, "pick"), {"lot": "F-1", "quantity": "10", "place": plant.store.code, **key(1)})
    refused = sam.post(order + "end", {"reason": "Not wanted", **key(2)})
    assert (refused.status_code, "has picks for SO-1" in shown(refused)) == (409, True)
    assert 'value="Not wanted"' in shown(refused)
    assert sam.post(url(shipment, "ship"), key(3)).status_code == 302
    assert "Close it short" in shown(sam.get(order))
    assert sam.post(order + "end", {"reason": "The rest is not wanted", **key(4)}).status_code == 302
    page = shown(sam.get(order))
    assert "Closed short" in page
    assert "The rest is not wanted" in page
    other = services.order(
        number="SO-2", customer=plant.customer, lines=[OrderedItem(item=plant.item(), quantity=Decimal(5))], actor=plant.sam, client="t", key="o2"
    )  # fmt: skip
    assert (
        sam.post(f"/shipping/orders/{other.pk}/end", {"reason": "Typed twice", **key(5)}).status_code == 302
    )
    assert "Cancelled" in shown(sam.get(f"/shipping/orders/{other.pk}/"))
