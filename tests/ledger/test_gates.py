"""A gate stops an act, never the record of one that happened."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.cast import make_site
from tests.genealogy.graphs import build
from traceability import ledger
from traceability.ledger import Move, Need
from traceability.models import Balance, Entry, EntryKind, Hold, Lot, Reservation

K = EntryKind


def acts(plant, lot, status="released"):
    """Each act that uses a lot: issue, shipment, and a transfer that is on the way out."""
    run = plant.run("WO-G")

    def transfer(kind):
        move = Move(
            lot=lot,
            quantity=Decimal(1),
            origin=plant.store,
            origin_status=status,
            destination=plant.place(kind),
        )
        return plant.post(K.TRANSFER, move)

    return {
        "issue": lambda: plant.issue(lot, run, 1, status=status),
        "ship": lambda: plant.ship(lot, 1, status=status),
        "to line": lambda: transfer("line"),
        "to transit": lambda: transfer("transit"),
        "to third party": lambda: transfer("third_party"),
    }


def all_refused(plant, lot, code, **rest):
    for name, act in acts(plant, lot, **rest).items():
        with pytest.raises(ledger.Refusal) as refusal:
            act()
        assert refusal.value.code == code, name
        assert lot.pk in refusal.value.lots


def all_pass(plant, lot, **rest):
    for act in acts(plant, lot, **rest).values():
        act()


def test_a_usable_lot_is_used(plant):
    all_pass(plant, plant.receive("A"))


def test_a_held_lot_is_not_used_until_the_last_hold_is_lifted(plant):
    lot = plant.receive("A")
    for reference in ("QH-1", "QH-2"):
        plant.hold(lot, reference=reference)
    for hold in Hold.objects.order_by("id"):
        all_refused(plant, lot, "lot_on_hold")
        ledger.lift_hold(
            [hold],
            reason="tested",
            actor=plant.quinn,
            second_person=plant.quentin,
            client="test",
            key=plant.key(),
        )
    all_pass(plant, lot)


@pytest.mark.parametrize("status", ["quarantine", "rejected"])
def test_only_the_released_part_of_a_lot_is_used(plant, status):
    """90 released, 10 not: one lot, two answers."""
    lot = plant.receive("A", 90)
    plant.post(
        K.COUNT_ADJUSTMENT,
        Move(
            lot=lot,
            quantity=Decimal(10),
            origin=plant.place("adjustment"),
            destination=plant.store,
            destination_status=status,
        ),
        reason="found",
    )
    all_refused(plant, lot, "lot_not_released", status=status)
    all_pass(plant, lot, status="released")


def test_a_hold_reaches_every_place_status_and_stock_that_comes_later(plant):
    lot = plant.receive("A")
    plant.hold(lot)
    move = Move(
        lot=lot,
        quantity=Decimal(5),
        origin=plant.place("adjustment"),
        destination=plant.store_2,
        destination_status="released",
    )
    plant.post(K.COUNT_ADJUSTMENT, move, reason="found behind the rack")
    with pytest.raises(ledger.LotOnHold):
        plant.ship(lot, 1, at=plant.store_2)


def test_a_lot_is_used_on_its_last_day_and_not_after(plant):
    today = timezone.now().astimezone(plant.site.zone).date()
    all_pass(plant, plant.receive("TODAY", expires_on=today))
    all_refused(plant, plant.receive("YESTERDAY", expires_on=today - timedelta(days=1)), "lot_expired")


# 2026-03-01 05:30 UTC is still the last of February in Chicago, already March in Berlin; Kiritimati is a day ahead of Pago Pago.
@pytest.mark.parametrize(("zone", "moment", "is_used"), [
    ("America/Chicago", datetime(2026, 3, 1, 5, 30, tzinfo=UTC), True), ("America/Chicago", datetime(2026, 3, 1, 6, 0, tzinfo=UTC), False),
    ("Europe/Berlin", datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC), True), ("Europe/Berlin", datetime(2026, 2, 28, 23, 0, tzinfo=UTC), False),
    ("Pacific/Kiritimati", datetime(2026, 2, 28, 9, 59, tzinfo=UTC), True), ("Pacific/Kiritimati", datetime(2026, 2, 28, 10, 0, tzinfo=UTC), False),
    ("Pacific/Pago_Pago", datetime(2026, 3, 1, 10, 59, tzinfo=UTC), True), ("Pacific/Pago_Pago", datetime(2026, 3, 1, 11, 0, tzinfo=UTC), False),
])  # fmt: skip
def test_the_last_day_is_a_date_at_the_site(plant, monkeypatch, zone, moment, is_used):
    plant.site.time_zone = zone
    plant.site.save()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    lot = plant.receive("A", expires_on=date(2026, 2, 28), occurred_at=moment)
    if is_used:
        plant.ship(lot, 1, occurred_at=moment)
    else:
        with pytest.raises(ledger.LotExpired):
            plant.ship(lot, 1, occurred_at=moment)


def test_the_day_is_that_of_the_site_whose_stock_is_used(plant, monkeypatch):
    """The same lot at the same moment: expired in Berlin, good in Chicago."""
    moment = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    berlin = make_site("BERLIN", time_zone="Europe/Berlin")
    there = berlin.locations.get(kind="storage", code="STORE-1")
    lot = plant.receive("A", expires_on=date(2026, 2, 28), occurred_at=moment)
    plant.post(K.TRANSFER, Move(lot=lot, quantity=Decimal(10), origin=plant.store, destination=there))
    plant.ship(lot, 1, occurred_at=moment)
    with pytest.raises(ledger.LotExpired):
        plant.ship(lot, 1, at=there, occurred_at=moment)


def a_need(plant, **rest):
    carrier = plant.receive(plant.key().upper())
    return plant.post(
        K.TRANSFER,
        Move(lot=carrier, quantity=Decimal(1), origin=plant.store, destination=plant.store_2),
        needs=[Need(stage="receiving", what="Certificate", **rest)],
    )


def meet(plant, entry):
    carrier = plant.receive(plant.key().upper())
    plant.post(
        K.TRANSFER,
        Move(lot=carrier, quantity=Decimal(1), origin=plant.store, destination=plant.store_2),
        meets=list(entry.requirements_opened.all()),
    )


def test_a_blocking_requirement_stops_the_lot_until_it_is_met(plant):
    lot = plant.receive("A")
    need = a_need(plant, lot=lot, is_blocking=True)
    all_refused(plant, lot, "requirement_open")
    meet(plant, need)
    all_pass(plant, lot)


def test_a_requirement_that_does_not_block_stops_nothing(plant):
    lot = plant.receive("A")
    a_need(plant, lot=lot)
    all_pass(plant, lot)


def test_a_blocking_requirement_of_a_document_stops_what_is_done_under_it(plant):
    lot = plant.receive("A")
    need = a_need(plant, document="SH-1", is_blocking=True)
    with pytest.raises(ledger.RequirementOpen):
        plant.ship(lot, 1, document="SH-1")
    plant.ship(lot, 1, document="SH-2")
    meet(plant, need)
    plant.ship(lot, 1, document="SH-1")


def test_a_blocking_requirement_of_a_run_stops_its_next_step(plant):
    lot, run = plant.receive("A"), plant.run("WO-1")
    need = a_need(plant, run=run, is_blocking=True)
    with pytest.raises(ledger.RequirementOpen):
        plant.issue(lot, run)
    with pytest.raises(ledger.RequirementOpen):
        plant.output("P", run)
    plant.issue(lot, plant.run("WO-1", 2))
    meet(plant, need)
    plant.issue(lot, run)
    plant.output("P", run)


def test_a_requirement_opened_in_the_same_entry_does_not_stop_it(plant):
    lot = plant.receive("A")
    plant.ship(lot, 1, needs=[Need(stage="shipping", what="Seal", lot=lot, is_blocking=True)])
    with pytest.raises(ledger.RequirementOpen):
        plant.ship(lot, 1)


def test_a_held_lot_may_be_moved_inside_but_not_on_its_way_out(plant):
    lot = plant.receive("A")
    plant.hold(lot)
    for kind in ("quarantine", "dock", "tank"):
        plant.post(
            K.TRANSFER, Move(lot=lot, quantity=Decimal(1), origin=plant.store, destination=plant.place(kind))
        )
    for kind in ("line", "transit", "third_party"):
        with pytest.raises(ledger.LotOnHold):
            plant.post(
                K.TRANSFER,
                Move(lot=lot, quantity=Decimal(1), origin=plant.store, destination=plant.place(kind)),
            )


@pytest.mark.parametrize("kind", ["sample", "scrap", "supplier_return", "count"])
def test_a_held_lot_may_be_sampled_scrapped_sent_back_and_counted(plant, kind):
    lot = plant.receive("A")
    plant.hold(lot)
    to = {"supplier_return": "supplier", "count": "adjustment"}.get(kind, kind)
    move = Move(lot=lot, quantity=Decimal(1), origin=plant.store, destination=plant.place(to))
    plant.post(
        {"count": K.COUNT_ADJUSTMENT}.get(kind, kind),
        move,
        reason="so decided",
        document="RCV-A",
        party=plant.supplier,
    )
    assert Balance.objects.get(lot=lot, location=plant.store).quantity == 99


# After the fact


UNUSABLE = ["held", "quarantine", "rejected", "expired", "requirement", "requirement of the document"]


def unusable(plant, how):
    """A lot that may not be used, and the status its stock has."""
    if how in ("quarantine", "rejected"):
        lot = plant.receive("A", status="quarantine")
        if how == "rejected":
            move = Move(
                lot=lot,
                quantity=Decimal(100),
                origin=plant.store,
                origin_status="quarantine",
                destination=plant.store,
                destination_status="rejected",
            )
            plant.post(K.DISPOSITION, move, actor=plant.quinn)
        return lot, how
    lot = plant.receive("A", expires_on=date(2020, 1, 1) if how == "expired" else None)
    if how == "held":
        plant.hold(lot)
    if how == "requirement":
        a_need(plant, lot=lot, is_blocking=True)
    if how == "requirement of the document":
        a_need(plant, document="SH-1", is_blocking=True)
        a_need(plant, document="WO-1", is_blocking=True)
    return lot, "released"


@pytest.mark.parametrize("how", UNUSABLE)
def test_what_already_happened_is_recorded_and_flagged(plant, how):
    lot, status = unusable(plant, how)
    past = {"after_the_fact": True, "reason": "went out before the call", "second_person": plant.quentin}
    with pytest.raises(ledger.Refusal):
        plant.ship(lot, 1, status=status)
    with pytest.raises(ledger.Refusal):
        plant.issue(lot, plant.run("WO-1"), 1, status=status)
    assert plant.ship(lot, 1, status=status, **past).after_the_fact
    assert plant.issue(lot, plant.run("WO-1"), 1, status=status, **past).after_the_fact


def test_what_already_happened_is_recorded_though_the_run_waits_for_a_check(plant):
    lot, run = plant.receive("A"), plant.run("WO-1")
    a_need(plant, run=run, is_blocking=True)
    assert plant.issue(
        lot, run, 1, after_the_fact=True, reason="it is in the mixer", second_person=plant.quentin
    ).seq


def test_what_already_happened_obeys_the_quantity_rules_all_the_same(plant):
    lot = plant.receive("A", 5)
    with pytest.raises(ledger.InsufficientQuantity):
        plant.ship(lot, 6, after_the_fact=True, reason="gone", second_person=plant.quentin)


def holds_on(lot):
    return set(Hold.objects.standing().filter(lot=lot).values_list("reference", flat=True))


def test_an_issue_of_a_held_lot_after_the_fact_holds_what_was_made_of_it(plant):
    """
    G ──▶ R1 ──▶ P1 ──▶ R2 ──▶ Q1       H is on hold and went into R1 as well, as is found out now: P1, Q1 and Z inherit
    H ···▶ R1            R3 ──▶ Z  (P1 ──▶ R3)      in the same entry; G and the bystander B do not.
    """
    graph = build(plant, "G -> P1; P1 -> Q1; P1 -> Z; B -> C")
    held = plant.receive("H")
    plant.hold(held, reference="QH-1")
    entry = plant.issue(
        held, graph.runs[0], 1, after_the_fact=True, reason="the log says so", second_person=plant.quentin
    )
    for name in ("P1", "Q1", "Z"):
        hold = Hold.objects.standing().get(lot=graph[name])
        assert (hold.reference, hold.placed_in, hold.inherited_from.lot) == ("QH-1", entry, held)
        with pytest.raises(ledger.LotOnHold):
            plant.ship(graph[name], 1)
    for name in ("G", "B", "C"):
        assert holds_on(graph[name]) == set()
    assert len(entry.payload["holds"]) == 3


def test_a_later_output_inherits_and_so_does_what_was_made_of_an_older_one(plant):
    """S ──▶ R1 ──▶ P, P ──▶ R2 ──▶ Q; S is held; then R1 reports more of P: Q is in P's way, so it inherits too."""
    graph = build(plant, "S -> P; P -> Q")
    plant.hold(graph["S"], reference="QH-1")
    assert holds_on(graph["Q"]) == set()
    plant.output(graph["P"], graph.runs[0], 5)
    assert holds_on(graph["P"]) == holds_on(graph["Q"]) == {"QH-1"}


