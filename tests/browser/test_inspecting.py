"""The bench in a real browser: how few inputs twelve characteristics take, by keys and touches, and nothing chosen beforehand."""

import pytest
from django.utils import timezone

from qc.models import Characteristic, Inspection, Plan, Result
from tests.browser.test_axe import findings
from traceability.ledger import Need
from traceability.models import Balance

NUMBERS, WORDS, HUMAN = 8, 4, 45
PATIENT = 30_000


@pytest.fixture
def lot(committed_plant):
    plant = committed_plant
    item = plant.item("SHRIMP", inspected_at=["receiving"])
    plan = Plan.objects.create(
        code="QP-12",
        name="Twelve",
        stage="receiving",
        status="approved",
        approved_by=plant.quentin,
        approved_at=timezone.now(),
    )
    plan.items.add(item)
    for n in range(1, NUMBERS + 1):
        Characteristic.objects.create(
            plan=plan, position=n, name=f"Reading {n}", kind="measurement", unit="°C", upper=9
        )
    for n in range(1, WORDS + 1):
        Characteristic.objects.create(plan=plan, position=NUMBERS + n, name=f"Look {n}", kind="pass_fail")
    made = plant.receive("L-1", 100, item=item, status="quarantine")
    plant.post(
        "disposition", site=plant.site, needs=[Need(stage="receiving", what="Receiving inspection", lot=made)]
    )
    return made


def test_twelve_characteristics_are_one_scan_thirty_two_keys_four_touches_and_a_signature(lot, open_page):
    page = open_page(as_="quinn", width=375)
    page.set_default_timeout(PATIENT)
    page.goto("/qc/")
    page.locator("#code").press_sequentially("L-1")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Measured").wait_for()
    assert page.locator("main input:checked").count() == 0
    keys = touches = 0
    for n in range(1, NUMBERS + 1):
        page.wait_for_function(
            "label => document.activeElement.getAttribute('aria-label') === label",
            arg=f"Reading {n}, reading 1",
        )
        page.keyboard.type("3.1", delay=HUMAN)
        page.keyboard.press("Enter")
        keys += 4
        page.get_by_label(f"Reading {n}, reading 1, saved").wait_for()
    for n in range(1, WORDS + 1):
        look = page.get_by_role("group", name=f"Look {n}")
        look.get_by_text("Pass", exact=True).click()
        touches += 1
        look.locator(".result-pass").wait_for()
    assert (keys, touches) == (32, 4)
    assert Result.objects.filter(is_within=True).count() == NUMBERS + WORDS
    assert findings(page) == []
    page.get_by_text("Release", exact=True).click()
    page.get_by_role("button", name="Sign the decision").click()
    page.get_by_role("heading", name="Released").wait_for()
    assert Inspection.objects.get().decided_by.username == "quinn"
    assert Balance.objects.get(lot=lot, quantity__gt=0).status == "released"


def test_a_slip_is_asked_about_and_enter_never_converts_by_itself(lot, open_page):
    Characteristic.objects.filter(name="Reading 1").update(gross_upper=35)
    page = open_page(as_="quinn")
    page.set_default_timeout(PATIENT)
    page.goto("/qc/")
    page.locator("#code").press_sequentially("L-1")
    page.keyboard.press("Enter")
    field = page.get_by_label("Reading 1, reading 1")
    field.press_sequentially("41.2", delay=HUMAN)
    field.press("Enter")
    page.get_by_role("button", name="Convert (5.1 °C)").wait_for()
    field.press("Enter")
    page.get_by_role("button", name="Convert (5.1 °C)").wait_for()
    assert not Result.objects.exists()
    page.get_by_role("button", name="Convert (5.1 °C)").click()
    page.get_by_label("Reading 1, reading 1, saved").wait_for()
    assert float(Result.objects.get().value) == 5.1
    # The browser itself notes a refused answer; anything else would be an error.
    page.watch.errors[:] = [error for error in page.watch.errors if "422" not in error]
