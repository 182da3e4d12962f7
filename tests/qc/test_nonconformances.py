"""A nonconformance from its report to its close: contained, reviewed by two where it is used as is, and closed once its actions work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from qc.models import CorrectiveAction, Nonconformance
from qc.services import reporting
from tests.cast import PASSWORD
from traceability import ledger
from traceability.models import Hold


@pytest.fixture
def lot(plant):
    return plant.receive("L-1", supplier_lot="TT-1")


@pytest.fixture
def found(plant, lot):
    return reporting.report(
        title="Torn bags",
        source="receiving",
        lots=[lot],
        actor=plant.rita,
        client="t",
        key="one",
        defects=["TORN"],
    )


def ask(plant, found, kind="corrective", owner=None, key="a"):
    return reporting.ask_for_action(
        nonconformance=found, kind=kind, what="Ask for stronger bags", owner=owner or plant.rita, due_on=timezone.localdate() + timedelta(days=9),
        actor=plant.quinn, client="t", key=key,
    )  # fmt: skip


def reviewed(plant, found, decision="rework", **rest):
    return reporting.review(
        nonconformance=found,
        decision=decision,
        reason="Sew them",
        root_cause="Thin bags",
        actor=plant.quinn,
        **rest,
    )


def test_everybody_on_the_floor_may_report_and_sent_twice_is_one(plant, lot, found):
    again = reporting.report(
        title="Torn bags",
        source="receiving",
        lots=[lot],
        actor=plant.rita,
        client="t",
        key="one",
        defects=["TORN"],
    )
    assert again == found
    assert (found.supplier, list(found.lots.all()), found.state) == (plant.supplier, [lot], "Reported")
    with pytest.raises(ledger.NotPermitted):
        reporting.report(title="x", source="other", actor=plant.nora, client="t", key="two")


def test_containing_it_holds_its_lots_under_its_number(plant, lot, found):
    for _ in range(2):
        reporting.contain(
            nonconformance=found,
            containment="Set apart",
            hold=True,
            actor=plant.quinn,
            client="t",
            key="hold",
        )
    assert [(hold.lot, hold.reference) for hold in Hold.objects.standing()] == [(lot, found.number)]


def test_use_as_is_takes_two_persons_with_the_right(plant, found):
    with pytest.raises(ledger.SecondPersonRequired):
        reviewed(plant, found, "use_as_is")
    with pytest.raises(ledger.NotPermitted):
        reviewed(plant, found, "use_as_is", second_person=plant.sam)
    with pytest.raises(ledger.SamePerson):
        reviewed(plant, found, "use_as_is", second_person=plant.quinn)
    assert reviewed(plant, found, "use_as_is", second_person=plant.quentin).second_reviewer == plant.quentin
    with pytest.raises(ledger.Refusal, match="reviewed already"):
        reviewed(plant, found, "scrap")


def test_it_is_closed_once_its_last_action_was_found_to_work_by_somebody_else(plant, found):
    with pytest.raises(reporting.StillOpen, match="the material review"):
        reporting.close(nonconformance=found, actor=plant.quinn)
    reviewed(plant, found)
    first = ask(plant, found, kind="vendor")
    assert first.number.startswith("SCAR-")
    with pytest.raises(reporting.StillOpen, match="is not done"):
        reporting.close(nonconformance=found, actor=plant.quinn)
    with pytest.raises(ledger.NotPermitted):
        reporting.complete(action=first, done="Done", actor=plant.sam)
    reporting.complete(action=first, done="New bags from May", actor=plant.rita)
    with pytest.raises(ledger.NotPermitted):
        reporting.check_effect(action=first, is_effective=True, checked="Looked", actor=plant.rita)
    reporting.check_effect(action=first, is_effective=False, checked="Still torn", actor=plant.quinn)
    with pytest.raises(reporting.StillOpen, match="no other action followed"):
        reporting.close(nonconformance=found, actor=plant.quinn)
    second = ask(plant, found, owner=plant.quentin, key="b")
    reporting.complete(action=second, done="Another mill", actor=plant.quentin)
    with pytest.raises(ledger.SamePerson):
        reporting.check_effect(action=second, is_effective=True, checked="Fine", actor=plant.quentin)
    reporting.check_effect(action=second, is_effective=True, checked="Ten lots, none torn", actor=plant.quinn)
    assert reporting.close(nonconformance=found, actor=plant.quinn).state == "Closed"
    with pytest.raises(reporting.NonconformanceClosed):
        ask(plant, found, key="c")


def test_the_whole_of_it_at_the_screen(plant, lot, client):
    def as_(name):
        client.force_login(plant.people[name], backend="traceability.roles.RoleBackend")

    as_("rita")
    wrong = client.post(
        "/qc/nonconformances/new",
        {"key": "a" * 32, "title": "Torn", "source": "receiving", "severity": "major", "lots": "L-1, L-9"},
    )
    assert (wrong.status_code, "No lot is called L-9." in wrong.content.decode()) == (422, True)
    client.post(
        "/qc/nonconformances/new",
        {"key": "a" * 32, "title": "Torn", "source": "receiving", "severity": "major", "lots": "L-1"},
    )
    found = Nonconformance.objects.get()
    address = f"/qc/nonconformances/{found.pk}/"
    assert client.post(f"{address}contain", {"key": "b" * 32, "containment": "x"}).status_code == 403
    as_("quinn")
    client.post(f"{address}contain", {"key": "b" * 32, "containment": "Set apart", "hold": "yes"})
    nothing = client.post(f"{address}review", {"reason": "Kept text"})
    assert "Kept text" in nothing.content.decode()
    both = {"second_username": "quentin", "second_password": PASSWORD}
    client.post(f"{address}review", {"review": "use_as_is", "reason": "Only the outer bag", **both})
    due = (timezone.localdate() - timedelta(days=1)).isoformat()
    client.post(
        f"{address}ask",
        {
            "key": "c" * 32,
            "verb": "ask",
            "kind": "corrective",
            "what": "Stronger bags",
            "owner": plant.rita.pk,
            "due_on": due,
        },
    )
    action = CorrectiveAction.objects.get()
    assert "Overdue" in client.get("/qc/actions/").content.decode()
    as_("rita")
    client.post(f"{address}actions/{action.pk}/", {"text": "Ordered"})
    as_("quinn")
    client.post(f"{address}actions/{action.pk}/", {"verb": "check", "works": "yes", "text": "Looked at ten"})
    client.post(f"{address}close")
    found.refresh_from_db()
    assert found.state == "Closed"
    page = client.get(address).content.decode()
    for said in ("Set apart", "Use as is", "Quinn and Quentin", "It works", "Ordered"):
        assert said in page
    assert found.number in client.get("/qc/nonconformances/?state=closed&format=csv").getvalue().decode()
    assert found.number in client.get(f"/qc/lots/{lot.pk}/").content.decode()
