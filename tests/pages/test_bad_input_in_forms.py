"""Bad input in forms, row by row of the catalogue (reliability 4.1): its answer, nothing written, the input kept."""

import unicodedata
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.pages.test_master_forms import ITEM
from traceability import masters
from traceability.models import Change, Item, Party

HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{737*737}}", "${7*7}", "{0.__class__}", "javascript:alert(1)", "{% debug %}", "=1+1",
]  # fmt: skip


@pytest.fixture
def quinn(browse):
    return browse("quinn")


def shown(response):
    return response.content.decode()


def test_a_form_from_elsewhere_or_without_its_token_writes_nothing(plant):
    client = Client(enforce_csrf_checks=True)
    client.force_login(plant.quinn, backend="traceability.roles.RoleBackend")
    for headers in ({}, {"Origin": "https://evil.example"}, {"Referer": "https://evil.example/"}):
        assert client.post("/items/new/", ITEM, headers=headers).status_code == 403
        assert client.post("/parties/new/", {"code": "X"}, headers=headers).status_code == 403
    assert not Item.objects.exists()


def test_reading_never_writes(plant, quinn):
    item = plant.item()
    before = Change.objects.count()
    for address in (
        f"/items/{item.pk}/retire/?reason=x",
        f"/items/{item.pk}/change/?name=Other&why=x",
        "/items/new/?code=NEW&name=x&unit=lb",
    ):
        assert quinn.get(address).status_code == 200
    assert Change.objects.count() == before
    assert not Item.objects.filter(code="NEW").exists()


def test_sent_twice_it_is_one_item_and_the_second_is_told(quinn, plant):
    assert quinn.post("/items/new/", ITEM).status_code == 302
    again = quinn.post("/items/new/", ITEM)
    assert (again.status_code, Item.objects.count()) == (422, 1)
    assert 'value="Salt"' in shown(again)


def test_a_stale_form_is_409_and_keeps_what_was_typed(quinn, plant, browse):
    quinn.post("/items/new/", ITEM)
    item = Item.objects.get()
    seen = masters.seen_of("item", item)
    browse("quentin").post(f"/items/{item.pk}/change/", ITEM | {"seen": seen, "note": "His", "why": "x"})
    late = quinn.post(f"/items/{item.pk}/change/", ITEM | {"seen": seen, "name": "Mine", "why": "y"})
    assert late.status_code == 409
    assert 'value="Mine"' in shown(late)
    assert "His" in shown(late)


