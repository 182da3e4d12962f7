"""A repeated request is answered, not done again; another request is another request."""

from __future__ import annotations

from typing import Any

from tests.model.scenarios.asking import goes_through, on_hand, refused
from traceability.models import Entry


def the_same_request_again_is_one_entry(plant: Any) -> None:
    lot = plant.receive("A", 100)
    first = plant.ship(lot, 10, key="one")
    assert plant.ship(lot, 10, key="one").pk == first.pk
    assert (on_hand(lot), Entry.objects.count()) == (90, 2)


def the_same_key_for_another_quantity_is_refused(plant: Any) -> None:
    lot = plant.receive("A", 100)
    plant.ship(lot, 10, key="one")
    refused("key_reused", lambda: plant.ship(lot, 11, key="one"))


def two_clients_may_use_the_same_key(plant: Any) -> None:
    lot = plant.receive("A", 100)
    plant.ship(lot, 10, key="1", client="scanner 1")
    goes_through(lambda: plant.ship(lot, 20, key="1", client="scanner 2", document="SH-2"))
    assert on_hand(lot) == 70


def a_refused_request_may_be_sent_again(plant: Any) -> None:
    lot = plant.receive("A", 5)
    refused("insufficient_quantity", lambda: plant.ship(lot, 6, key="one"))
    goes_through(lambda: plant.ship(lot, 5, key="one"))