def test_a_missing_paper_does_not_pass_on(plant):
    graph = build(plant, "S -> P")
    plant.hold(graph["S"], cause="papers", cascades=False)
    plant.output("P2", graph.runs[0])
    assert not Hold.objects.filter(lot__number="P2").exists()


def test_two_papers_pass_on_as_two_holds_and_one_paper_as_one(plant):
    """S, T ──▶ R1 ──▶ P: both under RC-1, S under QH-2 besides."""
    graph = build(plant, "S, T -> O")
    plant.hold(graph["S"], graph["T"], reference="RC-1", cause="recall", actor=plant.rhea)
    plant.hold(graph["S"], reference="QH-2")
    product = plant.output("P", graph.runs[0])
    assert sorted(Hold.objects.filter(lot=product).values_list("reference", flat=True)) == ["QH-2", "RC-1"]


def test_nothing_is_inherited_from_what_went_back_unused(plant):
    """S went in and came out again unused: the run does not contain it."""
    graph = build(plant, "S, T -> O")
    move = Move(
        lot=graph["S"],
        quantity=Decimal(1),
        origin=plant.place("production"),
        destination=plant.store,
        run=graph.runs[0],
    )
    plant.post(K.ISSUE_RETURN, move, document="WO")
    plant.hold(graph["S"], reference="RC-1")
    assert holds_on(plant.output("P", graph.runs[0])) == set()


