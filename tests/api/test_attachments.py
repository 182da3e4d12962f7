"""Files over REST: attached by multipart, listed strictly, downloaded sealed, removed with a reason."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests import files
from tests.api.conftest import ROOT
from traceability import subjects
from traceability.models import Attachment


def send(caller, about, *, key="upload-1", content=None, name="COA.pdf", **rest):
    headers = {**caller.headers, **({"Idempotency-Key": key} if key else {})}
    file = SimpleUploadedFile(name, files.pdf() if content is None else content)
    body = {"subject_kind": about.kind.name, "subject": about.key, "file": file, **rest}
    return caller.client.post(f"{ROOT}attachments", body, headers=headers)


def test_a_program_attaches_a_certificate_and_reads_it_back(plant, a_token):
    lot = subjects.of("lot", plant.receive("A-1"))
    program = a_token("ledger:read", "files:write")
    answer = send(program, lot, kind="certificate", note="Salmonella negative")
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["name"], row["kind"], row["subject"]) == ("COA.pdf", "certificate", lot.key)
    assert send(program, lot, kind="certificate", note="Salmonella negative").json()["id"] == row["id"]
    listed = program.get("attachments", subject_kind="lot", subject=lot.key).json()
    assert [one["sha256"] for one in listed["results"]] == [row["sha256"]]
    file = program.get(f"attachments/{row['id']}/file")
    assert file.content == files.pdf()
    assert file["Content-Disposition"].startswith("attachment")
    assert file["Content-Security-Policy"].startswith("sandbox")
    removed = program.post(f"attachments/{row['id']}/remove", {"reason": "wrong lot"}, key="r-1")
    assert removed.json()["removed_because"] == "wrong lot"
    assert program.get("attachments").json()["count"] == 0


def test_what_is_wrong_is_said_in_a_problem(plant, a_token, a_session):
    lot = subjects.of("lot", plant.receive("A-1"))
    program = a_token("ledger:read", "files:write")
    problems = [
        (send(program, lot, key=""), 400, "key_missing"),
        (send(program, lot, content=b"<svg/>", name="x.svg"), 415, "file_type"),
        (send(program, lot, content=b""), 422, "file_broken"),
        (send(program, lot, colour="red"), 400, "unknown_field"),
        (send(program, lot, kind="secret"), 400, "invalid"),
        (send(program, lot, subject="999999"), 404, "not_found"),
        (send(program, lot, subject_kind="receipt"), 404, "not_found"),
        (
            program.post("attachments", {"subject_kind": "lot", "subject": lot.key, "file": "x"}, key="k"),
            400,
            "invalid",
        ),
        (send(a_token("ledger:read"), lot), 403, "permission_denied"),
        (send(a_session("nora"), lot), 403, "permission_denied"),
        (program.get("attachments", colour="red"), 400, "unknown_parameter"),
    ]
    for answer, status, code in problems:
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert not Attachment.objects.exists()


def test_files_that_one_may_not_see_are_not_found(plant, a_session):
    customer = subjects.of("party", plant.customer)
    row = send(a_session("sam"), customer).json()
    for address in (f"attachments/{row['id']}", f"attachments/{row['id']}/file"):
        assert a_session("sam").get(address).status_code == 200
        assert a_session("rita").get(address).status_code == 404
    assert a_session("rita").get("attachments").json()["count"] == 0


def test_every_kind_of_subject_is_described():
    from traceability.api.attachments import KINDS

    assert sorted(KINDS) == sorted(kind.name for kind in subjects.kinds())
