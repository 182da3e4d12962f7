"""Plans at the screen: draft, add, compare, approve by a colleague, import by table; nothing typed is lost."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from qc.models import Characteristic, Plan

HEAD = {
    "code": "qp-8",
    "name": "Oil",
    "stage": "receiving",
    "items": "OIL",
    "sampling": "fixed",
    "level": "II",
}
LOOK = {"name": "Acid", "kind": "measurement", "unit": "%", "upper": "0.1", "readings": "2", "rule": "any_out", "severity": "major", "is_mandatory": "on"}  # fmt: skip


@pytest.fixture
def oil(plant):
    return plant.item("OIL")


def test_a_plan_from_its_first_word_to_its_second_revision(oil, browse):
    quinn, quentin = browse("quinn"), browse("quentin")
    lost = quinn.post("/qc/plans/new", HEAD | {"items": "OIL, WINE"})
    assert lost.status_code == 422
    assert "No item is called WINE." in lost.content.decode()
    assert "OIL, WINE" in lost.content.decode()
    quinn.post("/qc/plans/new", HEAD)
    plan = Plan.objects.get(code="QP-8")
    wrong = quinn.post(f"/qc/plans/{plan.pk}/looks/new", LOOK | {"lower": "2"})
    assert "It is below the lower one." in wrong.content.decode()
    assert quinn.post(f"/qc/plans/{plan.pk}/looks/new", LOOK | {"then": "another"})["Location"].endswith(
        "/looks/new"
    )
    look = Characteristic.objects.get(plan=plan)
    assert look.lower is None
    quinn.post(f"/qc/plans/{plan.pk}/looks/{look.pk}/limit", {"item": "OIL", "upper": "0.2"})
    assert "Approve" not in quinn.get(f"/qc/plans/{plan.pk}/").content.decode().split("A colleague")[0]
    assert quinn.post(f"/qc/plans/{plan.pk}/approve").status_code == 403
    quentin.post(f"/qc/plans/{plan.pk}/approve")
    assert Plan.objects.in_force().get() == plan
    assert quinn.post(f"/qc/plans/{plan.pk}/change", HEAD).status_code == 409
    quinn.post(f"/qc/plans/{plan.pk}/revise", {"why": "Stricter"})
    draft = Plan.objects.get(code="QP-8", revision=2)
    again = Characteristic.objects.get(plan=draft)
    assert again.limits.count() == 1
    quinn.post(f"/qc/plans/{draft.pk}/looks/{again.pk}/", LOOK | {"upper": "0.05"})
    page = quinn.get(f"/qc/plans/{draft.pk}/compare/{plan.pk}/").content.decode()
    assert "<td>Upper</td>" in page
    assert "0.05" in page
    quinn.post(f"/qc/plans/{draft.pk}/discard")
    assert Plan.objects.count() == 1
    assert quinn.get(f"/qc/plans/{draft.pk}/").status_code == 404


def test_a_workbook_is_looked_at_and_then_imported(oil, browse):
    book = openpyxl.Workbook()
    for row in (
        ["plan", "stage", "items", "characteristic", "kind", "upper"],
        ["QP-8", "Final", "OIL", "Acid", "Measurement", 0.1],
    ):
        book.active.append(row)
    sent = io.BytesIO()
    book.save(sent)
    quinn = browse("quinn")
    page = quinn.post(
        "/qc/plans/import", {"file": SimpleUploadedFile("plans.xlsx", sent.getvalue())}
    ).content.decode()
    assert "Make 1 draft" in page, page
    assert not Plan.objects.exists()
    text = "plan,stage,items,characteristic,kind,upper\nQP-8,Final,OIL,Acid,Measurement,0.1\n"
    quinn.post("/qc/plans/import", {"text": text, "sure": "yes"})
    assert str(Plan.objects.get().characteristics.get().upper.normalize()) == "0.1"
    broken = quinn.post("/qc/plans/import", {"file": SimpleUploadedFile("plans.xlsx", b"PK\x03\x04 no")})
    assert broken.status_code == 422
    assert "It is no whole XLSX." in broken.content.decode()


def test_who_only_looks_may_not_draft(oil, browse):
    for name in ("rita", "ada"):
        assert browse(name).get("/qc/plans/new").status_code == 403
        assert browse(name).post("/qc/plans/new", HEAD).status_code == 403