def test_an_untracked_lot_passes_no_hold_on_whichever_way_it_goes_in(plant):
    """SALT~ is not walked through; a hold on it stops its use and says nothing about what was made."""
    graph = build(plant, "SALT~ -> O")
    plant.hold(graph["SALT~"], reference="QH-1")
    plant.issue(
        graph["SALT~"],
        graph.runs[0],
        1,
        after_the_fact=True,
        reason="it was in already",
        second_person=plant.quentin,
    )
    assert holds_on(graph["O"]) == set()
    assert holds_on(plant.output("P", graph.runs[0])) == set()


def test_a_hold_breaks_what_was_promised(plant):
    lot = plant.receive("A")
    ledger.reserve(
        moves=[Move(lot=lot, quantity=Decimal(5), origin=plant.store, destination=plant.place("customer"))],
        document="SO-1",
        actor=plant.sam,
        now=timezone.now(),
    )
    entry = plant.hold(lot)
    assert Reservation.objects.get().broken_in == entry


# Lifting


def test_lifting_needs_the_right_and_a_second_person(plant):
    lot = plant.receive("A")
    plant.hold(lot)
    hold = Hold.objects.get()
    lift = lambda **who: ledger.lift_hold([hold], reason="tested", client="test", key=plant.key(), **who)
    with pytest.raises(ledger.SecondPersonRequired):
        lift(actor=plant.quentin)
    with pytest.raises(ledger.SamePerson):
        lift(actor=plant.quentin, second_person=plant.quentin)
    with pytest.raises(ledger.NotPermitted):
        lift(actor=plant.nora, second_person=plant.quentin)
    with pytest.raises(ledger.NotPermitted):
        lift(actor=plant.quentin, second_person=plant.nora)
    lift(actor=plant.quentin, second_person=plant.quinn)
    with pytest.raises(ledger.HoldAlreadyLifted):
        lift(actor=plant.quentin, second_person=plant.quinn)


