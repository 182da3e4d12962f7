"""BOMs: drafted by one, approved by another, superseded by the next; orders keep the revision they were planned with."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from production import services
from production.boms import differences, scaled, standing
from production.forms.boms import BomForm, ComponentSet, OutputSet
from production.models import Bom, BomStatus
from production.needs import needs_of
from traceability import ledger, masters
from traceability.models import Change, Item, ItemUnit


@pytest.fixture
def recipe(plant):
    return a_recipe(plant)


def a_recipe(plant):
    for code in ("FLOUR", "SALT", "SEA-SALT"):
        plant.item(code)
    ItemUnit.objects.create(item=plant.item("FLOUR"), unit="bag", numerator=50)
    plant.item("BREAD", unit="cs", decimals=0)
    return keep(plant)


def keep(plant, bom=None, *, actor=None, components=None, seen=None, **changed):
    rows = components or [
        {"item": "FLOUR", "quantity": "2", "unit": "bag", "scrap_percent": "2"},
        {"item": "SALT", "quantity": "1.5", "unit": "lb", "alternatives": "SEA-SALT"},
    ]
    data = {"item": "BREAD", "per_quantity": "100", "per_unit": "cs", **changed}
    standing_rows = {row.item.code: row.pk for row in bom.components.all()} if bom else {}
    rows = sorted(rows, key=lambda row: row["item"] not in standing_rows)
    first = sum(row["item"] in standing_rows for row in rows)
    data |= {"components-TOTAL_FORMS": str(len(rows)), "components-INITIAL_FORMS": str(first)}
    data |= {"outputs-TOTAL_FORMS": "0", "outputs-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        data |= {f"components-{number}-{name}": value for name, value in row.items()}
        if row["item"] in standing_rows:
            data[f"components-{number}-id"] = standing_rows[row["item"]]
    form = BomForm(data, instance=bom)
    parts = [
        ComponentSet(data, instance=form.instance, prefix="components"),
        OutputSet(data, instance=form.instance, prefix="outputs"),
    ]
    return services.keep_bom(
        kind="bom", form=form, parts=parts, actor=actor or plant.paul, reason="", seen=seen
    )


def approve(plant, bom, **rest):
    return services.approve_bom(bom=bom, actor=rest.pop("actor", plant.quinn), **rest)


def test_a_draft_is_approved_by_another_person_and_then_never_changed(plant, recipe):
    assert (recipe.name, recipe.revision, recipe.status, recipe.drafted_by) == (
        "BREAD",
        1,
        BomStatus.DRAFT,
        plant.paul,
    )
    assert not Bom.objects.in_force().exists()
    with pytest.raises(ledger.NotPermitted):
        approve(plant, recipe, actor=plant.paul)
    bom = approve(plant, recipe)
    assert (bom.status, bom.approved_by, bom.effective_from) == (
        BomStatus.APPROVED,
        plant.quinn,
        timezone.localdate(),
    )
    assert approve(plant, recipe).pk == bom.pk, "sent twice"
    with pytest.raises(services.BomNotDraft):
        approve(plant, recipe, actor=plant.quentin)
    with pytest.raises(services.BomNotDraft):
        keep(plant, Bom.objects.get(pk=bom.pk), per_quantity="50")
    with pytest.raises(services.BomNotDraft):
        services.drop_draft(bom=bom, reason="x", actor=plant.paul)


def test_whoever_had_a_hand_in_it_does_not_approve_it(plant, recipe):
    keep(plant, Bom.objects.get(pk=recipe.pk), actor=plant.quinn, per_quantity="110")
    keep(plant, Bom.objects.get(pk=recipe.pk), actor=plant.paul, per_quantity="120")
    with pytest.raises(ledger.SamePerson):
        approve(plant, recipe, actor=plant.quinn)
    assert approve(plant, recipe, actor=plant.quentin).approved_by == plant.quentin


def test_the_next_revision_supersedes_and_an_order_keeps_its_own(plant, recipe):
    first = approve(plant, recipe)
    order = services.plan_work_order(
        item=plant.item("BREAD"), product="BREAD", line=plant.place("line"), planned_quantity=Decimal(250), actor=plant.paul, client="t", key="o1"
    )  # fmt: skip
    with pytest.raises(ledger.ReasonRequired):
        services.draft_revision(bom=first, change=" ", actor=plant.paul)
    draft = services.draft_revision(bom=first, change="ECO-7: less salt", actor=plant.paul)
    assert services.draft_revision(bom=first, change="again", actor=plant.quinn).pk == draft.pk
    assert [(c.item.code, c.quantity) for c in draft.components.all()] == [("FLOUR", 2), ("SALT", Decimal("1.5"))]  # fmt: skip
    keep(plant, draft, components=[{"item": "SALT", "quantity": "1", "unit": "lb", "position": "2"}, {"item": "FLOUR", "quantity": "2", "unit": "bag", "position": "1"}])  # fmt: skip
    second = approve(plant, draft)
    first.refresh_from_db()
    assert (first.status, second.revision) == (BomStatus.SUPERSEDED, 2)
    assert [bom.pk for bom in Bom.objects.in_force()] == [second.pk]
    order.refresh_from_db()
    assert order.bom == first
    told = {one.what: (one.before, one.now) for one in differences(second, first)}
    assert told["SALT"] == ("1.5 lb, or SEA-SALT", "1 lb")
    assert told["FLOUR"] == ("2 bag, 2 % lost", "2 bag")
    changed = set(Change.objects.about("bom", draft.pk).values_list("reason", flat=True))
    assert "ECO-7: less salt" in changed


def test_the_recipe_is_scaled_to_the_planned_quantity_exactly(plant, recipe):
    approve(plant, recipe)
    rows = {row.component.item.code: row for row in scaled(recipe, Decimal(250))}
    assert (rows["FLOUR"].quantity, rows["FLOUR"].base) == (Decimal("5.1"), Decimal(255))
    assert rows["SALT"].base == Decimal("3.75")
    order = services.plan_work_order(
        item=plant.item("BREAD"), product="", line=plant.place("line"), planned_quantity=Decimal(250), actor=plant.paul, client="t", key="o1"
    )  # fmt: skip
    wanted = {need.item.code: need.wanted for need in needs_of(order)}
    assert wanted == {"FLOUR": Decimal(255), "SALT": Decimal("3.75")}


def test_from_a_later_day_two_revisions_follow_each_other(plant, recipe):
    first = approve(plant, recipe)
    today = timezone.localdate()
    draft = services.draft_revision(bom=first, change="Later", actor=plant.paul)
    with pytest.raises(ledger.BadInput, match="in force since"):
        approve(plant, draft, effective_from=today - timedelta(days=1))
    later = approve(plant, draft, effective_from=today + timedelta(days=10))
    assert standing(later).startswith("From ")
    first.refresh_from_db()
    assert (first.status, first.effective_to) == (BomStatus.APPROVED, today + timedelta(days=9))
    assert [b.revision for b in Bom.objects.in_force()] == [1]
    assert [b.revision for b in Bom.objects.in_force(today + timedelta(days=10))] == [2]
    third = services.draft_revision(bom=first, change="Sooner", actor=plant.paul)
    with pytest.raises(services.BomsOverlap):
        approve(plant, third, effective_from=today + timedelta(days=3))
    services.withdraw_bom(bom=later, reason="Not after all", actor=plant.quinn)
    assert approve(plant, third, effective_from=today + timedelta(days=3)).revision == 3


def test_a_draft_is_given_up_with_a_reason_and_stays_on_record(plant, recipe):
    with pytest.raises(ledger.ReasonRequired):
        services.drop_draft(bom=recipe, reason="", actor=plant.paul)
    services.drop_draft(bom=recipe, reason="Typed in error", actor=plant.paul)
    assert not Bom.objects.exists()
    assert Change.objects.about("bom", recipe.pk).filter(reason="Typed in error").exists()


BAD = [
    ({"per_quantity": "0"}, "per_quantity"), ({"per_quantity": "1e3"}, "per_quantity"), ({"per_quantity": "１"}, "per_quantity"), ({"per_unit": "kg"}, "per_unit"),
    ({"item": "NOWHERE"}, "item"), ({"item": "", "name": ""}, "name"), ({"rework_limit_percent": "5"}, "rework_item"), ({"loss_low_percent": "5"}, "loss_high_percent"),
    ({"loss_low_percent": "5", "loss_high_percent": "4"}, "loss_high_percent"), ({"loss_low_percent": "101", "loss_high_percent": "102"}, "loss_low_percent"),
]  # fmt: skip
BAD_ROWS = [
    ({"item": "FLOUR", "quantity": "0", "unit": "lb"}, "quantity"), ({"item": "FLOUR", "quantity": "1", "unit": "cs"}, "unit"),
    ({"item": "BREAD", "quantity": "1", "unit": "cs"}, "item"), ({"item": "FLOUR", "quantity": "1", "unit": "lb", "alternatives": "FLOUR"}, "alternatives"),
    ({"item": "FLOUR", "quantity": "1", "unit": "lb", "alternatives": "SALT, NOWHERE"}, "alternatives"),
    ({"item": "FLOUR", "quantity": "1", "unit": "lb", "scrap_percent": "100"}, "scrap_percent"), ({"item": "NOWHERE", "quantity": "1", "unit": "lb"}, "item"),
]  # fmt: skip


def test_what_cannot_be_is_refused_field_by_field(plant, recipe):
    services.drop_draft(bom=recipe, reason="x", actor=plant.paul)
    for changed, field in BAD:
        with pytest.raises(masters.FieldsRefused) as refused:
            keep(plant, **changed)
        assert field in refused.value.fields, (changed, refused.value.fields)
    for row, field in BAD_ROWS:
        with pytest.raises(masters.FieldsRefused) as refused:
            keep(plant, components=[row])
        assert f"components.0.{field}" in refused.value.fields, (row, refused.value.fields)
    twice = [{"item": "FLOUR", "quantity": "1", "unit": "lb"}] * 2
    with pytest.raises(masters.FieldsRefused, match="twice"):
        keep(plant, components=twice)
    empty = Bom.objects.create(name="NOTHING", per_quantity=1, per_unit="lb", drafted_by=plant.paul)
    with pytest.raises(ledger.BadInput, match="Nothing goes in"):
        approve(plant, empty)
    assert not Bom.objects.exclude(pk=empty.pk).exists()


def test_two_components_change_places(plant, recipe):
    rows = [{"item": "FLOUR", "quantity": "2", "unit": "bag", "position": "2"}, {"item": "SALT", "quantity": "1", "unit": "lb", "position": "1"}]  # fmt: skip
    kept = keep(plant, Bom.objects.get(pk=recipe.pk), components=rows)
    assert [row.item.code for row in kept.components.all()] == ["SALT", "FLOUR"]


def test_of_two_who_approve_at_once_one_is_in_force(committed_plant):
    """Two drafts cannot stand; two approvals of one draft can meet."""
    plant = committed_plant
    draft = a_recipe(plant)
    together, heard = threading.Barrier(2), []

    def send(who):
        together.wait(10)
        try:
            heard.append(services.approve_bom(bom=draft, actor=who).approved_by)
        except services.BomNotDraft:
            heard.append(None)
        connection.close()

    senders = [threading.Thread(target=send, args=[who]) for who in (plant.quinn, plant.quentin)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert heard.count(None) == 1
    assert Bom.objects.in_force().count() == 1


def test_a_day_before_it_began_is_before_it_began(plant, recipe):
    bom = approve(plant, recipe)
    assert not Bom.objects.in_force(date(2020, 1, 1)).exists()
    assert Item.objects.get(code="BREAD").boms.get() == bom
