"""Plans: drafted by one, approved by another, replaced and never rewritten; the most particular one holds."""

from decimal import Decimal

import pytest

from qc import choosing, comparing
from qc import services as qc
from qc.models import Characteristic, Inspection, Plan, PlanStatus
from qc.services import importing
from traceability import ledger
from traceability.models import Change, Party


@pytest.fixture
def shrimp(plant):
    return plant.item("SHRIMP", category="Seafood")


def draft(plant, shrimp, code="QP-1", **facts):
    facts = {"name": "On receipt", "stage": "receiving", "items": [shrimp]} | facts
    plan = qc.draft_plan(actor=plant.quinn, code=code, facts=facts)
    add(plant, plan, "Temperature", upper=Decimal("4.4"))
    return plan


def add(plant, plan, name, **facts):
    facts = {"name": name, "kind": "measurement", "readings": 1} | facts
    return qc.put_characteristic(plan=plan, actor=plant.quinn, facts=facts)


def approved(plant, plan):
    return qc.approve(plan=plan, actor=plant.quentin)


def test_a_draft_is_put_in_force_by_somebody_else_and_items_wait_from_then_on(plant, shrimp):
    plan = draft(plant, shrimp)
    assert choosing.plan_for(lot=plant.receive("L-0", item=shrimp), stage="receiving") is None
    with pytest.raises(ledger.SamePerson):
        qc.approve(plan=plan, actor=plant.quinn)
    with pytest.raises(ledger.NotPermitted):
        qc.approve(plan=plan, actor=plant.rita)
    assert approved(plant, plan).status == PlanStatus.APPROVED
    assert approved(plant, plan) == plan  # Sent twice.
    shrimp.refresh_from_db()
    assert shrimp.inspected_at == ["receiving"]


def test_a_plan_that_asks_for_nothing_or_is_for_nothing_is_not_approved(plant, shrimp):
    empty = qc.draft_plan(
        actor=plant.quinn, code="QP-2", facts={"name": "x", "stage": "final", "items": [shrimp]}
    )
    homeless = draft(plant, shrimp, "QP-3", items=[])
    for plan in (empty, homeless):
        with pytest.raises(ledger.BadInput):
            approved(plant, plan)


def test_an_approved_revision_is_not_changed_but_revised_and_inspections_keep_theirs(plant, shrimp):
    first = approved(plant, draft(plant, shrimp))
    lot = plant.receive("L-1", item=shrimp, status="quarantine")
    begun = qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="t", key="one")
    for forbidden in (
        lambda: qc.change_plan(plan=first, actor=plant.quinn, facts={"name": "Other"}),
        lambda: add(plant, first, "Odour", kind="pass_fail"),
        lambda: qc.remove_characteristic(characteristic=first.characteristics.get(), actor=plant.quinn),
        lambda: qc.discard(plan=first, actor=plant.quinn),
    ):
        with pytest.raises(qc.NotADraft):
            forbidden()
    with pytest.raises(ledger.ReasonRequired):
        qc.revise(plan=first, actor=plant.quinn, why=" ")
    second = qc.revise(plan=first, actor=plant.quinn, why="Colder")
    assert qc.revise(plan=first, actor=plant.quinn, why="Colder") == second
    qc.put_characteristic(
        plan=second, characteristic=second.characteristics.get(), actor=plant.quinn,
        facts={"name": "Temperature", "kind": "measurement", "upper": Decimal(3)},
    )  # fmt: skip
    add(plant, second, "Odour", kind="pass_fail")
    assert choosing.plan_for(lot=lot, stage="receiving") == first
    approved(plant, second)
    first.refresh_from_db()
    assert (first.status, first.superseded_at is not None) == (PlanStatus.SUPERSEDED, True)
    assert Inspection.objects.get(pk=begun.pk).plan == first
    other = plant.receive("L-2", item=shrimp, status="quarantine")
    assert (
        qc.open_inspection(lot=other, stage="receiving", actor=plant.quinn, client="t", key="two").plan
        == second
    )
    told = {
        part.name: (part.verb, [(d.field, d.before, d.after) for d in part.differences])
        for part in comparing.differences(first, second)
    }
    assert told["Temperature"] == ("changed", [("Upper", "4.4", "3")])
    assert told["Odour"][0] == "added"
    assert Change.objects.filter(
        subject_kind="plan", subject=str(second.pk), reason="Colder", actor=plant.quinn
    ).exists()


