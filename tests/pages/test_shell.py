"""Around every page: where one is in a list, the site, keys, and a log-in that ran out."""

import re
from urllib.parse import quote

from tests.cast import make_site


def around(page):
    """Position, previous and next, as the page says."""
    text = re.search(r'<nav class="neighbours".*?</nav>', page.content.decode(), re.DOTALL)
    return text.group(0) if text else ""


def test_a_record_knows_its_neighbours_in_the_list_one_came_from(plant, browse):
    lots = [plant.receive(f"L-{n}") for n in range(4)]
    for lot in lots[:3]:
        plant.hold(lot)
    client = browse("quinn")
    first = client.get(
        f"/lots/{lots[1].pk}/", HTTP_REFERER="http://testserver/lots/?held=yes&sort=-number&page=1"
    )
    assert "2 of 3" in around(first)
    assert "Lots and serials: On hold" not in around(first), "another sorting than the tab's"
    following = re.search(r'href="([^"]+)" rel="next"', around(first)).group(1).replace("&amp;", "&")
    assert following == f"/lots/{lots[0].pk}/?in={quote('/lots/?held=yes&sort=-number', safe='')}"
    last = client.get(following)
    assert "3 of 3" in around(last)
    assert 'rel="next"' not in around(last)


def test_neighbours_are_shown_for_no_list_of_another_kind_and_no_other_address(plant, browse):
    lot = plant.receive("L-1")
    client = browse("quinn")
    for came in (
        "http://testserver/items/",
        "http://elsewhere/lots/",
        "http://testserver/lots/?colour=red",
        "http://testserver/",
    ):
        assert around(client.get(f"/lots/{lot.pk}/", HTTP_REFERER=came)) == ""
    for told in (
        "//elsewhere/lots/",
        "https://elsewhere/",
        "/lots/?status=beautiful",
        "/nowhere/",
        "/lots/?held=yes",
    ):
        assert around(client.get(f"/lots/{lot.pk}/", {"in": told})) == ""


def test_one_with_several_sites_chooses_where_to_work(plant, browse):
    other = make_site("NORTH", time_zone="Europe/Oslo")
    foreign = make_site("SOUTH")
    plant.quinn.sites.add(other)
    client = browse("quinn")
    assert "Where do you work now?" in client.get("/").content.decode()
    client.post("/site/", {"site": other.pk, "next": "/lots/"})
    page = client.get("/")
    assert page.context["site"] == other
    assert client.post("/site/", {"site": foreign.pk}).status_code == 404
    assert client.get("/").context["site"] == other
    assert "Where do you work now?" not in browse("rita").get("/").content.decode()


def test_single_letter_keys_can_be_turned_off(plant, browse):
    client = browse("quinn")
    assert 'data-shortcuts="off"' not in client.get("/keyboard/").content.decode()
    client.post("/keyboard/", {"shortcuts": "off"})
    assert 'data-shortcuts="off"' in client.get("/").content.decode()
    client.post("/keyboard/", {"shortcuts": "on"})
    assert 'data-shortcuts="off"' not in client.get("/").content.decode()


def test_a_form_sent_after_the_log_in_ran_out_is_offered_again(plant, client, browse):
    lot = plant.receive("L-1")
    sent = {
        "key": "k" * 32,
        "reason": "Metal found",
        "cause": "quality",
        "cascades": "yes",
        "second_password": "secret",
    }
    answer = client.post(f"/lots/{lot.pk}/hold/", sent)
    assert answer["Location"] == "/login/?next=/resume/"
    assert not lot.holds.exists()
    client.force_login(plant.quinn, backend="traceability.roles.RoleBackend")
    page = client.get("/resume/").content.decode()
    assert "Not recorded yet" in page
    assert "Metal found" in page
    assert "secret" not in page
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert client.post(f"/lots/{lot.pk}/hold/", again)["Location"] == f"/lots/{lot.pk}/"
    assert lot.holds.count() == 1
    client.post("/resume/")
    assert client.get("/resume/")["Location"] == "/"


def test_a_fragment_asked_for_after_the_log_in_ran_out_moves_the_whole_page(plant, client):
    answer = client.get(
        "/lots/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="http://testserver/lots/?held=yes"
    )
    assert answer["HX-Redirect"] == "/login/?next=/lots/%3Fheld%3Dyes"


def test_the_menu_counts_in_one_query(plant, browse, django_assert_max_num_queries):
    client = browse("rhea")
    with django_assert_max_num_queries(6):  # session, person, sites, alert settings, all counts, checkpoint
        client.get("/help/")


def folded(page):
    """The part of the menu that is folded: None if nothing is, else whether it is open."""
    found = re.search(r'<details class="nav-group"( open)?>', page.content.decode())
    return bool(found.group(1)) if found else None


def test_setting_up_is_folded_away_for_those_with_other_work_and_open_on_its_pages(plant, browse):
    quality = browse("quentin")
    assert folded(quality.get("/lots/")) is False
    assert folded(quality.get("/items/")) is True
    assert folded(browse("alma").get("/")) is None, "there it is the work itself"
