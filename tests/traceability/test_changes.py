"""Every change of master data is noted by the database: who, when, before, after, why; whatever way it came."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests import databases
from traceability import changes
from traceability.ledger import verify
from traceability.models import Change, Contact, Item, ItemUnit, Party, Site


def told(rows):
    return [
        (t.by, t.what, t.sentence, t.change.reason)
        for t in changes.tell(rows.select_related("actor").order_by("id"))
    ]


@pytest.fixture
def item(plant):
    with changes.noting(actor=plant.quinn, reason="New product"):
        return plant.item("SPICE", shelf_life_days=365, default_location=plant.store)


def test_a_change_says_who_what_before_after_and_why(plant, item):
    with changes.noting(actor=plant.quinn, reason="Supplier letter of 3 November"):
        item.shelf_life_days, item.default_location, item.is_active = 180, plant.store_2, False
        item.save()
    created, changed = told(Change.objects.about("item", item.pk))
    assert created[:2] == ("Quinn", "Created")
    assert "code: SPICE" in created[2]
    assert created[3] == "New product"
    assert changed == (
        "Quinn", "Changed", "shelf life days: 365 → 180; default location: STORE-1 → STORE-2; active: yes → no", "Supplier letter of 3 November",
    )  # fmt: skip


def test_saving_without_a_change_notes_nothing(plant, item):
    item.save()
    Item.objects.filter(pk=item.pk).update(name=item.name)
    assert Change.objects.about("item", item.pk).count() == 1


def test_parts_are_noted_under_their_record(plant, item):
    unit = ItemUnit.objects.create(item=item, unit="bag", numerator=50)
    contact = Contact.objects.create(party=plant.supplier, name="Renee", phone="850-555-0141")
    with changes.noting(actor=plant.rita, reason="She moved"):
        contact.phone = "850-555-0199"
        contact.save()
    unit.delete()
    assert [row[1] for row in told(Change.objects.about("item", item.pk))] == [
        "Created",
        "Created: item unit",
        "Deleted: item unit",
    ]
    last = told(Change.objects.about("party", plant.supplier.pk))[-1]
    assert last == ("Rita", "Changed: contact", "phone: 850-555-0141 → 850-555-0199", "She moved")


def test_bulk_updates_are_noted_row_by_row(plant, item):
    other = plant.item("SALT")
    with changes.noting(actor=plant.quinn, reason="Policy 7"):
        Item.objects.filter(pk__in=[item.pk, other.pk]).update(minimum_life_days=90)
    rows = Change.objects.filter(subject_kind="item", verb="changed")
    assert {row.subject for row in rows} == {str(item.pk), str(other.pk)}
    assert len({row.request for row in rows}) == 1
    assert {row.after["minimum_life_days"] for row in rows} == {90}


def test_what_comes_past_the_application_is_noted_too_as_the_databases(ledger_clone):
    from tests.cast import make_plant

    plant = make_plant()
    item = plant.item()
    with databases.owner(ledger_clone) as cursor:
        cursor.execute("UPDATE traceability_item SET name = 'Renamed by hand' WHERE id = %s", [item.pk])
    change = Change.objects.about("item", item.pk).first()
    assert (change.actor, change.reason, change.request, change.login) == (None, "", None, "lotline_owner")
    assert changes.tell([change])[0].by == "database"
    assert change.before == {"name": "Flour"}


def test_who_and_why_end_with_their_block(plant, item):
    with changes.noting(actor=plant.quinn, reason="outer"):
        with changes.noting(actor=plant.rita, reason="inner"):
            Item.objects.filter(pk=item.pk).update(note="a")
        Item.objects.filter(pk=item.pk).update(note="b")
    assert [(c.actor, c.reason) for c in Change.objects.about("item", item.pk).order_by("id")[1:]] == [
        (plant.rita, "inner"),
        (plant.quinn, "outer"),
    ]


def test_a_password_and_a_log_in_are_not_told(plant):
    plant.rita.last_login = timezone.now()
    plant.rita.save()
    assert not Change.objects.about("person", plant.rita.pk).filter(verb="changed").exists()
    plant.rita.password, plant.rita.roles = make_password("another good password"), ["receiver", "shipper"]
    plant.rita.save()
    change = Change.objects.about("person", plant.rita.pk).first()
    assert change.before == {"password": "(hidden)", "roles": ["receiver"]}
    assert change.after == {"password": "(hidden)", "roles": ["receiver", "shipper"]}
    site = Site.objects.create(code="X", name="X")
    plant.rita.sites.add(site)
    assert Change.objects.about("person", plant.rita.pk).first().after["site_id"] == site.pk


NOT_OURS = [
    "INSERT INTO traceability_change (at, subject_kind, subject, \"table\", \"row\", verb, reason, login) VALUES (now(), 'item', '1', 't', '1', 'changed', 'forged', 'x')",
    "UPDATE traceability_change SET reason = 'another'",
    "DELETE FROM traceability_change",
    "TRUNCATE traceability_change",
    "SELECT lotline_note_change()",
    "ALTER TABLE traceability_item DISABLE TRIGGER traceability_item_is_noted",
    "DROP TRIGGER traceability_item_is_noted ON traceability_item",
]


def test_the_application_can_only_read_what_was_noted(plant, item):
    for sql in NOT_OURS:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert Change.objects.about("item", item.pk).count() == 1


def test_every_table_of_master_data_is_noted_whatever_the_session_says(plant):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgenabled FROM pg_trigger WHERE tgfoid = 'lotline_note_change'::regproc"
        )
        assert dict(cursor.fetchall()) == dict.fromkeys(changes.NOTED, "A")


def test_the_verifier_finds_a_table_whose_changes_are_not_noted_any_more(ledger_clone):
    assert verify.verify(only=["changes_are_noted"]).is_sound
    with databases.owner(ledger_clone) as cursor:
        cursor.execute(
            "ALTER TABLE traceability_item DISABLE TRIGGER traceability_item_is_noted; DROP TRIGGER qc_plan_is_noted ON qc_plan"
        )
    findings = verify.verify(only=["changes_are_noted"]).findings
    assert {finding.sentence.split()[2] for finding in findings} == {"traceability_item", "qc_plan"}


def test_a_part_of_a_part_is_noted_under_the_record(plant):
    from production.models import Bom, BomComponent

    bom = Bom.objects.create(name="BREAD", per_quantity=100, per_unit="lb")
    component = BomComponent.objects.create(bom=bom, position=1, item=plant.item(), quantity=50, unit="lb")
    component.alternatives.add(plant.item("RYE"))
    last = told(Change.objects.about("bom", bom.pk))[-1]
    assert last[1].startswith("Created: ")
    assert "RYE" in last[2]


def test_a_record_can_be_read_as_it_was(plant, item):
    first = Change.objects.about("item", item.pk).get()
    Item.objects.filter(pk=item.pk).update(shelf_life_days=90)
    assert changes.as_of("traceability_item", item.pk, first.at)["shelf_life_days"] == 365
    assert changes.as_of("traceability_item", item.pk, timezone.now())["shelf_life_days"] == 90
    assert changes.as_of("traceability_item", item.pk, first.at - timedelta(seconds=1)) is None


def test_ten_thousand_changed_rows_are_told_in_few_queries(plant, item, django_assert_max_num_queries):
    Party.objects.create(code="S-9", name="Nine", is_supplier=True)
    with django_assert_max_num_queries(8):
        assert len(changes.tell(Change.objects.select_related("actor"))) > 30
