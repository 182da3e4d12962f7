"""What a code can mean: all of it, for this person, here; acted on only where it is one and exact."""

import pytest

from traceability.models import CodeAlias, Container, Location, LocationKind, Scan, SupplierItem
from traceability.scanning import Asked, Kind, Sender, read, resolve, scan

GTIN = "19521234009013"


def find(plant, text, who="rita", **asked):
    return resolve(read(text), Asked(person=plant.people[who], **asked))


def kinds(resolution):
    return [(row.kind, row.code) for row in resolution.candidates]


def test_one_exact_match_is_the_one(plant):
    lot = plant.receive("RM-1", supplier_lot="CS-26-2874")
    assert find(plant, "RM-1").one.record == lot
    assert find(plant, "CS-26-2874").one.record == lot
    assert find(plant, "STORE-2").one.kind == Kind.LOCATION
    assert find(plant, "FLOUR").one.kind == Kind.ITEM
    assert find(plant, "RCV-RM-1").one.kind == Kind.DOCUMENT
    Container.objects.create(number="P-7")
    assert find(plant, "P-7").one.kind == Kind.CONTAINER


def test_another_spelling_is_offered_and_never_taken(plant):
    plant.receive("RM-1", supplier_lot="CS-26-2874")
    for text in ("rm-1", "cs262874", "CS 26 2874", "store-2"):
        resolution = find(plant, text)
        assert (resolution.decision, resolution.one, len(resolution.candidates)) == ("several", None, 1), text
        assert resolution.answer.what.startswith("Nothing is called exactly")


def test_two_things_of_one_name_are_both_told_with_what_tells_them_apart(plant):
    plant.receive("A-1", 5, item=plant.item("FLOUR"))
    plant.receive("A-1", 7, item=plant.item("SALT"))
    plant.receive("X-9", supplier_lot="A-1", item=plant.item("OIL"))
    resolution = find(plant, "A-1")
    assert resolution.decision == "several"
    assert resolution.answer.code == "S03"
    assert [(choice.label, choice.facts[0]) for choice in resolution.answer.choices] == [
        ("Lot A-1", "Flour"), ("Lot A-1", "Salt"), ("Lot X-9", "Oil"),
    ]  # fmt: skip
    assert resolution.answer.choices[1].facts[-1] == "7 lb here"


def test_there_are_at_most_six_buttons(plant):
    for n in range(8):
        plant.receive("A-1", item=plant.item(f"ITEM-{n}"))
    answer = find(plant, "A-1").answer
    assert (len(answer.choices), answer.why) == (6, "2 more are not shown.")


def test_a_gs1_label_means_the_lot_of_its_item_only(plant):
    spice, salt = plant.item("SPICE", gtin=GTIN), plant.item("SALT")
    lot = plant.receive("CS-1", item=spice)
    plant.receive("CS-1", item=salt)
    resolution = find(plant, f"]C101{GTIN}10CS-1", wants=frozenset({Kind.LOT}))
    assert resolution.one.record == lot
    assert find(plant, "]C10195212340090209910CS-1", wants=frozenset({Kind.LOT})).one is None


def test_a_lot_and_item_label_is_both(plant):
    plant.receive("CS-1", item=plant.item("SPICE", gtin=GTIN))
    assert kinds(find(plant, f"]C101{GTIN}10CS-1")) == [("lot", "CS-1"), ("item", "SPICE")]


def test_suppliers_codes_and_linked_codes_mean_the_item(plant):
    panko = plant.item("PANKO")
    SupplierItem.objects.create(supplier=plant.supplier, item=panko, code="DM-771", gtin=GTIN)
    CodeAlias.objects.create(code="ABX-99", item=panko, asked_by=plant.rita, approved_by=plant.quinn)
    CodeAlias.objects.create(code="ABX-98", item=panko, asked_by=plant.rita)
    for text in ("DM-771", f"]E0{'9521234009016'}", "ABX-99", f"]C101{GTIN}"):
        found = find(plant, text, supplier=plant.supplier)
        assert (found.one is not None and found.one.record == panko) == (not text.startswith("]E0")), text
    assert find(plant, "DM-771", supplier=plant.customer).one is None
    assert find(plant, "ABX-98").decision == "unknown"


