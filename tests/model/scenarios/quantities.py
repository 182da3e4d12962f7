"""Every quantity is the sum of its movements, exactly, and never below zero; a correction counts once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import DatabaseError, connection, transaction

from tests.model.scenarios.asking import goes_through, is_sound, move, on_hand, refused
from traceability import inquiries, ledger
from traceability.models import EntryKind, RunLot

K = EntryKind


def no_more_goes_than_is_there(plant: Any) -> None:
    refused("insufficient_quantity", lambda: plant.ship(plant.receive("A", 5), 6))


def tenths_add_up_exactly(plant: Any) -> None:
    lot = plant.receive("A", Decimal("0.3"))
    lines = [move(plant, lot, "0.1", "storage", "customer", against_line=n) for n in range(3)]
    goes_through(
        lambda: plant.post(K.SHIPMENT, *lines, party=plant.customer, document="SH-1", actor=plant.sam)
    )
    assert on_hand(lot) == 0


def a_reversed_shipment_is_back_once(plant: Any) -> None:
    lot = plant.receive("A", 100)
    entry = plant.ship(lot, 30)
    goes_through(lambda: ledger.reverse(entry, reason="wrong truck", actor=plant.sam, client="test", key="r"))
    assert on_hand(lot) == 100
    assert inquiries.shipped_to([lot]) == []
    is_sound()


def the_mass_balance_takes_a_reversal_back(plant: Any) -> None:
    lot = plant.receive("A", 100)
    plant.ship(lot, 10)
    ledger.reverse(
        plant.ship(lot, 30, document="SH-2"), reason="wrong truck", actor=plant.sam, client="test", key="r"
    )
    [row] = inquiries.mass_balance([lot])
    assert (row.received, row.shipped, row.on_hand, row.unaccounted) == (100, 10, 90, 0)


def a_run_gives_back_no_more_than_it_got(plant: Any) -> None:
    lot, run = plant.receive("A", 100), plant.run("WO-1")
    plant.issue(lot, run, 10)
    back = lambda quantity: plant.post(
        K.ISSUE_RETURN, move(plant, lot, quantity, "production", "storage", run=run), document="WO-1"
    )
    refused("more_than_went_in", lambda: back(11))
    goes_through(lambda: back(10))
    assert RunLot.objects.get(lot=lot).quantity == 0


def a_customer_sends_back_no_more_than_they_got(plant: Any) -> None:
    lot = plant.receive("A", 100)
    plant.ship(lot, 10, document="SH-1")
    back = lambda quantity: plant.post(
        K.CUSTOMER_RETURN,
        move(plant, lot, quantity, "customer", "storage", against="SH-1"),
        party=plant.customer,
        document="RET",
        reason="late",
    )
    refused("more_than_went_in", lambda: back(11))
    goes_through(lambda: back(10))


def a_serial_is_in_one_place(plant: Any) -> None:
    unit = plant.receive("V-1", 1, item=plant.item("VALVE", tracking="serial", unit="ea"))
    plant.ship(unit, 1)
    run = plant.run("RW-1")
    refused("serial_elsewhere", lambda: plant.output(unit, run, 1))


def what_is_hashed_is_what_is_stored(plant: Any) -> None:
    plant.ship(plant.receive("A", "100"), "7.5")
    is_sound()


def after_a_post_the_door_is_shut(plant: Any) -> None:
    lot = plant.receive("A")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE traceability_balance SET quantity = 99 WHERE lot_id = %s", [lot.pk])
    except DatabaseError:
        return
    raise AssertionError("a balance was written outside the ledger")
