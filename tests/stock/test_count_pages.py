"""Counts through the pages: opened by place, class or chance, counted by scan, posted with two persons, right over time."""

import re
from decimal import Decimal

import pytest

from tests.cast import PASSWORD, make_site
from traceability import stock
from traceability.models import Balance, Count, CountLine, LineState, Location


def keys_of(page):
    return re.search(r'name="key" value="([0-9a-f]+)"', page.content.decode())[1]


def opened(client, **wanted):
    page = client.get("/counts/new/")
    data = {"key": keys_of(page), "place": "", "blind": "yes", "counters": "1", **wanted}
    looked = client.post("/counts/new/", {**data, "step": "look"})
    answer = client.post("/counts/new/", {**data, "step": "open"})
    return looked, answer


class Counter:
    def __init__(self, client, count):
        self.client, self.base = client, f"/counts/{count.pk}/"
        self.page = client.get(f"{self.base}floor/")

    @property
    def text(self):
        return self.page.content.decode()

    def send(self, verb, **data):
        if place := re.search(r'name="place" value="([^"]+)"', self.text):
            data.setdefault("place", place[1])
        self.page = self.client.post(f"{self.base}{verb}", {"key": keys_of(self.page), **data}, follow=True)
        return self.page

    def scan(self, code):
        return self.send("scan", code=code)

    def type(self, quantity, verb="enter"):
        hidden = dict(re.findall(r'type="hidden" name="(line|lot|label|scanned)" value="([^"]*)"', self.text))
        return self.send(verb, quantity=quantity, **hidden)


def test_a_place_is_counted_by_scan_and_posted_with_a_second_person(plant, browse):
    plant.receive("A-1", 100)
    plant.receive("B-1", 20)
    stray = plant.receive("C-1", 7, at=plant.store_2)
    client = browse("rita")
    looked, answer = opened(client, place="STORE-1")
    assert "2 lines" in looked.content.decode()
    count = Count.objects.get()
    assert answer["Location"] == f"/counts/{count.pk}/floor/"
    floor = Counter(client, count)
    floor.scan("STORE-1")
    floor.scan("A-1")
    assert "100" not in floor.text  # blind
    floor.type("100")
    floor.scan("C-1")
    assert "Moved from STORE-2 without a scan" in floor.text
    floor.send("found", lot=stray.pk, quantity="7", origin="STORE-2")
    floor.scan("WHAT-IS-THIS")
    floor.type("1", verb="unknown")
    for _ in range(2):
        floor.send("nothing-else")
    line = count.lines.get(lot__isnull=True)
    client.post(f"/counts/{count.pk}/settle", {"line": line.pk, "note": "An empty tote", "key": "a" * 32})
    page = client.get(f"/counts/{count.pk}/post/")
    assert page.context["large"] == 2
    data = {"key": keys_of(page), "reason": "Wrong rack"}
    assert client.post(f"/counts/{count.pk}/post/", data).status_code == 422
    kept = client.post(f"/counts/{count.pk}/post/", data).content.decode()
    assert "Wrong rack" in kept
    data |= {"second_username": "quinn", "second_password": PASSWORD}
    assert client.post(f"/counts/{count.pk}/post/", data).status_code == 302
    here = {
        (row.lot.number, row.location.code): int(row.quantity)
        for row in Balance.objects.filter(quantity__gt=0).select_related("lot", "location")
    }
    assert here == {("A-1", "STORE-1"): 100, ("C-1", "STORE-1"): 7}
    shown = client.get(f"/counts/{count.pk}/").content.decode()
    assert "33.3&nbsp;%" in shown or "33.3 %" in shown
    [row] = client.get("/counts/accuracy/").context["rows"]
    assert [cell.value for cell in row][1:5] == [1, 3, 1, 1]


def test_while_it_is_blind_the_record_is_shown_to_those_who_confirm_alone(plant, browse):
    plant.receive("A-1", 76543)
    opened(browse("rita"), place="STORE-1")
    count = Count.objects.get()
    for address in (f"/counts/{count.pk}/", f"/counts/{count.pk}/floor/?place=STORE-1", f"/counts/{count.pk}/sheet/", f"/counts/{count.pk}/?format=csv"):  # fmt: skip
        answer = browse("rita").get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert not re.search(rb"76,?543", body), address
    assert "76,543" in browse("quinn").get(f"/counts/{count.pk}/").content.decode()