def test_our_own_label_names_its_item_where_it_must(plant):
    first = plant.receive("A-1", item=plant.item("FLOUR"))
    plant.receive("A-1", item=plant.item("SALT"))
    assert find(plant, "https://old-host.example/l/FLOUR/A-1").one.record == first
    assert find(plant, "https://old-host.example/l/A-1").decision == "several"


def test_nothing_is_found_beyond_the_persons_rights(plant):
    plant.receive("RM-1")
    for text in ("RM-1", "STORE-1", "FLOUR", "RCV-RM-1"):
        assert find(plant, text, who="nora").decision == "unknown"
    assert find(plant, "RM-1", who="alma").decision == "unknown"
    assert find(plant, "FLOUR", who="alma").one


def test_a_place_of_a_foreign_site_is_as_unknown_as_none(plant):
    from tests.cast import make_site

    elsewhere = make_site("OTHER")
    Location.objects.create(site=elsewhere, code="FAR-1", kind=LocationKind.STORAGE)
    foreign, missing = find(plant, "FAR-1"), find(plant, "FAR-2")
    assert (foreign.decision, missing.decision) == ("unknown", "unknown")
    assert foreign.answer.what.replace("FAR-1", "FAR-2") == missing.answer.what


def test_what_makes_no_sense_here_is_not_found(plant):
    plant.receive("RM-1")
    assert find(plant, "RM-1", wants=frozenset({Kind.LOCATION})).decision == "unknown"


def test_a_code_that_only_looks_like_gs1_is_what_it_is_called(plant):
    lot = plant.receive("0119521234009014")
    assert find(plant, "0119521234009014").one.record == lot
    assert find(plant, "0119521234009015").decision == "refused"


def test_a_forged_record_means_nothing(plant):
    lot = plant.receive("RM-1")
    for text in (f'{{"lot": {lot.pk}}}', f"lot:{lot.pk}", f"traceability.lot:{lot.pk}", str(lot.pk)):
        assert find(plant, text).decision == "unknown"


def test_an_unknown_code_says_so_and_how_to_go_on(plant):
    answer = find(plant, "ABX-99").answer
    assert (answer.code, answer.tone) == ("S01", "ask")
    assert (
        answer.plain
        == "Nothing here is called ABX-99. It may be a new supplier item. Scan the item label or touch Link it."
    )


def test_every_scan_is_written_down_once_as_it_came(plant):
    sender = Sender(
        person=plant.rita,
        client="session:rita",
        key="scan-1",
        context="receiving",
        document="PO-1",
        device="Dock 2",
    )
    for _ in range(2):
        scan(f"]C101{GTIN}10CS-1\x1d17271019\r", asked=Asked(person=plant.rita), sender=sender)
    row = Scan.objects.get()
    assert row.text == f"]C101{GTIN}10CS-1\\x1d17271019"
    assert row.elements == {"01": GTIN, "10": "CS-1", "17": "271019"}
    assert (row.decision, row.code, row.person, row.device, row.document) == (
        "unknown",
        "S01",
        plant.rita,
        "Dock 2",
        "PO-1",
    )


@pytest.mark.parametrize("text", ["\x00\ud800", "x" * 5000, "é" * 3000])
def test_a_hostile_scan_is_written_down_too(plant, text):
    scan(text, asked=Asked(person=plant.rita), sender=Sender(person=plant.rita, client="c", key="k"))
    assert Scan.objects.get().decision == "refused"


def test_a_scan_costs_a_fixed_number_of_questions(plant, django_assert_max_num_queries):
    for n in range(6):
        plant.receive("A-1", item=plant.item(f"ITEM-{n}"))
    asked = Asked(person=plant.rita)
    with django_assert_max_num_queries(16):
        resolve(read("A-1"), asked)
