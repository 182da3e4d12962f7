"""Home: each role finds its own work, worst first, and every number leads to its list."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.cast import PEOPLE
from traceability.models import Job
from traceability.views.home_tasks import past_date


def tasks(page):
    return [(task.title, task.code) for task in page.context["tasks"]]


def test_home_counts_what_waits_and_links_to_it(plant, browse):
    plant.receive("W-1", 6, status="quarantine")
    held = plant.receive("H-1")
    plant.hold(held)
    page = browse("quinn").get("/")
    assert ("Decide 6 lb of", "W-1") in tasks(page)
    text = page.content.decode()
    assert "/lots/?held=yes" in text
    assert "On hold, by place" in text
    assert "condition=held" in text, "the pick list"


@pytest.mark.parametrize("name", [*PEOPLE])
def test_every_number_on_home_opens_and_agrees_with_its_list(plant, browse, name):
    today = timezone.localdate()
    plant.receive("W-1", 6, status="quarantine")
    plant.hold(plant.receive("H-1"))
    plant.receive("E-1", expires_on=today + timedelta(days=5))
    plant.receive("P-1", expires_on=today - timedelta(days=5))
    client = browse(name)
    page = client.get("/")
    assert page.status_code == 200
    for metric in page.context["metrics"]:
        answer = client.get(metric.url)
        assert answer.status_code == 200, metric
        if metric.label in ("On hold", "Expiring in 30 days"):
            assert answer.context["total"] == int(metric.value)
    for view in page.context["views"]:
        answer = client.get(view["address"])
        assert answer.context["total"] == view["count"]
    for task in page.context["tasks"]:
        assert client.get(task.url).status_code in (200, 302), task
    for address in re.findall(r'href="(/[^"]*)"', page.content.decode()):
        assert client.get(address.replace("&amp;", "&")).status_code in (200, 302), address


def test_only_who_decides_is_asked_to_decide(plant, browse):
    plant.receive("W-1", 6, status="quarantine")
    assert ("Decide 6 lb of", "W-1") in tasks(browse("rhea").get("/"))
    assert tasks(browse("sam").get("/")) == []
    assert tasks(browse("ada").get("/")) == []
    assert [task.title for task in past_date(2)] == ["2 lots past their date are still in stock"]


def test_a_promise_that_a_hold_broke_stands_on_the_home_of_who_picks(plant, browse):
    from decimal import Decimal

    from traceability import ledger

    lot = plant.receive("F-1", 50)
    move = ledger.Move(lot=lot, quantity=Decimal(20), origin=plant.store, destination=plant.place("customer"))
    ledger.reserve(moves=[move], document="SO-1", actor=plant.sam, now=timezone.now())
    assert tasks(browse("sam").get("/")) == []
    plant.hold(lot)
    assert ("Choose another lot for", "SO-1") in tasks(browse("sam").get("/"))
    assert ("Choose another lot for", "SO-1") not in tasks(browse("rita").get("/"))


def test_one_s_own_failed_file_is_told(plant, browse):
    Job.objects.create(kind="x.y", title="Lots, CSV", client="t", key="k", right="x", asked_by=plant.rita, state="failed",
                       error="It broke.", finished_at=timezone.now())  # fmt: skip
    assert ("Lots, CSV failed", "") in tasks(browse("rita").get("/"))
    assert tasks(browse("sam").get("/")) == []


def test_the_oldest_stands_first_and_what_is_late_before_what_is_not(plant, browse):
    for number, days in (("NEW", 0), ("OLD", 9), ("OLDER", 12)):
        plant.receive(
            number,
            5,
            status="quarantine",
            occurred_at=timezone.now() - timedelta(days=days),
            reason="on paper",
        )
    found = [code for title, code in tasks(browse("rhea").get("/")) if title.startswith("Decide")]
    assert found == ["OLDER", "OLD", "NEW"]


def test_home_costs_the_same_for_little_and_for_much(plant, browse, django_assert_max_num_queries):
    for n in range(25):
        plant.hold(
            plant.receive(
                f"H-{n}", status="quarantine" if n % 2 else "released", at=plant.store_2 if n % 3 else None
            )
        )
    for name in ("rhea", "quinn", "sam", "rita", "ada", "alma"):
        client = browse(name)
        with django_assert_max_num_queries(30):
            client.get("/")