def test_hidden_and_disabled_fields_are_the_servers(quinn, plant):
    lot = plant.receive("L-1", 5)
    item = lot.item
    sent = ITEM | {
        "code": item.code, "name": "Flour", "seen": masters.seen_of("item", item), "why": "x", "tracking": "none", "unit": "kg", "is_utility": "on", "is_active": "",
        "id": "999", "pk": "999", "site": "1", "is_superuser": "on",
    }  # fmt: skip
    assert quinn.post(f"/items/{item.pk}/change/", sent).status_code == 302
    item.refresh_from_db()
    assert (item.tracking, item.unit, item.is_utility, item.is_active) == ("lot", "lb", False, True)
    for name, value in (("kind", "secret"), ("storage", "oven"), ("inspected_at", "moon"), ("default_location", "1 OR 1=1")):  # fmt: skip
        answer = quinn.post("/items/new/", ITEM | {name: value})
        assert answer.status_code == 422, name
    other = plant.item("OTHER")
    stolen = ITEM | {
        "code": item.code, "seen": masters.seen_of("item", item), "why": "x", "units-TOTAL_FORMS": "1", "units-INITIAL_FORMS": "1",
        "units-0-id": str(other.units.create(unit="bag", numerator=1).pk), "units-0-unit": "bag", "units-0-factor": "9",
    }  # fmt: skip
    # A row of another item is passed over: nothing there changes, and nothing comes here.
    assert quinn.post(f"/items/{item.pk}/change/", stolen).status_code in (302, 422)
    assert (other.units.get().numerator, item.units.count()) == (1, 0)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_looks_like_code_is_text_everywhere(quinn, plant, text):
    sent = ITEM | {
        "name": text,
        "note": text[:200],
        "pack": text[:60],
        "storage_note": text[:80],
        "allergens": "x",
    }
    assert quinn.post("/items/new/", sent).status_code == 302
    item = Item.objects.get()
    assert item.name == text
    party = {
        "code": "S-9", "name": text, "is_supplier": "on", "country": "US", "street": text, "note": text, "contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "0",
        "contacts-0-name": text, "contacts-0-role": text[:80], "items-TOTAL_FORMS": "0", "items-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert quinn.post("/parties/new/", party).status_code == 302
    pk = Party.objects.get(code="S-9").pk
    for address in (
        "/items/", f"/items/{item.pk}/", f"/items/{item.pk}/change/", "/parties/", f"/parties/{pk}/", f"/parties/{pk}/change/", "/changes/", f"/history/item/{item.pk}/",
        f"/items/{item.pk}/retire/", "/search?q=ING-SAL", f"/labels/item/{item.pk}/",
    ):  # fmt: skip
        answer = quinn.get(address)
        if answer.status_code == 404 and "labels" in address:
            continue
        assert answer.status_code == 200, address
        page = shown(answer)
        assert "543169" not in page or "{{737*737}}" not in text or "737*737" in page, address
        for raw in ("<script>alert", "<img src=x", "<class "):
            assert raw not in page, (address, raw)
        assert 'href="javascript:' not in page
    csv = quinn.get("/items/?format=csv")
    line = b"".join(csv.streaming_content).decode()
    assert ",=1+1" not in line, "a spreadsheet would run it"


def test_invisible_turning_and_half_signs_are_refused_and_twins_asked_about(quinn, plant):
    for code in ("A\u202eB", "A\u200bB", "A\x00B", "A\x1bB", "A\u2066B", "x" * 41):
        assert quinn.post("/items/new/", ITEM | {"code": code}).status_code == 422, ascii(code)
    half = urlencode(ITEM | {"code": "CODE"}).replace("code=CODE", "code=A%ED%A0%80B")
    answer = quinn.post("/items/new/", half, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (302, 400, 422)
    assert not Item.objects.filter(code__contains="\ud800".encode("utf-8", "replace").decode()).exists()
    Item.objects.all().delete()
    composed = unicodedata.normalize("NFD", "Crème")
    quinn.post("/items/new/", ITEM | {"name": composed})
    assert Item.objects.get().name == "Crème"
    twin = quinn.post("/items/new/", ITEM | {"code": "lNG-5ALT"})
    assert (twin.status_code, "It is another one, on purpose" in shown(twin)) == (422, True)
    assert quinn.post("/items/new/", ITEM | {"code": "lNG-5ALT", "confirm_alike": "on"}).status_code == 302


NUMBERS = [
    "NaN",
    "Infinity",
    "1e400",
    "-0.5",
    "1_000",
    "１２",
    "٣",
    "1,5",
    "1.2345678",
    "0x10",
    "1 000",
    "--1",
]
DAYS = ["0000-01-01", "9999-12-31", "2026-02-30", "26-02-03", "03/04/2026", "2026-2-3", "tomorrow"]


def test_numbers_and_days_are_taken_as_written_or_refused(quinn, plant):
    for value in NUMBERS:
        answer = quinn.post("/items/new/", ITEM | {"weight_per_unit": value})
        assert answer.status_code == 422, value
        assert 'id="id_weight_per_unit_error"' in shown(answer), value
    assert quinn.post("/items/new/", ITEM | {"weight_per_unit": " 5 "}).status_code == 302
    party = {
        "code": "S-9", "name": "X", "is_supplier": "on", "country": "US", "contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "0", "contacts-0-name": "R",
        "items-TOTAL_FORMS": "0", "items-INITIAL_FORMS": "0",
    }  # fmt: skip
    for value in DAYS:
        answer = quinn.post("/parties/new/", party | {"contacts-0-checked_on": value})
        assert answer.status_code == 422, value
        assert not Party.objects.filter(code="S-9").exists()


def test_more_rows_than_a_form_may_have_are_refused_and_not_a_500(quinn, plant):
    for total in ("1000000", "NaN", "1e3", ""):
        answer = quinn.post("/items/new/", ITEM | {"units-TOTAL_FORMS": total})
        assert answer.status_code == 422, total
    assert not Item.objects.exists()
