"""The dock in a real browser: how few inputs a delivery takes, that no scan is lost, and that each answer is said in its words."""

import pytest

from receiving.models import Delivery, DeliveryLine, Receipt
from tests.browser.test_axe import findings
from tests.receiving.dock import GS, label, make_dock
from traceability.models import Lot, Scan

HUMAN = 90  # ms between keys of a fast hand; a gun is faster, also on a slow machine


class Hands:
    """What a receiver does, and how much of it."""

    def __init__(self, page):
        self.page, self.inputs, self.keys = page, 0, 0

    def scan(self, text, *, end="Enter"):
        """The gun types the text at once, its separators as Ctrl+]."""
        self.inputs += 1
        for n, part in enumerate(text.split(GS)):
            if n:
                self.page.keyboard.press("Control+]")
            self.page.keyboard.type(part)
        if end:
            self.page.keyboard.press(end)

    def type(self, text):
        self.keys += len(text)
        self.page.keyboard.type(text, delay=HUMAN)

    def enter(self):
        self.inputs, self.keys = self.inputs + 1, self.keys + 1
        self.page.wait_for_timeout(HUMAN)
        self.page.keyboard.press("Enter")

    def touch(self, name):
        self.inputs += 1
        self.page.get_by_role("button", name=name).click()

    def says(self, text):
        self.page.locator("#messages", has_text=text).wait_for()

    def waits_for(self, field):
        self.page.wait_for_function(
            "name => document.activeElement && document.activeElement.name === name", arg=field
        )


@pytest.fixture
def dock(committed_plant):
    dock = make_dock(committed_plant)
    Delivery.objects.all().delete()
    return dock


@pytest.fixture
def hands(dock, open_page):
    """Rita on the list of what is expected; she scans the order."""
    page = open_page(as_="rita")
    page.goto("/receiving/")
    hands = Hands(page)
    hands.scan("PO-5130")
    page.get_by_role("heading", name="Still to come").wait_for()
    return hands


def lots():
    return list(DeliveryLine.objects.standing().order_by("position").values_list("supplier_lot", flat=True))


def test_one_order_twelve_labels_and_one_touch_are_fourteen_inputs(dock, hands):
    numbers = [(item, f"DM-{item[0]}-90{n}0") for item in ("BATTER", "PANKO", "PREDUST") for n in range(4)]
    for item, number in numbers:
        hands.scan(label(item, number))
        hands.page.wait_for_timeout(30)  # the next label is scanned before the first is answered
    hands.page.get_by_role("button", name="Post 12 lots").wait_for()
    hands.touch("Post 12 lots")
    hands.page.get_by_text("is posted: 12 lots.").wait_for()
    assert (hands.inputs, hands.keys) == (14, 0)
    assert list(
        Receipt.objects.latest("pk").lines.order_by("position").values_list("lot__supplier_lot", flat=True)
    ) == [n for _, n in numbers]
    assert set(Scan.objects.filter(context="receiving").values_list("text", flat=True)) == {
        label(i, n).replace(GS, "\\x1d") for i, n in numbers
    }


def test_plain_codes_take_three_inputs_a_lot(dock, hands):
    for item in ("BATTER", "PANKO", "PREDUST"):
        hands.scan(item)
        hands.says("Scan a lot of it.")
        for n in range(4):
            hands.scan(f"DM-{item[0]}-90{n}0")
            hands.waits_for("quantity")
            hands.enter()
            hands.waits_for("expires_on")
            hands.type("1019")
            hands.enter()
            hands.says(f"DM-{item[0]}-90{n}0")
            hands.waits_for("code")
    hands.touch("Post 12 lots")
    hands.page.get_by_text("is posted: 12 lots.").wait_for()
    assert hands.inputs <= 50
    assert hands.keys - 24 <= 72  # without Enter
    assert set(
        Lot.objects.filter(supplier_lot__startswith="DM-B-9").values_list("movements__evidence", flat=True)
    ) == {"scanned"}


