"""From what the supplier says on the telephone, in either spelling, to a frozen scope with everything on hold: in five clicks."""

import pytest

from recalls.models import Recall
from traceability.models import Hold

MOST = 12


@pytest.fixture
def spice(committed_plant):
    """RM-1 (CS-26-2874) ──▶ F-1, RM-2 (CS262874) ──▶ F-2 ──▶ customers"""
    plant = committed_plant
    item = plant.item("BREADED", unit="cs", kind="finished", decimals=0)
    for number, printed in ((1, "CS-26-2874"), (2, "CS262874")):
        lot = plant.receive(f"RM-{number}", 500, item=plant.item("SPICE"), supplier_lot=printed)
        run = plant.run(f"W{number}")
        plant.issue(lot, run, 100)
        plant.ship(plant.output(f"F-{number}", run, 170, item=item), 140, document=f"SH-{number}")
    return plant


def test_either_spelling_leads_to_the_whole_frozen_scope_in_a_few_clicks(spice, open_page):
    page = open_page(width=1280, theme="light", as_="rhea")
    page.set_default_timeout(60_000)
    clicks = 0

    def click(role, name):
        nonlocal clicks
        page.get_by_role(role, name=name).first.click()
        clicks += 1

    for spelling in ("CS-26-2874", "cs 262874"):
        clicks = 0
        page.goto("/recalls/")
        click("link", "New recall")
        page.get_by_label("Scan or type it as it is printed").fill(spelling)
        click("button", "Find")
        page.get_by_label("Title").fill(f"Spice {spelling}")
        page.get_by_label("Hazard").fill("Possible Salmonella")
        page.get_by_label("Reason").fill("The supplier called")
        click("button", "Open the case")
        page.get_by_role("heading", name=f"Spice {spelling}").wait_for()
        click("button", "Hold all 4 lots")
        page.get_by_role("heading", name="Everything is on hold").wait_for()
        click("button", "Freeze as rev 1")
        page.get_by_text("frozen rev 1").wait_for()
        assert clicks <= MOST
        recall = Recall.objects.get(title=f"Spice {spelling}")
        assert [lot.lot for lot in recall.latest_revision.scope.finished] == ["F-1", "F-2"]
        assert Hold.objects.standing().filter(reference=recall.number).count() == 4
    assert page.watch.strays == []