def test_a_count_by_chance_draws_the_same_lines_for_the_same_form(plant, browse):
    for n in range(20):
        plant.receive(f"L-{n:02}", 5)
    client = browse("rita")
    looked, _ = opened(client, chance="5")
    count = Count.objects.get()
    assert sorted(row.lot.number for row in looked.context["looked"]) == sorted(count.lines.values_list("lot__number", flat=True))  # fmt: skip
    assert "5 by chance" in count.what


def test_a_count_is_narrowed_by_class_by_lots_and_by_what_was_counted_lately(plant, browse):
    a = plant.receive("A-1", 5, item=plant.item("GOLD", count_class="A"))
    plant.receive("B-1", 5)
    client = browse("rita")
    opened(client, count_class="A")
    first = Count.objects.get()
    assert [line.lot for line in first.lines.all()] == [a]
    stock.enter(line=first.lines.get(), quantity=Decimal(5), actor=plant.rita, client="t", key="e")
    stock.post_count(count=first, reason="", actor=plant.rita, client="t", key="p")
    looked, _ = opened(client, days="30")
    assert [row.lot.number for row in looked.context["looked"]] == ["B-1"]
    refused, _ = opened(client, lots="B-1\nZZ-1")
    assert refused.status_code == 422
    assert "ZZ-1 is not in stock there" in refused.content.decode()
    assert "ZZ-1</textarea>" in refused.content.decode()


@pytest.mark.parametrize(
    "field", [{"chance": "all"}, {"days": "-1"}, {"place": "NOWHERE"}, {"item": "NOTHING"}]
)
def test_a_field_that_cannot_be_right_is_refused_and_kept(plant, browse, field):
    plant.receive("A-1", 5)
    looked, _ = opened(browse("rita"), **field)
    assert looked.status_code == 422
    assert Count.objects.count() == 0


def test_open_counts_wait_on_home_for_those_who_count(plant, browse):
    plant.receive("A-1", 5)
    opened(browse("rita"), place="STORE-1")
    assert "COUNT-000001" in browse("sam").get("/").content.decode()
    assert "COUNT-000001" not in browse("rhea").get("/").content.decode()


def test_two_counters_do_not_see_each_others_numbers(plant, browse):
    lot = plant.receive("A-1", 100)
    opened(browse("rita"), place="STORE-1", counters="2")
    count = Count.objects.get()
    stock.enter(line=count.lines.get(), quantity=Decimal(73219), actor=plant.rita, client="t", key="e")
    assert (
        "91"
        not in browse("sam")
        .get(f"/counts/{count.pk}/floor/?place=STORE-1&line={count.lines.get().pk}")
        .content.decode()
    )
    assert (
        "waits for another" in browse("rita").get(f"/counts/{count.pk}/floor/?place=STORE-1").content.decode()
    )
    assert lot.number


def test_a_foreign_sites_count_is_not_found_and_auditors_only_look(plant, browse):
    plant.receive("A-1", 5)
    opened(browse("rita"), place="STORE-1")
    count = Count.objects.get()
    assert browse("ada").get(f"/counts/{count.pk}/").status_code == 200
    assert browse("ada").get(f"/counts/{count.pk}/floor/").status_code == 403
    other = make_site("NORTH")
    plant.sam.sites.set([other])
    assert browse("sam").get(f"/counts/{count.pk}/").status_code == 404
    assert Location.objects.filter(site=other).exists()


def test_a_line_is_set_aside_with_a_reason_and_not_posted(plant, browse):
    lot = plant.receive("A-1", 5)
    client = browse("rita")
    opened(client, place="STORE-1")
    line = CountLine.objects.get()
    client.post(f"/counts/{line.count_id}/settle", {"line": line.pk, "note": "", "key": "a" * 32})
    assert CountLine.objects.get().state == LineState.OPEN
    client.post(f"/counts/{line.count_id}/settle", {"line": line.pk, "note": "On the truck", "key": "a" * 32})
    client.post(f"/counts/{line.count_id}/post/", {"key": "b" * 32})
    assert Count.objects.get().state == "posted"
    assert Balance.objects.get(lot=lot).quantity == 5
