"""Files over HTTP: taken, checked, posted, undone; the same answers as the pages."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.conftest import ROOT, caller, integration
from tests.importing.conftest import as_csv
from traceability import jobs
from traceability.api.tokens import issue_token
from traceability.models import Import, Item

ROWS = [["Item", "Called", "Base unit"], ["A-1", "Salt", "lb"], ["A-2", "Pepper", "lb"]]


def bring(who, rows=ROWS, key="k1", **more):
    file = SimpleUploadedFile("rows.csv", rows if isinstance(rows, bytes) else as_csv(rows), "text/csv")
    return who.client.post(
        ROOT + "imports",
        {"kind": "items", "file": file, **more},
        headers={**who.headers, "Idempotency-Key": key},
    )


def work(pk):
    job = Import.objects.get(pk=pk).job
    job.state, job.attempts = "running", 1
    job.save()
    jobs.work(job.pk)


def test_from_the_file_to_its_undoing(plant):
    quinn = caller(person=plant.quinn)
    made = bring(quinn)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["state"], shown["rows"], shown["mapping"]) == (
        "read",
        2,
        {"Item": "code", "Base unit": "unit"},
    )
    assert bring(quinn).json()["id"] == shown["id"], "the same key is the same file"
    address = f"imports/{shown['id']}"
    unknown = quinn.post(f"{address}/check", {"mapping": {"Nothing": "code"}}, key="c0")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "bad_input")
    mapping = {"Item": "code", "Called": "name", "Base unit": "unit"}
    assert quinn.post(f"{address}/check", {"mapping": mapping}, key="c1").json()["state"] == "checking"
    work(shown["id"])
    checked = quinn.get(address).json()
    assert (checked["state"], checked["tally"]["new"], checked["wrong"]) == ("checked", 2, [])
    assert quinn.post(f"{address}/post", {}, key="p1").json()["state"] == "posting"
    work(shown["id"])
    assert quinn.get(address).json()["state"] == "posted"
    again = bring(quinn, key="k2")
    assert (again.status_code, again.json()["code"]) == (409, "same_file_again")
    assert quinn.post(f"{address}/undo", {}, key="u1").json()["state"] == "undone"
    assert not Item.objects.exists()


def test_bad_files_and_foreign_imports(plant):
    quinn = caller(person=plant.quinn)
    for rows, status in ((b"", 422), (b"%PDF-1.7", 422), (b"x" * (20 * 1024 * 1024 + 1), 413)):
        assert bring(quinn, rows).status_code == status
    assert bring(quinn, kind="moon").status_code == 422
    assert bring(quinn, secret="x").json()["code"] == "unknown_field"
    pk = bring(quinn, key="k3").json()["id"]
    assert caller(person=plant.quentin).get(f"imports/{pk}").status_code == 404
    assert caller(person=plant.quentin).post(f"imports/{pk}/drop", {}, key="d").status_code == 404
    assert caller(person=plant.ada).get(f"imports/{pk}").status_code == 200
    assert bring(caller(person=plant.paul), key="k4").status_code == 403
    token = issue_token(person=integration(), name="t", scopes=["masters:write"])[1]
    assert bring(caller(token=token), key="k5").status_code == 201
    reads = issue_token(person=integration(), name="t2", scopes=["ledger:read"])[1]
    assert bring(caller(token=reads), key="k6").status_code == 403
