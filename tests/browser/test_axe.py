"""axe-core finds nothing, on states and not only on pages, narrow and wide, light and dark."""

import pytest

from recalls import services

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}


def findings(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"][:3]]


@pytest.fixture
def story(committed_plant):
    """S ──▶ W1 ──▶ B ──▶ W2 ──▶ F-1 ──▶ customers; a real recall on S, frozen and held"""
    plant = committed_plant
    spice = plant.receive("RM-1", 500, item=plant.item("SPICE"), supplier_lot="CS-26-2874")
    plant.receive("RM-2", 50, item=plant.item("SPICE"), supplier_lot="CS-26-2875", status="quarantine")
    first, second = plant.run("W1"), plant.run("W2")
    plant.issue(spice, first, 100)
    blend = plant.output("B-1", first, 150, item=plant.item("BLEND", kind="intermediate"))
    plant.issue(blend, second, 100)
    lot = plant.output("F-1", second, 170, item=plant.item("BREADED", unit="cs", kind="finished", decimals=0))
    plant.ship(lot, 140, document="SH-1")
    recall = services.open_recall(
        title="Cajun spice",
        hazard="Salmonella",
        reason="They wrote",
        starts=[spice],
        actor=plant.rhea,
        client="t",
        key="o",
    )
    services.freeze_scope(recall=recall, actor=plant.rhea, client="t", key="f")
    return plant, lot, recall


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing(story, open_page, width, theme):
    plant, lot, recall = story
    case = f"/recalls/{recall.pk}/"
    found = {}

    def look(page, name):
        if bad := findings(page):
            found[name] = bad

    page = open_page(width=width, theme=theme)
    page.goto("/login/")
    look(page, "log in")
    page.get_by_label("Name").fill("rhea")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    look(page, "log in refused")
    page.watch.errors.clear()  # Chromium tells of every answer of 400.

    page = open_page(width=width, theme=theme, as_="rhea")
    addresses = [
        "/", "/lots/", "/lots/?q=nothing", f"/lots/{lot.pk}/", f"/lots/{lot.pk}/where-from/", "/entries/", "/entries/1/", "/items/", f"/items/{lot.item_id}/",
        "/locations/", "/parties/", f"/parties/{plant.customer.pk}/", "/help/", "/search?q=-1", "/recalls/", "/recalls/open/", "/recalls/open/?start=CS262874",
        case, f"{case}customers/", f"{case}stock/", f"{case}flow/", f"{case}balance/", f"{case}log/", f"{case}hold/", f"{case}?revision=1",
        f"{case}starts/?start=RM-2", f"{case}freeze/?narrow=yes", f"{case}rev/1/files/", f"/lots/{lot.pk}/flow/from/", "/inquiries/", "/inquiries/?q=CS262874",
        "/inquiries/recall-lots-stocked/?number_from=RM-1", "/inquiries/lot-transactions/", "/inquiries/recall-serials-shipped/", "/recalls/complaints/",
        "/recalls/complaints/record/", "/recalls/complaints/cause/?bad=F-1 B-1",
    ]  # fmt: skip
    for address in addresses:
        page.goto(address)
        look(page, address)
    page.goto(case)
    page.get_by_role("button", name="Hold all").click()
    page.get_by_role("heading", name="Everything is on hold").wait_for()
    look(page, "held")
    page.goto(f"/lots/{lot.pk}/")
    look(page, "held lot")
    page.goto("/lots/?colour=red")
    look(page, "400")
    page.goto("/nothing-here/")
    look(page, "404")
    page.watch.errors.clear()
    assert found == {}


def test_axe_finds_nothing_on_a_refusal(story, open_page):
    page = open_page(as_="rhea")
    page.goto("/recalls/open/?start=CS-26-2874")
    for box in page.locator('input[name="lot"]').all():
        box.uncheck()
    for label, text in (("Title", "Spice"), ("Hazard", "Salmonella"), ("Reason", "They wrote")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Open the case").click()
    page.get_by_role("alert").wait_for()
    assert "bad_input" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Title", exact=True).input_value() == "Spice"
    page.watch.errors.clear()
    assert findings(page) == []