def test_what_is_scanned_before_the_page_is_ready_is_not_lost(dock, open_page):
    """The page is drawn, its scripts are still on their way: two scans and the beginning of a third."""
    page, scripts = open_page(as_="rita"), []
    page.route("**/js/outbox.js*", lambda route: scripts.append(route), times=1)
    page.goto(f"/receiving/orders/{dock.order.pk}/receive/", wait_until="commit")
    page.get_by_role("heading", name="Still to come").wait_for()
    hands = Hands(page)
    hands.scan("BATTER")
    hands.scan(label("PANKO", "DM-P-1"))
    hands.scan("STO", end="")
    for script in scripts:
        script.continue_()
    page.locator("html[data-ready]").wait_for()
    hands.scan("RE-2")
    hands.says("Place STORE-2")
    assert lots() == ["DM-P-1"]
    assert page.locator("#code").input_value() == ""


def test_handwritten_lots_need_the_keyboard_and_enter_only(dock, hands):
    for n, item in enumerate(("BATTER", "PANKO", "PREDUST"), start=1):
        hands.type(str(n))
        hands.enter()
        hands.says("Scan a lot of it.")
        for m in range(4):
            hands.type(f"DM-{item[0]}-90{m}0")
            hands.enter()
            hands.waits_for("quantity")
            hands.enter()
            hands.waits_for("expires_on")
            hands.type("1019")
            hands.enter()
            hands.says(f"DM-{item[0]}-90{m}0")
            hands.waits_for("code")
    assert len(lots()) == 12
    assert hands.keys <= 240
    assert set(DeliveryLine.objects.values_list("evidence", flat=True)) == {"typed"}


