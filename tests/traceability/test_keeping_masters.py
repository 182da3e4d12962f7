"""Master data is kept by one road: strict, locked, compared with what was seen, noted with who and why."""

from fractions import Fraction

import pytest

from traceability import ledger, masters
from traceability.forms.fields import check_digit
from traceability.forms.items import ItemForm, UnitSet, exact, factor_text
from traceability.forms.parties import ContactSet, PartyForm
from traceability.forms.places import LocationForm, SiteForm
from traceability.masters import alike
from traceability.masters.sites import keep_site
from traceability.models import Change, Item, ItemUnit, Location

ITEM = {
    "code": "ING-SALT", "name": "Salt", "kind": "material", "tracking": "lot", "unit": "lb", "decimals": "3", "date_label": "best_by", "count_tolerance_percent": "2",
    "count_tolerance_quantity": "0",
}  # fmt: skip


def rows(prefix, *filled, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": str(len(filled)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for number, row in enumerate(filled):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def keep_item(plant, item=None, *, actor=None, reason="", seen=None, units=(), initial=0, **changed):
    data = {**ITEM, **changed, **rows("units", *units, initial=initial)}
    form = ItemForm(data, instance=item)
    parts = [UnitSet(data, instance=form.instance, prefix="units")]
    return masters.keep(
        kind="item", form=form, parts=parts, actor=actor or plant.quinn, reason=reason, seen=seen
    )


def test_an_item_is_kept_with_its_units_and_noted(plant):
    item = keep_item(
        plant,
        units=[
            {"unit": "bag", "factor": "50", "gtin": "195 2123 4009 020"},
            {"unit": "kg", "factor": "1/0.45359237".replace("1/0.45359237", "2.204622622")},
        ],
    )
    assert [(u.unit, factor_text(u)) for u in item.units.all()] == [("bag", "50"), ("kg", "2.204622622")]
    assert item.units.get(unit="bag").gtin == "19521234009020"
    assert {(c.table, c.actor) for c in Change.objects.about("item", item.pk)} == {
        ("traceability_item", plant.quinn),
        ("traceability_itemunit", plant.quinn),
    }


def test_a_change_needs_a_reason_and_a_right(plant):
    item = keep_item(plant)
    with pytest.raises(ledger.ReasonRequired):
        keep_item(plant, item, name="Sea salt")
    with pytest.raises(ledger.NotPermitted):
        keep_item(plant, item, name="Sea salt", reason="x", actor=plant.rita)
    keep_item(plant, item, name="Sea salt", reason="New supplier")
    assert Change.objects.about("item", item.pk).first().reason == "New supplier"
    assert Item.objects.get(pk=item.pk).name == "Sea salt"


def test_whoever_is_second_is_told_what_the_first_changed(plant):
    item = keep_item(plant)
    seen = masters.seen_of("item", item)
    keep_item(plant, Item.objects.get(pk=item.pk), shelf_life_days="30", reason="Letter", seen=seen)
    with pytest.raises(masters.Changed) as refused:
        keep_item(plant, Item.objects.get(pk=item.pk), name="Sea salt", reason="Me too", seen=seen)
    assert "shelf life days: 30" in refused.value.why
    assert refused.value.status == 409
    assert Item.objects.get(pk=item.pk).name == "Salt"
    unit_seen = masters.seen_of("item", item)
    ItemUnit.objects.create(item=item, unit="bag", numerator=50)
    with pytest.raises(masters.Changed):
        keep_item(plant, Item.objects.get(pk=item.pk), name="Sea salt", reason="x", seen=unit_seen)


BAD = {
    "code": ["", "A\u202eB", "A\u200bB", "A\x00B", " x  y", "A" * 41],
    "name": ["", "a\u202eb", "two\nlines", "x" * 161],
    "decimals": ["7", "-1", "1.5", "１", "٣", "1e0"],
    "gtin": ["123", "19521234009021", "1952123400902X", "１９５２１２３４００９０２０"],
    "weight_per_unit": ["NaN", "Infinity", "1e400", "1_000", "１２", "1,5", "0", "-1", "1.2345678"],
    "shelf_life_days": ["0", "abc", "-5", "40000"],
    "lot_pattern": ["RM-{yymmdd}", "RM-{nn}-{nn}", "RM-{year}-{nn}", "A" * 15 + "-{yymmdd}-{nn}"],
    "unit": ["", "pound s", "a" * 13],
    "over_percent": ["-1", "1e2", "1.234"],
    "kind": ["secret"], "tracking": ["perhaps"], "category": ["Nowhere"], "default_location": ["999999"], "inspected_at": ["nowhere"],
}  # fmt: skip


def test_what_cannot_be_is_refused_field_by_field_and_nothing_is_kept(plant):
    for field, values in BAD.items():
        for value in values:
            with pytest.raises(masters.FieldsRefused) as refused:
                keep_item(plant, **{field: value})
            assert field in refused.value.fields, (field, value, refused.value.fields)
    for fields, field in (
        ({"shelf_life_days": "1", "shelf_life_months": "1"}, "shelf_life_months"), ({"tracking": "serial"}, "decimals"), ({"over_percent": "5", "over_limit_percent": "3"}, "over_limit_percent"),
    ):  # fmt: skip
        with pytest.raises(masters.FieldsRefused) as refused:
            keep_item(plant, **fields)
        assert field in refused.value.fields
    for factor in ("0", "1/0", "NaN", "１", "-2", "1e3", ""):
        with pytest.raises(masters.FieldsRefused) as refused:
            keep_item(plant, units=[{"unit": "bag", "factor": factor}])
        assert "units.0.factor" in refused.value.fields, factor
    with pytest.raises(masters.FieldsRefused):
        keep_item(plant, units=[{"unit": "lb", "factor": "1"}])
    assert not Item.objects.exists()


def test_a_code_that_looks_like_another_is_asked_about(plant):
    keep_item(plant, code="ING-O1")
    for twin in ("ING-01", "ING-Ol", "ING-О1", "ing-o1"):
        with pytest.raises(masters.FieldsRefused) as refused:
            keep_item(plant, code=twin)
        assert "ING-O1" in refused.value.fields["code"]
    assert keep_item(plant, code="ING-01", confirm_alike="on").code == "ING-01"
    assert alike.twin_of("ING-02", ["ING-O1"]) == ""
    with pytest.raises(masters.FieldsRefused):
        keep_item(plant, code="ING-O1")


def test_what_stock_rests_on_is_not_changed_by_a_form(plant):
    item = keep_item(plant)
    plant.receive("L-1", 5, item=item)
    keep_item(plant, Item.objects.get(pk=item.pk), unit="kg", tracking="none", reason="x", name="Salt 2")
    item.refresh_from_db()
    assert (item.unit, item.tracking, item.name) == ("lb", "lot", "Salt 2")


def test_a_gtin_means_one_item(plant):
    keep_item(plant, gtin="19521234009020")
    with pytest.raises(masters.FieldsRefused) as refused:
        keep_item(plant, code="OTHER", gtin="19521234009020")
    assert "ING-SALT" in refused.value.fields["gtin"]
    assert keep_item(plant, code="UPC", gtin="012345678905").gtin == "00012345678905"


def test_factors_are_exact_and_shown_as_people_write_them():
    assert exact("1/3") == Fraction(1, 3)
    assert exact("0.45359237") == Fraction(45359237, 10**8)
    for text in ("50", "0.45359237", "1/3", "2/7", "1000000", "0.000001"):
        factor = exact(text)
        assert factor_text(ItemUnit(numerator=factor.numerator, denominator=factor.denominator)) == text
    assert check_digit("1952123400902") == "0"


def test_parties_have_contacts_and_a_suspension_has_a_reason_and_a_day(plant):
    base = {
        "code": "S-9",
        "name": "Crescent Spice",
        "is_supplier": "on",
        "country": "us",
        **rows("contacts", {"name": "Renee", "phone": "850-555-0141", "is_for_recalls": "on"}),
    }

    def keep(**more):
        data = base | more
        form = PartyForm(data)
        return masters.keep(
            kind="party",
            form=form,
            parts=[ContactSet(data, instance=form.instance, prefix="contacts")],
            actor=plant.quinn,
            reason="",
        )

    for more, field in (
        ({"is_supplier": ""}, "is_supplier"), ({"is_suspended": "on"}, "suspended_because"), ({"gln": "1234567890123"}, "gln"), ({"country": "USA"}, "country"),
        ({"contacts-0-phone": "call me"}, "contacts.0.phone"), ({"contacts-0-email": "no"}, "contacts.0.email"), ({"contacts-0-phone": ""}, "contacts.0.phone"),
        ({"contacts-0-checked_on": "2026-02-30"}, "contacts.0.checked_on"), ({"contacts-0-checked_on": "26-02-03"}, "contacts.0.checked_on"),
        ({"contacts-0-checked_on": "2099-01-01"}, "contacts.0.checked_on"),
    ):  # fmt: skip
        with pytest.raises(masters.FieldsRefused) as refused:
            keep(**more)
        assert field in refused.value.fields, (more, refused.value.fields)
    party = keep(is_suspended="on", suspended_because="Audit failed")
    assert (party.country, party.suspended_because, bool(party.suspended_on)) == ("US", "Audit failed", True)
    assert party.contacts.get().is_for_recalls


def test_a_place_is_not_inside_of_itself_and_a_site_brings_its_boundaries(plant):
    store, inner = plant.store, plant.store_2
    inner.parent = store
    inner.save()
    form = LocationForm(
        {"site": store.site_id, "code": store.code, "kind": store.kind, "parent": inner.pk}, instance=store
    )
    with pytest.raises(masters.FieldsRefused) as refused:
        masters.keep(kind="location", form=form, actor=plant.quinn, reason="x")
    assert "parent" in refused.value.fields
    data = {"code": "NORTH", "name": "North", "time_zone": "Europe/Berlin", "production_day_starts": "06:00"}
    site = keep_site(kind="site", form=SiteForm(data), actor=plant.quinn, reason="")
    assert Location.objects.filter(site=site).count() == 10
    for wrong in ("Mars/Olympus", "", "UTC+2"):
        with pytest.raises(masters.FieldsRefused):
            keep_site(
                kind="site",
                form=SiteForm(data | {"code": "X", "time_zone": wrong}),
                actor=plant.quinn,
                reason="",
            )


def test_retired_is_not_deleted_and_has_a_reason(plant):
    item = keep_item(plant)
    with pytest.raises(ledger.ReasonRequired):
        masters.retire(kind="item", noun=item, is_active=False, actor=plant.quinn, reason="")
    assert not masters.retire(
        kind="item", noun=item, is_active=False, actor=plant.quinn, reason="Not bought any more"
    ).is_active
    assert masters.retire(kind="item", noun=item, is_active=True, actor=plant.quinn, reason="Again").is_active