def test_the_most_particular_plan_holds(plant, shrimp):
    other = Party.objects.create(code="S-2", name="Gulf Boats", is_supplier=True)
    for code, facts in {
        "CAT": {"items": [], "category": "Seafood"},
        "ITEM": {},
        "VENDOR": {"suppliers": [plant.supplier]},
        "STEP": {"stage": "in_process", "step": "Fry"},
        "ELSE": {"suppliers": [other]},
    }.items():
        approved(plant, draft(plant, shrimp, code, **facts))
    lot = plant.receive("L-1", item=shrimp)
    mate = plant.receive("L-2", item=plant.item("CRAB", category="Seafood"))
    assert choosing.plan_for(lot=lot, stage="receiving").code == "VENDOR"
    assert choosing.plan_for(lot=mate, stage="receiving").code == "CAT"
    Plan.objects.filter(code="VENDOR").update(status="superseded")
    assert choosing.plan_for(lot=lot, stage="receiving").code == "ITEM"
    assert choosing.plan_for(lot=lot, stage="in_process", what="Check before Pack") is None
    assert choosing.plan_for(lot=lot, stage="in_process", what="Check after fry").code == "STEP"


def test_a_table_makes_drafts_of_all_its_plans_or_of_none(plant, shrimp):
    approved(plant, draft(plant, shrimp))
    table = (
        "plan,plan_name,stage,items,characteristic,kind,unit,lower,upper,choices,accepted\n"
        "QP-1,Dock,Receiving,SHRIMP,Temperature,Measurement,°C,,3.5,,\n"
        'QP-1,,,,Colour,choice,,,,"Pink, Grey",Pink\n'
        "QP-7,Freezer,final,SHRIMP,Core,measurement,°C,,-18,,\n"
    )
    with pytest.raises(ledger.BadInput, match="Nothing was imported"):
        importing.import_plans(text=table.replace("SHRIMP,Core", "SHRMP,Core"), actor=plant.quinn)
    assert not Plan.objects.filter(status="draft").exists()
    revision, new = importing.import_plans(text=table, actor=plant.quinn)
    assert (revision.revision, new.revision) == (2, 1)
    assert [c.name for c in revision.characteristics.order_by("position")] == ["Temperature", "Colour"]
    core = new.characteristics.get()
    assert (core.lower, core.upper) == (None, Decimal(-18))
    with pytest.raises(ledger.BadInput, match="draft already"):
        importing.import_plans(text=table, actor=plant.quinn)
    with pytest.raises(ledger.BadInput, match="No column is called"):
        importing.read(table.replace("upper", "uper"))


def test_new_kinds_are_never_a_pass_by_themselves(plant, shrimp):
    plan = draft(plant, shrimp)
    add(plant, plan, "Colour", kind="choice", choices=["Pink", "Grey"], accepted=["Pink"])
    add(plant, plan, "Report", kind="laboratory")
    approved(plant, plan)
    lot = plant.receive("L-1", item=shrimp, status="quarantine")
    found = qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="t", key="one")
    looks = {c.name: c for c in plan.characteristics.all()}

    def record(name, **said):
        return qc.record_result(
            inspection=found,
            characteristic=looks[name],
            actor=plant.quinn,
            client="t",
            key=plant.key(),
            **said,
        )

    for name, said in (
        ("Colour", {}),
        ("Colour", {"text": "Blue"}),
        ("Report", {"passed": True}),
        ("Report", {"text": "LAB-1"}),
    ):
        with pytest.raises(ledger.BadInput):
            record(name, **said)
    record("Colour", text="Grey")
    record("Report", text="LAB-1", passed=True)
    assert [r.is_within for r in found.results.order_by("pk")] == [False, True]


def test_a_characteristic_sent_twice_is_one_and_the_order_can_be_changed(plant, shrimp):
    plan = draft(plant, shrimp)
    assert add(plant, plan, "Odour", kind="pass_fail") == add(plant, plan, "Odour", kind="pass_fail")
    with pytest.raises(ledger.BadInput):
        add(plant, plan, "Odour", kind="text")
    qc.move_characteristic(
        characteristic=Characteristic.objects.get(plan=plan, name="Odour"), up=True, actor=plant.quinn
    )
    assert [c.name for c in plan.characteristics.order_by("position")] == ["Odour", "Temperature"]
