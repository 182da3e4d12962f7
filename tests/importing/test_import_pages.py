"""Files in the browser: chosen, read, mapped, checked by a worker, posted, undone; somebody else's is not found."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.importing.conftest import as_csv
from traceability import jobs
from traceability.models import Import, Item

ROWS = [["Item", "Called", "Base unit"], ["A-1", "<b>Salt</b>", "lb"], ["A-2", "Pepper", "lb"]]


def browse(plant, name):
    client = Client()
    client.force_login(plant.people[name], backend="traceability.roles.RoleBackend")
    return client


def shown(response):
    return response.content.decode()


def sent(rows=ROWS, name="rows.csv", **more):
    file = SimpleUploadedFile(name, rows if isinstance(rows, bytes) else as_csv(rows), "text/csv")
    return {"kind": "items", "key": "k" * 12, "file": file, **more}


def work(source):
    source.refresh_from_db()
    source.job.state, source.job.attempts = "running", 1
    source.job.save()
    jobs.work(source.job_id)
    source.refresh_from_db()


def test_from_the_file_to_its_undoing(plant):
    quinn = browse(plant, "quinn")
    assert "Opening stock" in shown(quinn.get("/imports/new/"))
    assert "Base unit" in shown(quinn.get("/imports/new/?kind=items"))
    answer = quinn.post("/imports/new/", sent())
    source = Import.objects.get()
    page = f"/imports/{source.pk}/"
    assert answer["Location"] == page
    assert quinn.post("/imports/new/", sent())["Location"] == page, "sent twice, read once"
    assert "Which column is which" in shown(quinn.get(page))
    said = {"column-0": "code", "column-1": "", "column-2": "unit"}
    twice = quinn.post(page + "check", {**said, "column-1": "code", "key": "c" * 12})
    assert (twice.status_code, "Two columns are Item" in shown(twice)) == (422, True)
    assert quinn.post(page + "check", {**said, "key": "c" * 12}).status_code == 302
    busy = shown(quinn.get(page))
    assert 'role="progressbar"' in busy
    work(source)
    assert quinn.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    wrong = shown(quinn.get(page))
    assert "Name is missing: this is new." in wrong
    assert "/post" not in wrong
    refused = quinn.post(page + "post", {"key": "p" * 12})
    assert (refused.status_code, "Nothing is posted while one is" in shown(refused)) == (409, True)
    assert quinn.post(page + "check", {**said, "column-1": "name", "key": "d" * 12}).status_code == 302
    work(source)
    right = shown(quinn.get(page))
    assert "Post 2 rows" in right
    assert not Item.objects.exists()
    assert quinn.post(page + "post", {"key": "p" * 12}).status_code == 302
    work(source)
    assert source.state == "posted"
    assert Item.objects.get(code="A-1").name == "<b>Salt</b>"
    assert "<b>Salt</b>" not in shown(quinn.get("/items/"))
    assert shown(quinn.get(f"/jobs/{source.job_id}/file")).count("new") == 2
    assert quinn.post(page + "undo", {"key": "u" * 12}).status_code == 302
    assert not Item.objects.exists()
    assert "Undone" in shown(quinn.get("/imports/?q=rows.csv"))


def test_a_bad_file_keeps_what_was_chosen_and_is_never_a_500(plant):
    quinn = browse(plant, "quinn")
    for content, name, status in (
        (b"", "x.csv", 422), (b"%PDF", "x.csv", 422), (b"PK\x03\x04junk", "x.xlsx", 422), (b"x" * (20 * 1024 * 1024 + 1), "x.csv", 413), (b'a,"b\n', "x.csv", 422),
    ):  # fmt: skip
        answer = quinn.post("/imports/new/", sent(content, name, decimal="comma"))
        assert answer.status_code == status, (name, status, answer.status_code)
        assert '<option value="comma" selected>' in shown(answer)
    assert quinn.post("/imports/new/", {"kind": "items", "key": "k" * 12}).status_code == 422
    assert quinn.post("/imports/new/", sent(decimal="moon")).status_code == 422
    assert not Import.objects.exists()


def test_somebody_elses_import_is_not_found_but_by_the_auditor(plant):
    browse(plant, "quinn").post("/imports/new/", sent())
    source = Import.objects.get()
    page = f"/imports/{source.pk}/"
    quentin = browse(plant, "quentin")
    assert quentin.get(page).status_code == 404
    assert quentin.post(page + "drop").status_code == 404
    ada = browse(plant, "ada")
    assert ada.get(page).status_code == 200
    assert "Give it up" not in shown(ada.get(page))
    assert ada.post(page + "drop").status_code == 403
    for name in ("paul", "sam", "nora"):
        assert browse(plant, name).get("/imports/new/").status_code == 403, name
    assert browse(plant, "rita").post("/imports/new/", sent()).status_code == 403
    assert browse(plant, "quinn").post(page + "drop").status_code == 302


def test_templates_come_with_the_right(plant):
    quinn = browse(plant, "quinn")
    csv = quinn.get("/imports/template/items.csv")
    assert "ING-SALT" in shown(csv)
    assert quinn.get("/imports/template/items.xlsx").content.startswith(b"PK")
    for address in ("purchase_orders.csv", "items.exe", "nothing.csv"):
        assert quinn.get(f"/imports/template/{address}").status_code == 404, address
    assert browse(plant, "rita").get("/imports/template/purchase_orders.csv").status_code == 200


def test_a_worker_that_broke_leaves_it_where_it_was(plant):
    quinn = browse(plant, "quinn")
    quinn.post("/imports/new/", sent())
    source = Import.objects.get()
    said = {"column-0": "code", "column-1": "name", "column-2": "unit", "key": "c" * 12}
    quinn.post(f"/imports/{source.pk}/check", said)
    source.refresh_from_db()
    source.job.state, source.job.error = "failed", "It was tried three times."
    source.job.save()
    page = shown(quinn.get(f"/imports/{source.pk}/"))
    assert "It was tried three times." in page
    assert "Which column is which" in page