def test_a_recall_hold_needs_the_recall_right(plant):
    lot = plant.receive("A")
    ledger.hold_scope(
        [lot],
        reason="Salmonella",
        reference="RC-1",
        actor=plant.rhea,
        client="test",
        key="h",
        site=plant.site,
    )
    hold = Hold.objects.get()
    with pytest.raises(ledger.NotPermitted):
        ledger.lift_hold(
            [hold], reason="done", actor=plant.quinn, second_person=plant.quentin, client="test", key="l1"
        )
    ledger.lift_hold(
        [hold], reason="done", actor=plant.rhea, second_person=plant.roy, client="test", key="l2"
    )


def test_who_placed_a_hold_may_undo_it_alone_within_a_quarter_of_an_hour(plant, monkeypatch):
    lot = plant.receive("A")
    plant.hold(lot)

    def undo():
        standing = [Hold.objects.standing().get()]
        return ledger.lift_hold(
            standing, reason="wrong lot", actor=plant.quinn, client="test", key=plant.key()
        )

    undo()
    entry = plant.hold(lot)
    monkeypatch.setattr(timezone, "now", lambda: entry.recorded_at + timedelta(minutes=15, seconds=1))
    with pytest.raises(ledger.SecondPersonRequired):
        undo()


def test_an_undo_is_over_once_something_was_refused_because_of_the_hold(plant):
    from traceability.models import RefusalRecord

    lot = plant.receive("A")
    plant.hold(lot)
    RefusalRecord.objects.create(
        actor=plant.sam, route="/ship", code="lot_on_hold", sentence="Held.", lots=[lot.pk]
    )
    with pytest.raises(ledger.SecondPersonRequired):
        ledger.lift_hold([Hold.objects.get()], reason="wrong lot", actor=plant.quinn, client="test", key="u")


def test_a_refusal_leaves_no_entry(plant):
    lot = plant.receive("A")
    plant.hold(lot)
    before = Entry.objects.count()
    all_refused(plant, lot, "lot_on_hold")
    assert Entry.objects.count() == before
    assert Lot.objects.count() == 1
