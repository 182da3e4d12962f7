"""The shell in a real browser. Every page is watched: no error in the console, no request that leaves the server."""

import pytest

from tests.cast import PASSWORD


@pytest.fixture
def lot(committed_plant):
    """S ──▶ W1 ──▶ B ──▶ W2 ──▶ C ──▶ W3 ──▶ F, held"""
    plant = committed_plant
    lot = plant.receive("RM-261019-07", 500, supplier_lot="CS-26-2874")
    for n, number in enumerate(("B-1", "C-1", "F-261022-1"), 1):
        run = plant.run(f"WO-{n}")
        plant.issue(lot, run, 20)
        lot = plant.output(
            number, run, 20, item=plant.item(f"MADE-{n}", kind="finished" if n == 3 else "intermediate")
        )
    plant.ship(lot, 5, document="SH-7001")
    plant.hold(lot, reason="Salmonella")
    return lot


def test_one_logs_in_and_opens_a_lot_with_the_keyboard_alone(committed_plant, lot, open_page):
    page = open_page()
    page.goto("/")
    page.get_by_label("Name").focus()
    page.keyboard.type("quinn")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Needs a decision").wait_for()
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("f-261022-1")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Does it add up?").wait_for()
    assert page.title() == "F-261022-1 · Lotline"


def test_the_skip_link_leads_to_the_content(committed_plant, open_page):
    page = open_page(as_="quinn")
    page.goto("/lots/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_the_theme_follows_the_device_until_one_chooses(committed_plant, open_page):
    def ground(page):
        return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    page = open_page(theme="dark", as_="quinn")
    page.goto("/")
    dark = ground(page)
    page.get_by_role("button", name="You: Quinn").click()
    page.get_by_role("button", name="Light").click()
    page.wait_for_load_state()
    light = ground(page)
    assert dark != light
    page.goto("/lots/")
    assert ground(page) == light
    page.get_by_role("button", name="You: Quinn").click()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_load_state()
    assert ground(page) == dark


def test_the_menu_is_a_popover_on_a_narrow_screen(committed_plant, open_page):
    page = open_page(width=375, as_="quinn")
    page.goto("/")
    ledger = page.locator(".sidebar").get_by_role("link", name="Ledger")
    assert not ledger.is_visible()
    page.get_by_role("button", name="Menu").click()
    ledger.click()
    page.get_by_role("heading", name="Ledger").wait_for()
    page.get_by_role("button", name="You: Quinn").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="Log in").wait_for()


def test_a_deeper_level_opens_in_place_and_without_script_on_a_page_of_its_own(
    committed_plant, lot, open_page
):
    page = open_page(as_="quinn")
    page.goto(f"/lots/{lot.pk}/")
    assert page.locator('[aria-level="3"]').count() == 0
    page.get_by_role("link", name="Show what is in B-1").focus()
    page.keyboard.press("ArrowRight")
    page.locator('[aria-level="3"]').wait_for()
    assert "RM-261019-07" in page.locator('[aria-level="3"]').inner_text()
    page.wait_for_function("document.activeElement.textContent === 'B-1'")
    page.goto(f"/lots/{lot.pk}/where-from/")
    assert page.get_by_role("link", name="RM-261019-07").count() == 1


def test_no_page_scrolls_sideways_and_all_print_without_the_menu(committed_plant, lot, open_page):
    for width in (320, 375, 1280):
        page = open_page(width=width, as_="rhea")
        for address in (
            "/",
            "/lots/",
            f"/lots/{lot.pk}/",
            "/entries/",
            "/entries/1/",
            "/items/",
            "/help/",
            "/recalls/",
        ):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} at {width}"
    page.emulate_media(media="print")
    page.goto(f"/lots/{lot.pk}/")
    assert not page.locator("nav.sidebar").is_visible()
    assert page.get_by_role("heading", name="Does it add up?").is_visible()


