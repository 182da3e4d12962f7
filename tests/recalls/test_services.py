"""The verbs of a recall case."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from recalls import services
from recalls.models import Recall, RecallLog, ScopeRevision
from tests.graphs import graph
from traceability import ledger
from traceability.models import Entry, Hold, Lot, Party


def opened(plant, *starts, key="open-1", **rest):
    rest.setdefault("actor", plant.rhea)
    return services.open_recall(
        title="Spice: possible Salmonella", hazard="Salmonella", starts=starts, reason="The supplier wrote.", client="test", key=key,
        supplier=plant.supplier, notified_on=date(2026, 11, 18), **rest,
    )  # fmt: skip


def promise(plant, lot, quantity):
    move = ledger.Move(
        lot=lot, quantity=Decimal(quantity), origin=plant.store, destination=plant.place("customer")
    )
    ledger.reserve(moves=[move], document="SH-9", actor=plant.sam, now=timezone.now())


def frozen(plant, recall, key="freeze-1", **rest):
    return services.freeze_scope(
        recall=recall, actor=rest.pop("actor", plant.rhea), client="test", key=key, **rest
    )


def test_a_recall_gets_the_next_number_of_its_year_and_a_first_line_in_the_log(plant):
    lots = graph(plant, "S1 -> P1")
    recall = opened(plant, lots["S1"])
    assert recall.number.startswith("RC-")
    assert recall.number.endswith("-001")
    assert recall.starts.get().why == "Supplier lot SL-S1 of Delta Mill"
    assert recall.log.get().what == "Opened on S1. The supplier wrote."


def test_a_number_that_was_given_by_hand_is_passed_over(plant):
    lots = graph(plant, "S1 -> P1")
    by_itself = opened(plant, lots["S1"])
    stem = by_itself.number[:-3]
    opened(plant, lots["S1"], key="2", number=f"{stem}002")
    assert opened(plant, lots["S1"], key="3").number == f"{stem}003"
    with pytest.raises(services.NumberTaken):
        opened(plant, lots["S1"], key="4", number=f"{stem}002")


def test_the_same_key_opens_one_recall_and_other_content_is_refused(plant):
    lots = graph(plant, "S1 -> P1; S2 -> P2")
    first = opened(plant, lots["S1"])
    assert opened(plant, lots["S1"]).pk == first.pk
    assert Recall.objects.count() == 1
    with pytest.raises(ledger.KeyReused):
        opened(plant, lots["S2"])


def test_who_may_open_a_mock_may_not_open_a_real_one(plant):
    lots = graph(plant, "S1 -> P1")
    with pytest.raises(ledger.NotPermitted):
        opened(plant, lots["S1"], actor=plant.quinn)
    assert opened(plant, lots["S1"], actor=plant.quinn, is_mock=True).is_mock
    with pytest.raises(ledger.NotPermitted):
        opened(plant, lots["S1"], actor=plant.nora, is_mock=True, key="n")


def test_two_spellings_are_one_supplier_lot_and_near_ones_are_only_offered(plant):
    spice = plant.item("SPICE")
    first = plant.receive("RM-1", item=spice, supplier_lot="CS-26-2874")
    second = plant.receive("RM-2", item=spice, supplier_lot="cs262874")
    near = plant.receive("RM-3", item=spice, supplier_lot="CS-26-2847")
    plant.receive("RM-4", item=spice, supplier_lot="CS-26-3011")
    found = services.lots_of_supplier_lot(text="CS 26 2874", supplier=plant.supplier, item=spice)
    assert found.included == [first, second]
    assert found.offered == [near]
    assert found.spellings == ["CS-26-2874", "cs262874"]


def test_the_same_number_of_another_supplier_is_offered_not_included(plant):
    spice = plant.item("SPICE")
    first = plant.receive("RM-1", item=spice, supplier_lot="CS-26-2874")
    plant.supplier = Party.objects.create(code="S-2", name="Other Mill", is_supplier=True)
    other = plant.receive("RM-2", item=spice, supplier_lot="CS-26-2874")
    found = services.lots_of_supplier_lot(text="CS-26-2874", supplier=first.supplier)
    assert (found.included, found.offered) == ([first], [other])
    assert services.lots_of_supplier_lot(text="CS-26-2874").included == [first, other]


def test_a_text_gives_every_set_it_can_mean_never_the_first_hit(plant):
    flour, spice = plant.item("FLOUR"), plant.item("SPICE")
    numbered = plant.receive("A-100", item=flour)
    same_number = plant.receive("A-100", item=spice)
    supplied = plant.receive("RM-9", item=spice, supplier_lot="a100")
    sets = {found.kind: found for found in services.starts_for("A-100")}
    assert set(sets["lot"].lots) == {numbered, same_number}
    assert sets["supplier_lot"].lots == [supplied]
    assert services.starts_for("nothing like it") == []


def test_an_order_a_shipment_and_a_range_are_starts_too(plant):
    lots = graph(plant, "S1 -> P1, P2; S1 -> P3")
    plant.ship(lots["P3"], 5, document="SH-7")
    assert [lot.number for lot in services.starts_for("WO-1")[0].lots] == ["P1", "P2"]
    assert [lot.number for lot in services.starts_for("SH-7")[0].lots] == ["P3"]
    assert [lot.number for lot in services.starts_for("P1..3")[0].lots] == ["P1", "P2", "P3"]
    with pytest.raises(ledger.BadInput):
        services.starts_for("P1..")


def test_freezing_numbers_the_revisions_and_says_what_changed(plant):
    """S1 ──▶ P1 and S2 ──▶ P2; the second delivery is added after the first revision."""
    lots = graph(plant, "S1 -> P1; S2 -> P2")
    plant.ship(lots["P1"], 30, document="SH-1")
    plant.ship(lots["P2"], 12, document="SH-2", party=plant.other_customer)
    recall = opened(plant, lots["S1"])
    first = frozen(plant, recall)
    assert (first.number, first.changes, first.is_intact) == (1, {}, True)
    services.add_start(
        recall=recall,
        lots=[lots["S2"]],
        reason="same supplier lot",
        actor=plant.rhea,
        client="test",
        key="add",
    )
    second = frozen(plant, recall, key="freeze-2")
    assert second.number == 2
    assert [row["lot"] for row in second.changes["starts_added"]] == ["S2"]
    assert [
        (row["lot"], row["made"], row["shipped"])
        for row in second.changes["lots_added"]
        if row["kind"] == "finished"
    ] == [("P2", "50", "12")]
    (customer,) = second.changes["customers_changed"]
    assert (customer["name"], customer["amounts"][0]["change"]) == ("Magnolia Foodservice", "12")
    assert second.counts["finished"] == 2
    assert recall.latest_revision == second


def test_freezing_twice_with_one_key_is_one_revision(plant):
    recall = opened(plant, graph(plant, "S1 -> P1")["S1"])
    assert frozen(plant, recall) == frozen(plant, recall)
    assert ScopeRevision.objects.count() == 1


def test_a_revision_can_be_made_again_and_has_the_same_quantities(plant):
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    plant.ship(lots["P1"], 30)
    recall = opened(plant, lots["S1"])
    revision = frozen(plant, recall)
    services.hold_all(recall=recall, actor=plant.rhea, client="test", key="hold")
    plant.post(
        "transfer",
        ledger.Move(lot=lots["P1"], quantity=Decimal(5), origin=plant.store, destination=plant.store_2),
    )
    graph(plant, "S1 -> P5", first=20, lots={"S1": plant.receive("S9")})
    again = services.remake(revision)
    assert again.text == revision.content
    assert again.sha256 == revision.sha256
    assert revision.scope.finished_totals[0].on_hand == 20


def test_what_was_posted_after_a_revision_is_listed(plant):
    lots = graph(plant, "S1 -> P1; S2 -> P2")
    recall = opened(plant, lots["S1"])
    revision = frozen(plant, recall)
    assert services.changed_since(revision).count == 0
    shipped = plant.ship(lots["P1"], 3)
    plant.ship(lots["P2"], 3, document="SH-2")
    amended = ledger.amend(
        lots["S1"], supplier_lot="X", reason="typed wrong", actor=plant.quinn, client="test", key="a"
    )
    assert services.changed_since(revision).entries == [shipped, amended]


def test_the_preview_counts_what_is_here_and_names_what_stops(plant):
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    promise(plant, lots["P1"], 8)
    plant.issue(lots["B1"], plant.run("WO-9"), 5)
    recall = opened(plant, lots["S1"])
    preview = services.hold_preview(recall)
    assert (preview.lots, preview.in_house, preview.not_on_hold) == (3, 3, 3)
    assert {(kind.kind, kind.lots, kind.amounts[0].unit, kind.amounts[0].quantity) for kind in preview.kinds} == {
        ("finished", 1, "cs", 50), ("start", 1, "lb", 90), ("intermediate", 1, "lb", 35),
    }  # fmt: skip
    assert [(stop.document, stop.lots, stop.amounts[0].quantity) for stop in preview.stops] == [
        ("SH-9", ("P1",), 8)
    ]
    assert preview.in_process == ("WO-9",)


def test_holding_all_holds_every_affected_lot_and_breaks_what_was_promised(plant):
    lots = graph(plant, "S1 -> B1; B1 -> P1; S2 -> P2")
    promise(plant, lots["P1"], 8)
    recall = opened(plant, lots["S1"])
    entry = services.hold_all(recall=recall, actor=plant.rhea, client="test", key="hold")
    assert set(
        Hold.objects.filter(placed_in=entry, reference=recall.number).values_list("lot__number", flat=True)
    ) == {"S1", "B1", "P1"}
    with pytest.raises(ledger.LotOnHold):
        plant.ship(lots["P1"], 1)
    preview = services.hold_preview(recall)
    assert preview.is_held
    assert preview.stops == ()
    assert services.hold_all(recall=recall, actor=plant.rhea, client="test", key="hold") == entry
    assert recall.log.filter(verb="hold").count() == 1


def test_lots_that_a_later_start_brings_are_held_by_the_next_hold(plant):
    lots = graph(plant, "S1 -> P1; S2 -> P2")
    recall = opened(plant, lots["S1"])
    services.hold_all(recall=recall, actor=plant.rhea, client="test", key="hold")
    services.add_start(
        recall=recall, lots=[lots["S2"]], reason="second delivery", actor=plant.rhea, client="test", key="add"
    )
    assert services.hold_preview(recall).not_on_hold == 2
    services.hold_all(recall=recall, actor=plant.rhea, client="test", key="hold-2")
    assert Hold.objects.standing().filter(reference=recall.number).count() == 4


def test_a_mock_holds_nothing_unless_asked(plant):
    lots = graph(plant, "S1 -> P1")
    recall = opened(plant, lots["S1"], is_mock=True)
    with pytest.raises(ledger.BadInput) as refusal:
        services.hold_all(recall=recall, actor=plant.rhea, client="test", key="hold")
    assert "is a mock" in refusal.value.sentence
    assert not Hold.objects.exists()
    services.hold_all(recall=recall, actor=plant.rhea, client="test", key="hold", in_a_mock=True)
    assert Hold.objects.count() == 2


def test_holding_all_needs_the_right(plant):
    recall = opened(plant, graph(plant, "S1 -> P1")["S1"])
    before = Entry.objects.count()
    with pytest.raises(ledger.NotPermitted):
        services.hold_all(recall=recall, actor=plant.quinn, client="test", key="hold")
    assert Entry.objects.count() == before


def test_a_start_is_left_out_with_a_reason_and_may_come_back(plant):
    lots = graph(plant, "S1 -> P1; S2 -> P2")
    recall = opened(plant, lots["S1"], lots["S2"])
    with pytest.raises(ledger.ReasonRequired):
        services.exclude_start(
            recall=recall, lot=lots["S2"], reason=" ", actor=plant.rhea, client="test", key="x"
        )
    services.exclude_start(
        recall=recall, lot=lots["S2"], reason="another grade", actor=plant.rhea, client="test", key="x"
    )
    start = recall.starts.get(lot=lots["S2"])
    assert (start.is_included, start.excluded_because) == (False, "another grade")
    assert [row.lot for row in services.live_scope(recall).starts] == ["S1"]
    with pytest.raises(ledger.BadInput):
        services.exclude_start(
            recall=recall, lot=lots["S1"], reason="mistake", actor=plant.rhea, client="test", key="y"
        )
    services.add_start(
        recall=recall, lots=[lots["S2"]], reason="it is after all", actor=plant.rhea, client="test", key="z"
    )
    assert recall.starts.included().count() == 2


def test_two_different_persons_close_it_and_only_with_a_frozen_scope(plant):
    recall = opened(plant, graph(plant, "S1 -> P1")["S1"])
    how = {"recall": recall, "reason": "All answered.", "client": "test", "key": "close"}
    with pytest.raises(ledger.SecondPersonRequired):
        services.close_recall(actor=plant.rhea, second_person=None, **how)
    with pytest.raises(ledger.SamePerson):
        services.close_recall(actor=plant.rhea, second_person=plant.rhea, **how)
    with pytest.raises(ledger.NotPermitted):
        services.close_recall(actor=plant.rhea, second_person=plant.quinn, **how)
    with pytest.raises(services.NothingFrozen):
        services.close_recall(actor=plant.rhea, second_person=plant.roy, **how)
    frozen(plant, recall)
    closed = services.close_recall(actor=plant.rhea, second_person=plant.roy, **how)
    assert not closed.is_open
    assert services.close_recall(actor=plant.rhea, second_person=plant.roy, **how) == closed
    with pytest.raises(services.RecallClosed):
        frozen(plant, recall, key="late")


@pytest.mark.parametrize("table", ["recalls_scoperevision", "recalls_recalllog"])
@pytest.mark.parametrize(
    "what", ["UPDATE {} SET recall_id = recall_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_the_database_refuses_to_change_revisions_and_log(plant, table, what):
    recall = opened(plant, graph(plant, "S1 -> P1")["S1"])
    frozen(plant, recall)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(what.format(table))
    assert RecallLog.objects.count() == 2


def test_even_the_owner_may_not_change_a_revision(committed_plant):
    from tests import databases

    plant = committed_plant
    frozen(plant, opened(plant, graph(plant, "S1 -> P1")["S1"]))
    for statement in (
        "UPDATE recalls_scoperevision SET number = 9",
        "DELETE FROM recalls_recalllog",
        "TRUNCATE recalls_scoperevision CASCADE",
    ):
        with databases.owner() as cursor:
            with pytest.raises(Exception, match="only added to"):
                cursor.execute(statement)


def test_opening_at_the_same_moment_with_one_key_opens_one(committed_plant):
    from concurrent.futures import ThreadPoolExecutor

    plant = committed_plant
    lot = graph(plant, "S1 -> P1")["S1"]

    def attempt(_):
        try:
            return opened(plant, Lot.objects.select_related("item", "supplier").get(pk=lot.pk)).number
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = set(pool.map(attempt, range(4)))
    assert len(numbers) == 1
    assert Recall.objects.count() == 1
