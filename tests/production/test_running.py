"""The line: told which lots to take, it stands still and goes on, runs apart, and mistakes are taken back."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from production import services as production
from production.models import WorkOrderStep
from production.services import Issued, Returned
from traceability import genealogy, ledger
from traceability.models import Balance, Entry, Lot, Run, RunLot, Tracking


def said(plant, **rest):
    return {"actor": plant.paul, "client": "test", "key": plant.key(), **rest}


@pytest.fixture
def three(plant):
    """S-1 is the first to expire; S-2 is held; S-3 has the longest life."""
    return {n: plant.receive(f"S-{n}", 20, expires_on=date(2099, n, 1)) for n in (1, 2, 3)}


def test_a_told_order_says_which_lot_comes_first_and_where_it_is(plant, released, take, three):
    order = released(pulling="told")
    with pytest.raises(production.NotFirstExpired) as refusal:
        take(order, three[3])
    assert refusal.value.fields == {"lot": "S-3", "first": "S-1", "location": "STORE-1"}
    assert Balance.objects.get(lot=three[3]).quantity == 20


def test_another_lot_is_taken_with_a_reason_and_the_entry_keeps_what_was_passed_over(
    plant, released, take, three
):
    entry = take(released(pulling="told"), three[3], reason="S-1 and S-2 are behind the rack")
    assert sorted(entry.payload["passed_over"]) == ["S-1", "S-2"]
    assert entry.reason == "S-1 and S-2 are behind the rack"


def test_the_first_lot_needs_no_reason_and_a_held_lot_does_not_come_first(plant, released, take, three):
    order = released(pulling="told")
    take(order, three[1], 20)
    plant.hold(three[2])
    assert "passed_over" not in take(order, three[3]).payload


def test_lots_taken_together_do_not_pass_over_each_other(plant, released, three):
    order = released(pulling="told")
    lots = [Issued(lot=three[n], quantity=Decimal(5), location=plant.store) for n in (3, 2, 1)]
    assert "passed_over" not in production.issue(work_order=order, lots=lots, **said(plant)).payload


def test_an_order_that_pulls_freely_takes_any_usable_lot(plant, released, take, three):
    assert take(released(), three[3]).kind == "issue"


def test_while_the_line_stands_nothing_goes_in_or_out_and_the_cause_is_told(plant, released, take, give):
    order, flour = released(), plant.receive("F-1")
    production.stop(work_order=order, cause="foreign_body", note="metal detector at 14:02", **said(plant))
    for act in (lambda: take(order, flour), lambda: give(order, "P-1")):
        with pytest.raises(production.LineStands, match="metal detector at 14:02"):
            act()
    with pytest.raises(ledger.Refusal, match="stands still already"):
        production.stop(work_order=order, cause="machine", **said(plant))
    production.resume(work_order=order, note="found and removed", **said(plant))
    take(order, flour)
    told = WorkOrderStep.objects.filter(order=order).order_by("id").values_list("verb", "cause")
    assert list(told) == [("release", ""), ("stop", "foreign_body"), ("resume", "")]


def test_what_was_used_before_the_line_stopped_may_be_recorded_while_it_stands(plant, released, take):
    order, flour = released(), plant.receive("F-1")
    production.stop(work_order=order, cause="machine", **said(plant))
    entry = take(order, flour, after_the_fact=True, second_person=plant.quinn, reason="used before the stop")
    assert entry.after_the_fact


@pytest.mark.parametrize("wrong", [{"cause": "weather"}, {"cause": ""}, {"cause": "other", "note": " "}])
def test_a_stop_has_a_cause(plant, released, wrong):
    with pytest.raises(ledger.BadInput):
        production.stop(work_order=released(), **wrong, **said(plant))


def test_it_goes_on_only_after_it_stopped(plant, released):
    order = released()
    with pytest.raises(ledger.Refusal):
        production.resume(work_order=order, **said(plant))
    at = timezone.now()
    production.stop(work_order=order, cause="machine", occurred_at=at, **said(plant))
    with pytest.raises(ledger.BadInput):
        production.resume(work_order=order, occurred_at=at - timezone.timedelta(minutes=1), **said(plant))


def test_stop_and_resume_sent_twice_happen_once(plant, released):
    order = released()
    for verb, rest in ((production.stop, {"cause": "machine"}), (production.resume, {})):
        for _ in range(2):
            verb(work_order=order, actor=plant.paul, client="test", key=f"k-{verb.__name__}", **rest)
    assert WorkOrderStep.objects.filter(order=order, verb__in=["stop", "resume"]).count() == 2


# Taken back


def test_ones_own_act_is_taken_back_and_the_water_with_it(plant, released, take):
    order, flour = released(), plant.receive("F-1")
    entry = take(order, flour, water_lb=Decimal(5))
    assert production.can_undo(entry, order, plant.paul)
    reversal = production.undo(work_order=order, entry=entry, **said(plant))
    order.refresh_from_db()
    assert (
        reversal.reverses,
        order.water_lb,
        Balance.objects.get(lot=flour, location=plant.store).quantity,
    ) == (entry, 0, 100)
    assert not production.can_undo(Entry.objects.get(pk=entry.pk), order, plant.paul)
    with pytest.raises(ledger.AlreadyReversed):
        production.undo(work_order=order, entry=entry, **said(plant))


def test_sent_twice_it_is_taken_back_once(plant, released, take):
    order = released()
    entry = take(order, plant.receive("F-1"))
    one, two = (
        production.undo(work_order=order, entry=entry, actor=plant.paul, client="test", key="u") for _ in "12"
    )
    assert one == two


def test_what_something_is_built_on_stays_and_says_what_is_in_the_way(plant, released, take, give):
    """F-1 ──▶ WO-1 ──▶ P-1 ──▶ shipped"""
    order = released()
    take(order, plant.receive("F-1"))
    made = give(order, "P-1")
    plant.ship(Lot.objects.get(number="P-1"), 8)
    with pytest.raises(ledger.NotReversible) as refusal:
        production.undo(work_order=order, entry=made, **said(plant))
    assert refusal.value.code == "not_reversible"


def test_the_act_of_another_needs_a_reason_and_a_second_person(plant, released, take):
    order = released()
    entry = take(order, plant.receive("F-1"))
    other = {"work_order": order, "entry": entry, "actor": plant.quinn, "client": "test", "key": "u"}
    with pytest.raises(ledger.SecondPersonRequired):
        production.undo(**other, reason="wrong order")
    reversal = production.undo(**other, reason="wrong order", second_person=plant.quentin)
    assert (reversal.second_person, reversal.reason) == (plant.quentin, "wrong order")


def test_an_act_of_another_order_or_of_a_closed_one_is_not_taken_back(plant, released, take):
    one, two = released("WO-1"), released("WO-2")
    entry = take(one, plant.receive("F-1"))
    with pytest.raises(ledger.NotReversible):
        production.undo(work_order=two, entry=entry, **said(plant))
    production.close(work_order=one, loss_lb=Decimal(10), **said(plant))
    with pytest.raises(production.WorkOrderNotOpen):
        production.undo(work_order=one, entry=entry, **said(plant))


# Units


@pytest.fixture
def pump(plant):
    return plant.item("PUMP", tracking=Tracking.SERIAL, unit="ea")


@pytest.fixture
def seals(plant):
    item = plant.item("SEAL", tracking=Tracking.SERIAL, unit="ea")
    return [plant.receive(f"SEAL-{n}", 1, item=item) for n in (1, 2, 3)]


def unit(plant, order, item, serial, *parts, key=None):
    lots = [Issued(lot=lot, quantity=Decimal(1), location=plant.store) for lot in parts]
    return production.assemble_unit(
        work_order=order,
        item=item,
        serial=serial,
        parts=lots,
        location=plant.store,
        actor=plant.paul,
        client="test",
        key=key or plant.key(),
    )


def test_a_part_is_in_its_unit_and_in_no_other(plant, released, pump, seals):
    """SEAL-1 ──▶ PUMP-1; SEAL-2 ──▶ PUMP-2"""
    order = released()
    for n in (1, 2):
        unit(plant, order, pump, f"PUMP-{n}", seals[n - 1])
    used = Lot.objects.filter(pk__in=genealogy.where_used([seals[0]]).lots).values_list("number", flat=True)
    assert set(used) == {"SEAL-1", "PUMP-1"}
    assert Run.objects.filter(document=order.number).count() == 2


def test_a_unit_sent_twice_is_one_unit(plant, released, pump, seals):
    order = released()
    assert unit(plant, order, pump, "PUMP-1", seals[0], key="u") == unit(
        plant, order, pump, "PUMP-1", seals[0], key="u"
    )
    assert Run.objects.filter(document=order.number).count() == 1


def test_a_unit_is_all_or_nothing(plant, released, pump, seals):
    order = released()
    plant.hold(seals[1])
    with pytest.raises(ledger.LotOnHold):
        unit(plant, order, pump, "PUMP-1", seals[0], seals[1])
    assert not RunLot.objects.filter(run__document=order.number).exists()
    with pytest.raises(ledger.BadInput):
        unit(plant, order, pump, "PUMP-1")
    with pytest.raises(ledger.BadInput):
        unit(plant, order, plant.item("BREAD"), "B-1", seals[0])
    unit(plant, order, pump, "PUMP-1", seals[0])
    with pytest.raises(ledger.LotNumberTaken):
        unit(plant, order, pump, "PUMP-1", seals[2])


def test_a_replaced_part_was_in_the_unit_and_the_new_one_is(plant, released, pump, seals):
    order = released()
    made = unit(plant, order, pump, "PUMP-1", seals[0])
    run = made.movements.get().run
    for _ in range(2):
        production.replace_part(
            work_order=order, run=run, taken_out=Returned(lot=seals[0], quantity=Decimal(1), location=plant.place("scrap")),
            put_in=Issued(lot=seals[1], quantity=Decimal(1), location=plant.store), reason="leaks", actor=plant.paul, client="test", key="r",
        )  # fmt: skip
    ever = set(
        Lot.objects.filter(pk__in=genealogy.where_from([Lot.objects.get(number="PUMP-1")]).lots).values_list(
            "number", flat=True
        )
    )
    reading = genealogy.Reading(contains_now=True)
    now = genealogy.where_from([Lot.objects.get(number="PUMP-1")], reading).lots
    assert ever == {"PUMP-1", "SEAL-1", "SEAL-2"}
    assert set(Lot.objects.filter(pk__in=now).values_list("number", flat=True)) == {"PUMP-1", "SEAL-2"}