def test_the_search_box_offers_and_the_keyboard_chooses(committed_plant, lot, open_page):
    page = open_page(as_="quinn")
    page.goto("/help/")
    page.keyboard.press("Control+k")
    page.keyboard.type("F-2610", delay=40)
    page.locator("#offers [role=option]").first.wait_for()
    assert page.get_by_role("combobox").get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert page.locator("#offers [role=option]").count() == 0
    page.keyboard.type("2", delay=40)
    page.locator("#offers [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("combobox").get_attribute("aria-activedescendant") == "offered-1"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Does it add up?").wait_for()


def test_a_scan_is_looked_up_wherever_the_cursor_is_and_letters_are_shortcuts_only_by_hand(
    committed_plant, lot, open_page
):
    page = open_page(as_="quinn")
    page.goto("/help/")
    page.keyboard.type("RM-261019-07")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lots/**")
    assert "RM-261019-07" in page.title()
    page.keyboard.press("g")
    page.locator("html[data-leads]").wait_for()
    page.keyboard.press("l")
    page.wait_for_url("**/lots/")


@pytest.mark.parametrize(("address", "scan"), [("/help/", "RM-261019-07"), ("/receiving/", "PO-NOT-HERE")])
def test_what_is_scanned_before_the_page_is_ready_is_not_lost(committed_plant, lot, open_page, address, scan):
    """The page is drawn, its scripts are still on their way."""
    page, scripts = open_page(as_="rita"), []
    page.route("**/js/app.js*", lambda route: scripts.append(route), times=1)
    page.goto(address, wait_until="commit")
    page.locator("main h1").wait_for()
    page.keyboard.type(scan[:5])
    for script in scripts:
        script.continue_()
    page.keyboard.type(scan[5:])
    page.keyboard.press("Enter")
    page.locator("main", has_text=scan).wait_for()


def test_rows_are_chosen_and_held_with_the_keyboard_and_filters_swap_in_place(
    committed_plant, lot, open_page
):
    page = open_page(as_="quinn")
    page.goto("/lots/")
    page.get_by_label("Number").fill("B-1")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=B-1**")
    page.wait_for_function("document.activeElement.name === 'q'")
    box = page.get_by_label("Choose B-1")
    assert not page.get_by_role("button", name="Hold", exact=True).is_visible()
    box.focus()
    page.keyboard.press("Space")
    page.get_by_text("1 row chosen").wait_for()
    page.get_by_role("button", name="Hold", exact=True).click()
    page.get_by_role("heading", name="Put 1 lot on hold").wait_for()
    page.get_by_label("Why").fill("Metal found")
    page.get_by_role("button", name="Hold 1 lot").click()
    page.get_by_text("1 lot is on hold.").wait_for()


def test_columns_move_in_the_sheet_and_stay_as_they_were_shown(committed_plant, lot, open_page):
    page = open_page(as_="quinn")
    page.goto("/lots/")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Move Status up").click()
    assert page.evaluate("document.activeElement.value") == "up:status"
    page.get_by_role("checkbox", name="Expires").uncheck()
    page.get_by_role("button", name="Show these").click()
    page.wait_for_load_state()
    heads = page.locator("thead th").all_inner_texts()
    assert "Expires" not in heads
    assert heads.index("Status") < heads.index("Supplier lot")


def test_a_lost_network_is_said_and_nothing_typed_is_lost(committed_plant, lot, open_page):
    page = open_page(as_="quinn")
    page.goto(f"/lots/{lot.pk}/hold/")
    page.get_by_label("Why").fill("Metal found")
    page.context.set_offline(True)
    page.get_by_text("No connection.").wait_for()
    page.get_by_role("button", name="Place the hold").click()
    assert page.get_by_label("Why").input_value() == "Metal found"
    page.context.set_offline(False)
    page.get_by_text("No connection.").wait_for(state="hidden")
    page.get_by_role("button", name="Place the hold").click()
    page.get_by_text("is on hold.").wait_for()
