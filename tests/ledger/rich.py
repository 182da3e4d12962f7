"""A small ledger in which everything happened once: there is something to spoil for every check.

S ──▶ WO-1 ──▶ P ──▶ customer          T ──▶ SPL ──▶ T1, T2          U-1, U-2: serials
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from traceability import ledger, stock
from traceability.ledger import Move
from traceability.models import Container, Entry, EntryKind, Hold, Reservation, Tracking

K = EntryKind


def make(plant: Any) -> SimpleNamespace:
    """The nouns and entries by name: what the tests spoil."""
    today, who = timezone.now().date(), {"client": "test"}
    e = SimpleNamespace(plant=plant)
    e.s = plant.receive("S", 100, expires_on=today + timedelta(days=90), supplier_lot="CS-26-2874")
    e.moved = plant.post(K.TRANSFER, move(plant, e.s, 30, to=plant.store_2))
    e.run = plant.run("WO-1")
    e.issued = plant.issue(e.s, e.run, 20)
    e.returned = plant.post(
        K.ISSUE_RETURN,
        move(plant, e.s, 4, origin=plant.place("production"), to=plant.store, run=e.run),
        document="WO-1",
        actor=plant.paul,
    )
    e.p = plant.output("P", e.run, 18)
    need = ledger.Need(stage="receiving", what="Certificate", lot=e.s)
    e.shipped = plant.ship(e.p, 6, needs=[need])
    e.came_back = plant.post(
        K.CUSTOMER_RETURN, move(plant, e.p, 2, origin=plant.place("customer"), to=plant.store, against="SH-1"),
        party=plant.customer, document="RET-1", reason="too many",
    )  # fmt: skip
    decided = {"origin_status": "quarantine", "destination_status": "released"}
    e.decided = plant.post(
        K.DISPOSITION, move(plant, e.p, 2, to=plant.store, **decided), actor=plant.quinn, document="QC-1"
    )
    wrong = plant.ship(e.p, 1, document="SH-2")
    e.reversal = ledger.reverse(wrong, reason="wrong truck", actor=plant.sam, key=plant.key(), **who)
    e.scrapped = plant.post(
        K.SCRAP, move(plant, e.s, 1, to=plant.place("scrap")), reason="torn bag", actor=plant.paul
    )
    e.late = plant.post(
        K.ISSUE, move(plant, e.s, 1, to=plant.place("production"), run=e.run), document="WO-1", actor=plant.paul,
        after_the_fact=True, reason="drawn at night", second_person=plant.quinn,
    )  # fmt: skip
    e.received = Entry.objects.get(seq=1)
    e.t = plant.receive("T", 50)
    # Asked for beforehand, so that the hold below breaks it.
    ledger.reserve(
        moves=[move(plant, e.t, 5, to=plant.place("customer"))], document="SO-1", actor=plant.sam, now=timezone.now()
    )  # fmt: skip
    e.split = stock.split_lot(
        source=stock.Amount(lot=e.t, quantity=Decimal(20), location=plant.store),
        into=[("T1", Decimal(12)), ("T2", Decimal(8))],
        actor=plant.paul,
        key=plant.key(),
        **who,
    )
    e.part = e.split[1]
    pump = plant.item("PUMP", tracking=Tracking.SERIAL, unit="ea")
    e.serial = plant.receive("U-1", 1, item=pump)
    e.serial_out = plant.ship(e.serial, 1, document="SH-3")
    e.pallets = [Container.objects.create(number=number) for number in ("P-1", "P-2")]
    e.hold = plant.hold(e.t, reference="QH-1")
    e.lift = ledger.lift_hold(
        list(Hold.objects.filter(lot=e.t)), reason="tested", actor=plant.quinn, second_person=plant.quentin, key=plant.key(), **who
    )  # fmt: skip
    e.promise = ledger.reserve(
        moves=[move(plant, e.split[0], 5, to=plant.place("customer"))], document="SO-2", actor=plant.sam, now=timezone.now()
    )[0]  # fmt: skip
    e.amended = ledger.amend(
        e.s,
        reason="as printed",
        actor=plant.quinn,
        key=plant.key(),
        expires_on=today + timedelta(days=60),
        **who,
    )
    e.scope = ledger.hold_scope(
        [e.s],
        reason="Salmonella",
        reference="RC-1",
        actor=plant.rhea,
        key=plant.key(),
        site=plant.site,
        **who,
    )
    e.sampled = e.last = plant.post(
        K.SAMPLE,
        move(plant, e.s, 1, to=plant.place("sample")),
        actor=plant.quinn,
        meets=[e.s.requirements.get()],
    )
    assert Reservation.objects.filter(broken_in__isnull=False).exists()
    return e


def move(plant: Any, lot: Any, quantity: Any, *, to: Any, origin: Any = None, **rest: Any) -> Move:
    return Move(lot=lot, quantity=Decimal(quantity), origin=origin or plant.store, destination=to, **rest)
