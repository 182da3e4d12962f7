"""Alerts: asked of the facts, new until seen, for each person as they set them; and the mail of the day."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from traceability import alerts, verification
from traceability.alerts import digest
from traceability.ledger import Move, Need
from traceability.models import AlertSetting, Checkpoint, Digest, Job, Lot


def told(person):
    return {
        group.own.source.kind: [(alert.code, alert.is_seen) for alert in group.alerts]
        for group in alerts.groups(person)
    }


def bell(client):
    return client.get("/help/").context["unseen_alerts"]


def test_a_hold_is_news_until_it_is_seen_and_stands_until_it_is_lifted(plant, browse):
    lot = plant.receive("L-1")
    plant.hold(lot, reason="Metal found")
    quinn = browse("quinn")
    assert bell(quinn) == 1
    page = quinn.get("/alerts/").content.decode()
    assert "Metal found" in page
    assert "New" in page
    quinn.post("/alerts/seen", {"kind": "held"})
    assert bell(quinn) == 0
    assert told(plant.quinn)["held"] == [("L-1", True)]
    assert bell(browse("sam")) == 1, "seen by one is not seen by all"
    plant.hold(plant.receive("L-2"))
    assert bell(quinn) == 1


def test_one_alert_can_be_seen_alone(plant, browse):
    for number in ("L-1", "L-2"):
        plant.hold(plant.receive(number))
    quinn = browse("quinn")
    key = alerts.groups(plant.quinn)[0].alerts[0].key
    quinn.post("/alerts/seen", {"kind": "held", "alert": key})
    assert told(plant.quinn)["held"] == [("L-2", True), ("L-1", False)]
    assert bell(quinn) == 1


def test_what_became_news_after_the_page_was_drawn_stays_new(plant, browse):
    plant.hold(plant.receive("L-1"))
    quinn = browse("quinn")
    drawn_at = quinn.get("/alerts/").context["drawn_at"]
    plant.hold(plant.receive("L-2"))
    quinn.post("/alerts/seen", {"drawn_at": drawn_at})
    assert told(plant.quinn)["held"] == [("L-2", False), ("L-1", True)]


def test_dates_count_from_the_day_each_person_has_set(plant, browse):
    today = timezone.localdate()
    for days in (5, 20, 40, -3):
        plant.receive(f"D{days}", expires_on=today + timedelta(days=days))
    assert {code for code, _ in told(plant.quinn)["expiring"]} == {"D5", "D20", "D-3"}
    sent = {"expiring-on": "yes", "expiring-threshold": "10", "held-on": "yes", "waiting-threshold": "24"}
    assert browse("quinn").post("/alerts/settings/", sent).status_code == 302
    assert {code for code, _ in told(plant.quinn)["expiring"]} == {"D5", "D-3"}
    assert "waiting" not in told(plant.quinn), "it was switched off"
    assert {code for code, _ in told(plant.quentin)["expiring"]} == {"D5", "D20", "D-3"}


@pytest.mark.parametrize("wrong", ["0", "x", "9999", "", "-1"])
def test_a_limit_that_is_no_number_is_refused_and_nothing_changes(plant, browse, wrong):
    answer = browse("quinn").post(
        "/alerts/settings/", {"expiring-threshold": wrong, "waiting-threshold": "24"}
    )
    assert answer.status_code == 422
    assert not AlertSetting.objects.exists()


def test_waiting_is_news_after_the_hours_of_the_person(plant, browse):
    for number, hours in (("OLD", 30), ("NEW", 2)):
        at = timezone.now() - timedelta(hours=hours)
        lot = Lot(item=plant.item(), number=number)
        move = Move(
            lot=lot,
            quantity=Decimal(5),
            origin=plant.place("supplier"),
            destination=plant.store,
            destination_status="quarantine",
        )
        plant.post("receipt", move, party=plant.supplier, document=number, occurred_at=at, recorded_at=at,
                   needs=[Need(lot=lot, stage="receiving", what="Incoming inspection")])  # fmt: skip
    assert [code for code, _ in told(plant.quinn)["waiting"]] == ["OLD"]
    assert "waiting" not in told(plant.sam)


def test_a_file_that_failed_is_told_to_whoever_asked(plant, browse):
    Job.objects.create(kind="traceability.export_list", title="Lots, CSV", client="t", key="k", right="x", asked_by=plant.rhea,
                       state="failed", error="It broke.", finished_at=timezone.now())  # fmt: skip
    assert bell(browse("rhea")) == bell(browse("roy")) + 1
    assert "Lots, CSV failed" in browse("rhea").get("/alerts/").content.decode()


def test_a_ledger_that_nobody_verified_is_told_to_those_who_verify(plant, browse):
    plant.receive("L-1")
    assert not told(plant.rhea)["ledger"], "36 hours are not over"
    verification.run()
    Checkpoint.objects.update(at=timezone.now() - timedelta(hours=40))
    assert told(plant.rhea)["ledger"]
    assert "ledger" not in told(plant.sam)
    Checkpoint.objects.update(findings=[{"check": "chain"}], counts={"chain": 1}, at=timezone.now())
    assert "1 thing is not as posted" in browse("alma").get("/alerts/").content.decode()


def test_the_bell_costs_two_queries(plant, browse, django_assert_num_queries):
    for n in range(5):
        plant.hold(plant.receive(f"L-{n}"))
    assert plant.quinn.reach.everywhere  # Asked once a request, by whoever is first.
    with django_assert_num_queries(2):
        assert alerts.unseen_count(plant.quinn) == 5


# The mail of the day.


@pytest.fixture
def reader(plant):
    plant.quinn.email = "quinn@plant.example"
    plant.quinn.save()
    return plant


def test_the_mail_tells_what_is_new_and_comes_once_a_day(reader, settings):
    settings.LOTLINE_URL = "https://lotline.plant.example/"
    lot = reader.receive("L-1")
    reader.hold(lot, reason="Metal found")
    now = timezone.now()
    Digest.objects.create(person=reader.quinn, hour=0)
    assert digest.send_due(now) == 1
    assert digest.send_due(now) == 0, "run twice is one mail"
    (message,) = mail.outbox
    assert message.to == ["quinn@plant.example"]
    assert "lots put on hold: 1" in message.subject
    assert "L-1" in message.body
    assert "https://lotline.plant.example/entries/2/" in message.body
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert "Metal found" in html
    tomorrow = now + timedelta(days=1)
    assert digest.send_due(tomorrow) == 0, "nothing new, no mail"
    reader.hold(reader.receive("L-2"))
    assert digest.send_due(tomorrow + timedelta(days=1)) == 1
    assert "L-1" not in mail.outbox[1].body


def test_the_hour_is_that_of_the_site(reader):
    reader.hold(reader.receive("L-1"))
    Digest.objects.create(person=reader.quinn, hour=13)
    later = timezone.now().replace(year=2031)
    digest.send_due(later.replace(month=1, day=5, hour=18))  # noon in Chicago
    assert Digest.objects.get().looked_on is None
    digest.send_due(later.replace(month=1, day=5, hour=19))
    assert Digest.objects.get().looked_on is not None


def test_what_was_seen_in_the_meantime_is_not_mailed(reader, browse):
    reader.hold(reader.receive("L-1"))
    Digest.objects.create(person=reader.quinn, hour=0)
    browse("quinn").post("/alerts/seen")
    assert digest.send_due(timezone.now() + timedelta(hours=1)) == 0
    assert mail.outbox == []


def test_a_mail_that_fails_is_sent_later_with_everything_in_it(reader, monkeypatch):
    reader.hold(reader.receive("L-1"))
    Digest.objects.create(person=reader.quinn, hour=0)
    now = timezone.now() + timedelta(hours=1)

    def fails(self, **_):
        raise OSError("the mail server is away")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMultiAlternatives.send", fails)
        assert digest.send_due(now) == 0
    assert digest.send_due(now) == 1
    assert "L-1" in mail.outbox[0].body


def test_nobody_is_mailed_who_switched_it_off_left_or_has_no_address(reader):
    reader.hold(reader.receive("L-1"))
    Digest.objects.create(person=reader.quinn, hour=0, is_on=False)
    assert digest.send_due(timezone.now() + timedelta(hours=1)) == 0
    Digest.objects.update(is_on=True)
    reader.quinn.is_active = False
    reader.quinn.save()
    assert digest.send_due(timezone.now() + timedelta(hours=1)) == 0
    assert mail.outbox == []
