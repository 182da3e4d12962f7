"""Stock in a real browser: a move by scanner alone, and axe on every page of stock in its states."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.browser.test_axe import findings
from traceability import stock
from traceability.models import Balance
from traceability.stock import Amount


@pytest.fixture
def stocked(committed_plant):
    """A-1 stands in two places and on a pallet; B-1 waits; C-1 is held and past its date."""
    plant = committed_plant
    day = timezone.localdate()
    plant.lot = plant.receive("A-1", 100, expires_on=day + timedelta(days=9))
    plant.receive("B-1", 5, status="quarantine")
    plant.hold(plant.receive("C-1", 7, expires_on=day - timedelta(days=9)))
    sender = {"actor": plant.rita, "client": "t"}
    plant.box = stock.build(
        kind="pallet", location=plant.store, amounts=[Amount(lot=plant.lot, quantity=Decimal(40), location=plant.store)], key="b", **sender
    )  # fmt: skip
    stock.move_stock(
        amounts=[Amount(lot=plant.lot, quantity=Decimal(10), location=plant.store)],
        to=plant.store_2,
        key="m",
        **sender,
    )
    return plant


def scan(page, code):
    """As a wedge scanner does it: keys wherever the focus is, then Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def test_a_lot_is_moved_by_three_scans_and_no_other_key(stocked, open_page):
    page = open_page(as_="rita")
    page.goto("/stock/move/")
    scan(page, "A-1")
    page.get_by_text("Which do you mean by").wait_for()
    scan(page, "STORE-2")
    page.get_by_text("Scan the place where it goes").wait_for()
    scan(page, "QUARANTINE-1")
    page.get_by_text("10 lb of A-1 moved to QUARANTINE-1.").wait_for()
    assert page.evaluate("document.activeElement.id") == "code"
    assert Balance.objects.get(lot=stocked.lot, location__code="QUARANTINE-1").quantity == 10
    small = page.evaluate(
        "[...document.querySelectorAll('main a.button, main button, main .input')].filter((one) => one.offsetParent && one.getBoundingClientRect().height < 48).map((one) => one.outerHTML.slice(0, 90))"
    )
    assert small == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing_on_the_pages_of_stock(stocked, open_page, width, theme):
    plant, item = stocked, stocked.lot.item
    page = open_page(width=width, theme=theme, as_="rita")
    addresses = [
        "/stock/", "/stock/places/", "/stock/quantities/", "/stock/quantities/?item=nothing", "/stock/expiry/", "/stock/away/", "/stock/in-process/",
        f"/stock/items/{item.pk}/", "/containers/", f"/containers/{plant.box.pk}/", f"/containers/{plant.box.pk}/hold/", "/containers/new/",
        f"/lots/{plant.lot.pk}/split/", f"/items/{item.pk}/repack/", "/stock/move/", "/stock/move/?at=STORE-1", f"/stock/move/take/{plant.lot.pk}/",
        f"/stock/move/?hand=c{plant.box.pk}",
    ]  # fmt: skip
    count = stock.open_count(
        site=plant.site, rows=stock.rows_at(places=[plant.store]), what="Store", actor=plant.rita, client="t", key="count", is_blind=False
    )  # fmt: skip
    line = count.lines.filter(container__isnull=True).first()
    stock.enter(line=line, quantity=Decimal(1), actor=plant.rita, client="t", key="look")
    addresses += [
        "/counts/", "/counts/new/", "/counts/accuracy/", f"/counts/{count.pk}/", f"/counts/{count.pk}/sheet/", f"/counts/{count.pk}/post/",
        f"/lots/{plant.lot.pk}/label/", f"/labels/container/{plant.box.pk}/?size=4x6", "/labels/", "/printers/",
        f"/counts/{count.pk}/floor/", f"/counts/{count.pk}/floor/?place=STORE-1&line={line.pk}",
    ]  # fmt: skip
    found = {}
    for address in addresses:
        page.goto(address)
        if bad := findings(page):
            found[address] = bad
    page.goto("/stock/move/")
    scan(page, "ABX-99")
    page.get_by_role("alert").wait_for()
    page.watch.errors.clear()
    if bad := findings(page):
        found["unknown code"] = bad
    assert found == {}
