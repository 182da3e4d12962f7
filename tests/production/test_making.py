"""Work orders: lots go in, products come out, weights add up, and what is held or not allowed is refused."""

from datetime import date
from decimal import Decimal

import pytest

from production import services as production
from production.models import Bom, BomComponent, WorkOrder
from production.services import Issued, Made, Returned
from production.services.making import expiry_of
from traceability import genealogy, ledger
from traceability.models import Balance, Entry, Hold, Item, Lot, Requirement, Reservation, RunLot


@pytest.fixture
def flour(plant):
    return plant.receive("A-1", 100)


@pytest.fixture
def order(plant):
    paper = production.plan_work_order(
        number="WO-1", product="BREAD", line=plant.place("line"), actor=plant.paul, client="test", key="plan"
    )
    return production.release(work_order=paper, actor=plant.paul, client="test", key="release")


def issue(plant, order, lot, quantity=10, **rest):
    rest.setdefault("key", plant.key())
    rest.setdefault("actor", plant.paul)
    taken = Issued(
        lot=lot,
        quantity=Decimal(quantity),
        location=rest.pop("at", plant.store),
        status=rest.pop("status", "released"),
    )
    return production.issue(work_order=order, lots=[taken], client="test", **rest)


def make(plant, order, *outputs, **rest):
    rest.setdefault("key", plant.key())
    rest.setdefault("actor", plant.paul)
    return production.report_output(work_order=order, outputs=list(outputs), client="test", **rest)


def bread(plant, quantity=8, **rest):
    return Made(
        item=rest.pop("item", None) or plant.item("BREAD"),
        quantity=Decimal(quantity),
        location=plant.store,
        **rest,
    )


def back(plant, lot, quantity, **rest):
    return Returned(lot=lot, quantity=Decimal(quantity), location=rest.pop("location", plant.store), **rest)


def test_what_is_issued_and_what_is_made_hang_on_the_orders_run(plant, order, flour):
    """A-1 ──▶ WO-1 ──▶ P-1"""
    issue(plant, order, flour)
    make(plant, order, bread(plant, lot_number="P-1"))
    assert Lot.objects.filter(pk__in=genealogy.where_used([flour]).lots).count() == 2
    assert set(RunLot.objects.values_list("run__document", "role")) == {("WO-1", "input"), ("WO-1", "output")}


def test_each_verb_is_safe_to_repeat(plant, order, flour):
    assert issue(plant, order, flour, key="i") == issue(plant, order, flour, key="i")
    output = bread(plant, lot_number="P-1")
    assert make(plant, order, output, key="o") == make(plant, order, output, key="o")
    unused = {
        "work_order": order,
        "lots": [back(plant, flour, 2)],
        "actor": plant.paul,
        "client": "test",
        "key": "b",
    }
    assert production.return_unused(**unused) == production.return_unused(**unused)
    waste = {
        "lot": flour,
        "quantity": Decimal(1),
        "location": plant.store,
        "reason": "spilt",
        "actor": plant.paul,
        "client": "test",
        "key": "s",
    }
    assert production.scrap(**waste) == production.scrap(**waste)
    assert (
        production.plan_work_order(
            number="WO-1",
            product="BREAD",
            line=plant.place("line"),
            actor=plant.paul,
            client="test",
            key="plan",
        )
        == order
    )
    closing = {"work_order": order, "actor": plant.paul, "client": "test", "key": "c"}
    assert production.close(**closing) == production.close(**closing)
    assert Entry.objects.count() == 5


def test_a_held_lot_cannot_be_issued(plant, order, flour):
    plant.hold(flour, reference="RC-1")
    with pytest.raises(ledger.LotOnHold):
        issue(plant, order, flour)


def test_a_lot_in_quarantine_or_expired_cannot_be_issued(plant, order):
    waiting = plant.receive("Q-1", status="quarantine")
    with pytest.raises(ledger.LotNotReleased):
        issue(plant, order, waiting, status="quarantine")
    with pytest.raises(ledger.LotExpired):
        issue(plant, order, plant.receive("OLD", expires_on=date(2020, 1, 1)))


def test_what_was_used_although_held_is_recorded_by_two_and_its_outputs_are_held(plant, order, flour):
    plant.hold(flour, reference="RC-1")
    with pytest.raises(ledger.ReasonRequired):
        issue(plant, order, flour, after_the_fact=True, second_person=plant.quinn)
    with pytest.raises(ledger.SecondPersonRequired):
        issue(plant, order, flour, after_the_fact=True, reason="it was in the mixer already")
    with pytest.raises(ledger.NotPermitted):
        issue(
            plant,
            order,
            flour,
            after_the_fact=True,
            reason="it was in the mixer already",
            second_person=plant.sam,
        )
    entry = issue(
        plant,
        order,
        flour,
        after_the_fact=True,
        reason="it was in the mixer already",
        second_person=plant.quinn,
    )
    assert entry.after_the_fact
    make(plant, order, bread(plant, lot_number="P-1"))
    assert Hold.objects.standing().get(lot__number="P-1").reference == "RC-1"