def test_a_scan_counts_whatever_has_the_focus_and_a_literal_field_is_left_alone(dock, hands):
    page = hands.page
    hands.scan(label("BATTER", "DM-B-1"))
    hands.says("DM-B-1")
    # On a button: the button is not pressed.
    page.get_by_role("button", name="Undo last").focus()
    hands.scan(label("BATTER", "DM-B-2"))
    hands.says("DM-B-2")
    # In a field: it gets back what stood in it.
    page.get_by_text("Enter a lot by hand").click()
    page.locator("#id_quantity").fill("77")
    hands.scan("]C1", end="")
    page.keyboard.type("01195212340090201728051910DM-B-3")
    page.keyboard.press("Enter")
    hands.says("How much?")
    assert page.locator("#id_supplier_lot").input_value() == "DM-B-3"
    assert page.locator("#id_quantity").input_value() == "250"
    # In free text: it is text.
    page.locator("#note").focus()
    hands.scan("STORE-2", end="")
    page.wait_for_timeout(200)
    assert page.locator("#note").input_value() == "STORE-2"
    # Without Enter: silence ends it, unless this gun is known to end with a key.
    page.evaluate("() => sessionStorage.clear()")
    page.locator("#code").focus()
    hands.scan("STORE-2", end="")
    hands.says("Place STORE-2")
    hands.scan("STORE-1")
    hands.says("Place STORE-1")
    hands.scan("STORE-2", end="")
    page.wait_for_timeout(500)
    assert page.locator("#code").input_value() == "STORE-2"
    page.locator("#code").fill("")
    # Typed slowly, it waits for Enter.
    hands.type("DM-B")
    page.wait_for_timeout(200)
    assert page.locator("#code").input_value() == "DM-B"
    page.locator("#code").fill("")
    # A pasted list is as many scans as it has lines.
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData("text", text);
        document.getElementById("code").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})); }""",
        "\n".join(label("PREDUST", f"DM-D-{n}") for n in (1, 2, 3)),
    )
    page.get_by_role("button", name="Post 5 lots").wait_for()
    assert lots() == ["DM-B-1", "DM-B-2", "DM-D-1", "DM-D-2", "DM-D-3"]


def test_five_scans_without_connection_are_five_lots_when_it_is_back(dock, hands):
    page = hands.page
    hands.scan(label("BATTER", "DM-B-0"))
    hands.says("DM-B-0")
    page.context.set_offline(True)
    for n in range(1, 6):
        hands.scan(label("BATTER", f"DM-B-{n}", 100))
    hands.says("5 entries are kept on this device and will be sent. Posting is paused.")
    assert "N01" in page.locator("#messages").inner_text()
    assert page.get_by_role("button", name="Post 1 lot").is_disabled()
    assert "5 of 200" in page.locator("#outbox").inner_text()
    hands.scan(label("PANKO", "DM-P-7719"))
    hands.says("6 entries are kept")
    assert lots() == ["DM-B-0"]
    page.context.set_offline(False)
    page.get_by_role("heading", name="Exceptions").wait_for()
    assert lots() == ["DM-B-0", *(f"DM-B-{n}" for n in range(1, 6))]
    assert "was already received" in page.locator("[aria-labelledby=tray]").inner_text()
    assert "1 exception to settle" in page.locator(".decide-bar").inner_text()
    page.get_by_role("button", name="is not needed").click()
    page.get_by_role("button", name="Post 6 lots").wait_for()
    assert not page.locator("#outbox").is_visible()
    page.watch.errors.clear()  # Chromium tells of each request that found no network.


def test_what_is_kept_survives_a_new_page(dock, hands):
    page = hands.page
    hands.scan(label("BATTER", "DM-B-0"))
    hands.says("DM-B-0")
    page.context.set_offline(True)
    hands.scan(label("BATTER", "DM-B-1"))
    hands.says("1 entry is kept")
    page.context.set_offline(False)
    page.goto("/receiving/")
    page.goto(f"/receiving/deliveries/{Delivery.objects.get().pk}/")
    page.get_by_role("button", name="Post 2 lots").wait_for()
    assert lots() == ["DM-B-0", "DM-B-1"]
    page.watch.errors.clear()


DRILL = [
    ("DM-B-6341", lambda: label("BATTER", "DM-B-6341"), "Batter DM-B-6341, 250 lb."),
    (
        "R01",
        lambda: label("PANKO", "DM-P-7719"),
        "Scan again to add this delivery as a second receipt of the same supplier lot, or scan a different lot.",
    ),
    ("R02", lambda: label("BATTER", "DM-B-6341"), "DM-B-6341 was scanned a moment ago (line 1)."),
    (
        "R03",
        lambda: label("PANKO", "DM-P-7720", 1080),
        "1,080 lb is 8 % over the 1,000 lb ordered; your limit is 5 %.",
    ),
    ("R04", lambda: label("PREDUST", "DM-D-1132", best_by=""), "Predust needs a best-by date."),
    (
        "S02",
        lambda: label("PREDUST", "DM-D-1133", gs=False),
        "This label lost its separators: lot reads DM-D-1133172805193200000250.",
    ),
    ("S01", lambda: "ABX-99", "Nothing here is called ABX-99."),
]


@pytest.mark.parametrize(("width", "theme"), [(375, "light"), (1280, "dark")])
def test_the_drill_is_answered_in_its_words_and_axe_finds_nothing(dock, open_page, width, theme):
    page = open_page(width=width, theme=theme, as_="rita")
    page.goto(f"/receiving/orders/{dock.order.pk}/receive/")
    hands, found = Hands(page), {}
    found["empty"] = findings(page)
    for name, text, words in DRILL:
        hands.scan(text())
        hands.says(words)
        if name[0] in "RS":
            assert name in page.locator("#messages .banner-code").inner_text()
        found[name] = findings(page)
    page.evaluate("() => document.querySelectorAll('main details').forEach(one => { one.open = true; })")
    found["all open"] = findings(page)
    assert {name: bad for name, bad in found.items() if bad} == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """() => [...document.querySelectorAll(".floor a.button, .floor button, .floor summary, .floor input:not([type=hidden]):not([type=radio]):not([type=checkbox]), .floor select")]
        .filter(one => one.offsetParent && one.getBoundingClientRect().height < 47.5).map(one => one.outerHTML.slice(0, 120))"""
    )
    assert small == []
    decide = page.locator(".decide-bar .button").bounding_box()
    assert decide["height"] >= 72
