"""Notices: each customer their own lots only, of a frozen list; letters, calls and replies on record, and what is still not explained."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from recalls import notifying, services
from recalls.models import Notice, NoticeEvent
from tests.graphs import graph
from traceability import ledger

D = Decimal


@pytest.fixture
def case(plant):
    """S1 ──▶ P1, P2 ──▶ two customers, each one lot"""
    lots = graph(plant, "S1 -> P1, P2")
    plant.ship(lots["P1"], 12, document="SH-1")
    plant.ship(lots["P2"], 5, document="SH-2", party=plant.other_customer)
    return services.open_recall(
        title="Spice", hazard="Salmonella", reason="They wrote", starts=[lots["S1"]], actor=plant.rhea, client="test", key="open",
    )  # fmt: skip


@pytest.fixture
def made(plant, case):
    services.freeze_scope(recall=case, actor=plant.rhea, client="test", key="freeze")
    return notifying.make_notices(recall=case, actor=plant.rhea)


def say(plant, notice, kind="reply", key="k1", **rest):
    return notifying.record(notice=notice, kind=kind, actor=plant.rhea, client="test", key=key, **rest)


def test_each_customer_is_told_of_their_own_lots_only_and_once(plant, case, made):
    assert {(n.party.code, tuple(line["lot"] for line in n.lines)) for n in made} == {
        ("C-1", ("P1",)),
        ("C-2", ("P2",)),
    }
    assert {n.pk for n in notifying.make_notices(recall=case, actor=plant.rhea)} == {n.pk for n in made}
    assert Notice.objects.count() == 2


def test_nobody_is_told_before_the_list_is_frozen_nor_in_a_mock(plant, case):
    with pytest.raises(notifying.NoNotices, match="no frozen scope"):
        notifying.make_notices(recall=case, actor=plant.rhea)
    with pytest.raises(ledger.NotPermitted):
        notifying.make_notices(recall=case, actor=plant.quinn)
    case.is_mock = True
    with pytest.raises(notifying.NoNotices, match="is a mock"):
        notifying.make_notices(recall=case, actor=plant.rhea)


def test_a_reply_explains_at_most_what_they_got_and_the_rest_stays_open(plant, made):
    first = made[0]
    say(plant, first, "no_answer", key="k0")
    (row,) = notifying.standing_of([first])
    assert (row.sent, row.reply, row.open) == (None, None, {"cs": D(12)})
    with pytest.raises(ledger.BadInput, match="more than the 12 cs"):
        say(plant, first, amounts={"cs": {"on_hand": "10", "passed_on": "3"}})
    for wrong in ("x", "-1", "NaN", "1e99"):
        with pytest.raises(ledger.BadInput, match="no quantity"):
            say(plant, first, amounts={"cs": {"on_hand": wrong}})
    for _ in range(2):
        say(
            plant,
            first,
            amounts={"cs": {"on_hand": "7.5", "passed_on": "2"}},
            spoke_to="Jo",
            note="Two went to Bay Diner",
        )
    assert NoticeEvent.objects.filter(kind="reply").count() == 1
    (row,) = notifying.standing_of([first])
    assert row.open == {"cs": D("2.5")}
    assert row.answered == {"cs": {"on_hand": D("7.5"), "passed_on": D(2)}}


def test_what_was_said_is_only_added_to(plant, made):
    event = say(plant, made[0], "call")
    with pytest.raises(DatabaseError), transaction.atomic():
        NoticeEvent.objects.filter(pk=event.pk).update(note="never")
    with pytest.raises(DatabaseError), transaction.atomic():
        Notice.objects.filter(pk=made[0].pk).delete()


def test_the_pages_show_who_was_told_and_the_letter_names_no_other_customers_lot(plant, case, made):
    rhea = Client()
    rhea.force_login(plant.rhea, backend="traceability.roles.RoleBackend")
    first = next(n for n in made if n.party.code == "C-1")
    letter = rhea.get(f"/recalls/notices/{first.pk}/letter/").content.decode()
    assert "P1" in letter
    assert "P2" not in letter
    sent = {"kind": "reply", "on_hand_0": "12", "spoke_to": "Jo", "key": "replykey01"}
    assert rhea.post(f"/recalls/notices/{first.pk}/record/", sent).status_code == 302
    page = rhea.get(f"/recalls/{case.pk}/notices/").content.decode()
    assert "Coastal Grocers" in page
    refused = rhea.post(
        f"/recalls/notices/{first.pk}/record/", {**sent, "on_hand_0": "99", "key": "replykey02"}
    )
    assert "explains more than" in refused.content.decode()
    lines = (
        b"".join(rhea.get(f"/recalls/{case.pk}/notices/?format=csv").streaming_content).decode().splitlines()
    )
    assert len(lines) == 3
    paul = Client()
    paul.force_login(plant.paul, backend="traceability.roles.RoleBackend")
    assert paul.get(f"/recalls/{case.pk}/notices/").status_code == 403
    auditor = Client()
    auditor.force_login(plant.ada, backend="traceability.roles.RoleBackend")
    assert auditor.get(f"/recalls/notices/{first.pk}/").status_code == 200
    assert auditor.post(f"/recalls/notices/{first.pk}/record/", sent).status_code == 403