def test_an_order_that_is_not_released_takes_nothing(plant, flour):
    paper = production.plan_work_order(
        number="WO-2", product="BREAD", line=plant.place("line"), actor=plant.paul, client="test", key="p"
    )
    with pytest.raises(production.WorkOrderNotOpen, match="not released yet"):
        issue(plant, paper, flour)
    with pytest.raises(production.WorkOrderNotOpen):
        make(plant, paper, bread(plant))


def test_an_item_with_a_final_inspection_comes_out_into_quarantine(plant, order):
    cake = plant.item("CAKE", inspected_at=["final"])
    make(plant, order, bread(plant, item=cake, lot_number="C-1"), bread(plant, lot_number="P-1"))
    assert {b.lot.number: b.status for b in Balance.objects.all()} == {"C-1": "quarantine", "P-1": "released"}
    assert Requirement.objects.open().get().stage == "final"
    make(plant, order, bread(plant, item=cake, lot_number="C-1"))
    assert Balance.objects.get(lot__number="C-1").quantity == 16
    assert Requirement.objects.count() == 1


def test_a_lot_without_a_number_gets_one_by_pattern_or_from_the_order(plant, order):
    cake = plant.item("CAKE", lot_pattern="F-{yymmdd}-{nn}")
    make(plant, order, bread(plant, item=cake), bread(plant, item=cake), bread(plant))
    numbers = set(Lot.objects.values_list("number", flat=True))
    assert {number[-3:] for number in numbers if number.startswith("F-")} == {"-01", "-02"}
    assert "WO-1-1" in numbers


def test_a_number_of_another_origin_is_not_given_again(plant, order):
    plant.receive("P-1", item=plant.item("BREAD"))
    with pytest.raises(ledger.LotNumberTaken):
        make(plant, order, bread(plant, lot_number="P-1"))


@pytest.mark.parametrize(
    ("life", "made_on", "expires_on"),
    [
        ({"shelf_life_months": 6}, date(2026, 8, 31), date(2027, 2, 28)),
        ({"shelf_life_months": 18}, date(2026, 10, 22), date(2028, 4, 22)),
        ({"shelf_life_months": 12}, date(2028, 2, 29), date(2029, 2, 28)),
        ({"shelf_life_months": 2}, date(2026, 12, 31), date(2027, 2, 28)),
        ({"shelf_life_days": 14}, date(2026, 10, 20), date(2026, 11, 3)),
        ({}, date(2026, 10, 20), None),
    ],
)
def test_expiry_is_made_on_and_shelf_life_and_months_end_with_the_month(life, made_on, expires_on):
    assert expiry_of(Item(**life), made_on) == expires_on


def test_unused_material_was_never_in_it_and_what_is_removed_was(plant, order, flour):
    issue(plant, order, flour, 10)
    production.return_unused(
        work_order=order, lots=[back(plant, flour, 4)], actor=plant.paul, client="test", key="b"
    )
    link = RunLot.objects.get(lot=flour)
    assert (link.quantity, link.removed) == (6, 0)
    production.remove_from_run(
        work_order=order,
        lots=[back(plant, flour, 1)],
        reason="wrong ring",
        actor=plant.paul,
        client="test",
        key="r",
    )
    link.refresh_from_db()
    assert (link.quantity, link.removed) == (6, 1)
    assert Balance.objects.get(lot=flour, status="quarantine").quantity == 1
    with pytest.raises(ledger.MoreThanWentIn):
        production.return_unused(
            work_order=order, lots=[back(plant, flour, 6)], actor=plant.paul, client="test", key="b2"
        )


def test_an_order_closes_with_weights_that_add_up(plant, order, flour):
    cases = plant.item("CASE", unit="cs", weight_per_unit=Decimal(10), decimals=0)
    bags = plant.receive("BAG-1", 50, item=plant.item("BAG", unit="ea", kind="packaging"))
    issue(plant, order, flour, 80, water_lb=Decimal(25))
    issue(plant, order, bags, 20)
    make(plant, order, bread(plant, 10, item=cases, lot_number="P-1"))
    with pytest.raises(production.UnexplainedWeight, match="1 lb are unexplained"):
        production.close(work_order=order, loss_lb=Decimal(4), actor=plant.paul, client="test", key="c")
    done = production.close(work_order=order, loss_lb=Decimal(5), actor=plant.paul, client="test", key="c")
    assert (done.input_lb, done.water_lb, done.output_lb, done.loss_lb, done.unexplained_lb) == (
        80,
        25,
        100,
        5,
        0,
    )
    with pytest.raises(production.WorkOrderNotOpen):
        issue(plant, done, flour)


