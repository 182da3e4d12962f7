"""Starts of an open case from any mix, left out with a reason; readings with what they do, frozen with who chose them and why."""

from datetime import timedelta

import pytest
from django.utils import timezone

from recalls import services
from recalls.finding import starts_for
from tests.graphs import graph
from traceability.ledger import BadInput


@pytest.fixture
def case(plant):
    """S1 ──▶ B1 ──▶ P1 ──▶ a customer; S2 ──▶ P2 was only inferred."""
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    plant.ship(lots["P1"], 12, document="SH-1")
    second = plant.receive("S2", 100, item=plant.item("SPICE"), supplier_lot="SL-S2")
    run = plant.run("WO-9")
    plant.issue(second, run, 10, evidence="inferred")
    plant.output("P2", run, 20, item=plant.item("PIE"), evidence="inferred")
    recall = services.open_recall(
        title="Spice", hazard="Salmonella", reason="They wrote", starts=[lots["S1"]], actor=plant.rhea, client="test", key="open",
    )  # fmt: skip
    return recall, lots, second


def test_a_start_is_found_ticked_and_added_with_its_reason(plant, case, browse):
    recall, _, second = case
    rhea = browse("rhea")
    page = rhea.get(f"/recalls/{recall.pk}/starts/?start=sl s2").content.decode()
    assert f'value="{second.pk}" checked' in page
    sent = {"lot": [second.pk], "key": "addkey0001", "reason": ""}
    refused = rhea.post(f"/recalls/{recall.pk}/starts/add/", sent)
    assert refused.status_code == 422 or refused.status_code == 400
    assert "This needs a reason." in refused.content.decode()
    sent["reason"] = "Same truck"
    for _ in range(2):
        assert rhea.post(f"/recalls/{recall.pk}/starts/add/", sent).status_code == 302
    assert recall.starts.included().count() == 2
    assert recall.log.filter(verb="add_start").get().what == "Added S2. Same truck"
    assert "there already" in rhea.get(f"/recalls/{recall.pk}/starts/?start=S2").content.decode()


def test_a_start_is_left_out_with_a_reason_and_stays_on_record(plant, case, browse):
    recall, lots, second = case
    rhea = browse("rhea")
    services.add_start(recall=recall, lots=[second], reason="x", actor=plant.rhea, client="test", key="a")
    sent = {"exclude": lots["S1"].pk, "reason": "Wrong truck", "key": "outkey0001"}
    assert rhea.post(f"/recalls/{recall.pk}/starts/exclude/", sent).status_code == 302
    assert "Wrong truck" in rhea.get(f"/recalls/{recall.pk}/starts/").content.decode()
    last = {"exclude": second.pk, "reason": "None", "key": "outkey0002"}
    assert "is the only start" in rhea.post(f"/recalls/{recall.pk}/starts/exclude/", last).content.decode()
    assert browse("ada").get(f"/recalls/{recall.pk}/starts/").status_code == 403


def test_a_narrow_reading_shows_what_it_leaves_out_and_needs_a_reason(plant, case, browse):
    recall, _, second = case
    services.add_start(recall=recall, lots=[second], reason="x", actor=plant.rhea, client="test", key="a")
    rhea = browse("rhea")
    page = rhea.get(f"/recalls/{recall.pk}/freeze/?narrow=yes").content.decode()
    assert '<strong>−1 lot</strong> <span class="lot-code">P2</span>' in page
    sent = {"key": "f-1", "narrow": "yes"}
    refused = rhea.post(f"/recalls/{recall.pk}/freeze/", sent)
    assert "This needs a reason." in refused.content.decode()
    assert not recall.revisions.exists()
    rhea.post(f"/recalls/{recall.pk}/freeze/", {**sent, "reason": "The order was never run"})
    revision = recall.revisions.get()
    assert revision.reading == {"narrow": True, "contains_now": False, "time_aware": False}
    assert [lot.lot for lot in revision.scope.left_out] == ["P2"]
    words = recall.log.get(verb="freeze").what
    assert "without links that were only inferred, 1 lots left out. The order was never run" in words
    assert services.remake(revision).facts_sha256 == revision.facts_sha256
    later = rhea.get(f"/recalls/{recall.pk}/freeze/").content.decode()
    assert '<strong>+1 lot</strong> <span class="lot-code">P2</span>' in later


def test_dates_on_a_basis_that_is_said_are_a_start_like_any_other(plant, case):
    today = timezone.localdate()
    span = f"{today - timedelta(1)}..{today}"

    def numbers(text):
        return {lot.number for found in starts_for(text) for lot in found.lots}

    assert numbers(f"received SPICE {span}") == {"S1", "S2"}
    assert numbers(f"made pie {span}") == {"P1", "P2"}
    assert numbers(f"shipped {span}") == {"P1"}
    assert numbers(f"shipped Coastal Grocers {span}") == {"P1"}
    assert numbers(f"received SPICE {today - timedelta(9)}..{today - timedelta(8)}") == set()
    (party,) = starts_for("C-1")
    assert (party.kind, party.is_certain, [lot.number for lot in party.lots]) == ("party", False, ["P1"])
    for wrong in (
        f"made NOTHING {span}",
        f"line L-9 {span}",
        "made 2026-02-30..2026-03-01",
        "made 2026-03-02..2026-03-01",
    ):
        with pytest.raises(BadInput):
            starts_for(wrong)