def test_an_order_that_does_not_add_up_closes_with_a_reason_and_a_second_person(plant, order, flour):
    issue(plant, order, flour, 10)
    make(plant, order, bread(plant, 12, lot_number="P-1"))
    with pytest.raises(production.UnexplainedWeight):
        production.close(work_order=order, actor=plant.paul, client="test", key="c")
    said = {"work_order": order, "reason": "scale was off", "actor": plant.paul, "client": "test"}
    with pytest.raises(ledger.SecondPersonRequired):
        production.close(**said, key="c")
    with pytest.raises(ledger.SamePerson):
        production.close(**said, second_person=plant.paul, key="c")
    with pytest.raises(ledger.NotPermitted):
        production.close(**said, second_person=plant.rita, key="c")
    done = production.close(**said, second_person=plant.quinn, key="c")
    assert (done.loss_lb, done.unexplained_lb) == (0, -2)


@pytest.fixture
def rework(plant):
    """BREAD takes up to 3 % of RWK; nothing else takes any."""
    item = plant.item("RWK")
    bom = Bom.objects.create(
        name="BREAD",
        status="approved",
        per_quantity=100,
        per_unit="lb",
        rework_item=item,
        rework_limit_percent=3,
    )
    BomComponent.objects.create(bom=bom, position=1, item=plant.item(), quantity=100, unit="lb")
    return plant.receive("RWK-1", 20, item=item)


def test_rework_goes_in_where_the_bom_allows_it_within_its_limit(plant, rework, order, flour):
    issue(plant, order, flour, 97)
    taken = Issued(lot=rework, quantity=Decimal(3), location=plant.store)
    production.rework(work_order=order, lots=[taken], actor=plant.paul, client="test", key="r")
    with pytest.raises(production.ReworkNotAllowed, match="more than 3 %"):
        issue(plant, order, rework, 1)
    with pytest.raises(production.ReworkNotAllowed, match="is no rework"):
        production.rework(
            work_order=order,
            lots=[Issued(lot=flour, quantity=Decimal(1), location=plant.store)],
            actor=plant.paul,
            client="test",
            key="x",
        )


def test_rework_is_refused_where_the_bom_does_not_allow_it(plant, rework):
    paper = production.plan_work_order(
        number="WO-3", product="CAKE", line=plant.place("line"), actor=plant.paul, client="test", key="p3"
    )
    paper = production.release(work_order=paper, actor=plant.paul, client="test", key="r3")
    with pytest.raises(production.ReworkNotAllowed, match="CAKE takes none of it"):
        issue(plant, paper, rework, 1)


def test_what_is_not_on_the_bom_may_be_issued_and_the_entry_says_so(plant, rework, order, flour):
    entry = issue(plant, order, plant.receive("S-1", item=plant.item("SUGAR")))
    assert entry.payload["not_on_bom"] == ["SUGAR"]
    assert "not_on_bom" not in issue(plant, order, flour).payload


def test_a_promise_keeps_others_away_and_is_used_up_by_the_order(plant, order, flour):
    production.reserve(
        work_order=order,
        lots=[Issued(lot=flour, quantity=Decimal(95), location=plant.store)],
        actor=plant.paul,
        client="test",
        key="p",
    )
    production.reserve(
        work_order=order,
        lots=[Issued(lot=flour, quantity=Decimal(95), location=plant.store)],
        actor=plant.paul,
        client="test",
        key="p",
    )
    assert Reservation.objects.standing().get().quantity == 95
    with pytest.raises(ledger.Reserved):
        plant.ship(flour, 10)
    issue(plant, order, flour, 90)
    assert Reservation.objects.standing().get().quantity == 5
    production.unreserve(work_order=order, actor=plant.paul, client="test", key="u")
    assert not Reservation.objects.standing().exists()


def test_a_second_run_of_an_order_keeps_its_genealogy_apart(plant, order, flour):
    run = production.start_run(work_order=order, actor=plant.paul, client="test", key="run")
    assert production.start_run(work_order=order, actor=plant.paul, client="test", key="run") == run
    other = plant.receive("A-2")
    issue(plant, order, flour)
    issue(plant, order, other, run=run)
    make(plant, order, bread(plant, lot_number="P-2"), run=run)
    assert genealogy.where_from([Lot.objects.get(number="P-2")]).reached == [other.pk]


def test_it_refuses_who_may_not(plant, order, flour):
    with pytest.raises(ledger.NotPermitted):
        issue(plant, order, flour, actor=plant.rita)
    with pytest.raises(ledger.NotPermitted):
        make(plant, order, bread(plant), actor=plant.sam)
    with pytest.raises(ledger.NotPermitted):
        production.plan_work_order(
            number="WO-9", product="X", line=plant.place("line"), actor=plant.rita, client="test", key="p9"
        )
    assert WorkOrder.objects.count() == 1
