"""Files in the browser: the panel, attaching without script and with it, the download, and who may."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import files
from traceability import attachments, media, subjects, uploads
from traceability.models import Attachment, RefusalRecord

KEY = "f" * 32


def upload(content=None, name="COA.pdf"):
    return SimpleUploadedFile(name, files.pdf() if content is None else content)


def form(subject, *sent, **rest):
    return {
        "key": KEY,
        "about": subject.kind.name,
        "subject": subject.key,
        "file": list(sent),
        "kind": "",
        "note": "",
        **rest,
    }


@pytest.fixture
def lot(plant):
    return subjects.of("lot", plant.receive("A-1"))


@pytest.fixture
def attached(plant, lot):
    def make(content=None, name="COA.pdf", subject=lot, actor=None):
        return attachments.attach(
            subject=subject, file=io.BytesIO(files.pdf() if content is None else content), name=name, actor=actor or plant.rita, client="t", key=plant.key()
        )  # fmt: skip

    return make


def test_several_files_are_attached_at_once_and_shown_on_the_page(lot, browse):
    rita = browse("rita")
    assert 'enctype="multipart/form-data"' in rita.get(lot.url).content.decode()
    answer = rita.post(
        "/files/add",
        form(lot, upload(), upload(files.jpeg(), "IMG 1.jpg"), note="Pallet 3", next=f"{lot.url}?x=1"),
    )
    assert answer["Location"] == f"{lot.url}?x=1#files"
    page = rita.get(lot.url).content.decode()
    assert "COA.pdf" in page
    assert "IMG 1.jpg" in page
    assert "2 attached" in page
    assert "Pallet 3" in page
    assert f"/files/{Attachment.objects.get(kind='photo').pk}/thumbnail" in page


def test_the_good_ones_are_kept_and_each_bad_one_is_named(lot, browse):
    rita = browse("rita")
    rita.post(
        "/files/add", form(lot, upload(), upload(b"<svg/>", "x.svg"), next="https://elsewhere.example/")
    )
    page = rita.get(lot.url).content.decode()
    assert "COA.pdf" in page
    assert "x.svg was not taken." in page
    assert Attachment.objects.count() == 1
    assert RefusalRecord.objects.get().code == "file_type"


def test_when_nothing_is_taken_the_form_says_why_and_keeps_what_was_typed(lot, browse):
    answer = browse("rita").post(
        "/files/add", form(lot, upload(b"<svg/>", "x.svg"), note="Pallet 3", kind="photo")
    )
    assert answer.status_code == 415
    page = answer.content.decode()
    assert "file_type" in page
    assert 'value="Pallet 3"' in page
    assert '<option value="photo" selected>' in page
    nothing = browse("rita").post("/files/add", form(lot))
    assert nothing.status_code == 422
    assert "No file was chosen." in nothing.content.decode()


def test_with_script_the_panel_alone_is_drawn_anew(lot, browse):
    answer = browse("rita").post(
        "/files/add", form(lot, upload(), upload(b"<svg/>", "x.svg")), headers={"HX-Request": "true"}
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.lstrip().startswith("<section")
    assert "Attached: COA.pdf" in page
    assert "x.svg was not taken." in page


def test_a_double_submit_attaches_once(lot, browse):
    rita = browse("rita")
    for _ in range(2):
        assert rita.post("/files/add", form(lot, upload())).status_code == 302
    assert Attachment.objects.count() == 1


def test_a_file_that_is_too_large_is_dropped_while_it_arrives(lot, browse, monkeypatch):
    monkeypatch.setattr(uploads, "BYTES", 100_000)
    answer = browse("rita").post("/files/add", form(lot, upload(b"%PDF-" + b"x" * 300_000)))
    assert answer.status_code == 413
    assert "COA.pdf was not taken." in answer.content.decode()
    assert not Attachment.objects.exists()


def test_the_download_is_a_download_and_nothing_runs_in_it(attached, browse):
    row = attached(name='"><img src=x onerror=alert(1)>, é.pdf')
    answer = browse("quinn").get(f"/files/{row.pk}/file")
    assert answer.content == files.pdf()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "\r" not in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["Cache-Control"] == "private, no-store"
    for page in (browse("quinn").get("/files/"), browse("quinn").get(f"/files/{row.pk}/")):
        assert "<img src=x" not in page.content.decode()
        assert "&lt;img src=x" in page.content.decode()


def test_a_picture_is_shown_small_and_a_pdf_never_is(attached, browse):
    photo, paper = attached(files.jpeg(), "a.jpg"), attached()
    rita = browse("rita")
    for address in (f"/files/{photo.pk}/thumbnail", f"/files/{photo.pk}/picture"):
        answer = rita.get(address)
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["Content-Security-Policy"].startswith("sandbox")
    assert rita.get(f"/files/{paper.pk}/picture").status_code == 404


def test_the_right_and_the_site_are_asked_at_each_download(plant, attached, browse):
    from tests.cast import make_site

    entry = attached(subject=subjects.find("entry", "1", person=plant.rita))
    lot_file = attached()
    assert browse("ada").get(f"/files/{entry.pk}/file").status_code == 200
    plant.ada.sites.set([make_site("ELSEWHERE")])
    assert browse("ada").get(f"/files/{entry.pk}/file").status_code == 404
    assert entry.name not in browse("ada").get("/files/?about=entry").content.decode()
    assert browse("ada").get(f"/files/{lot_file.pk}/file").status_code == 404
    assert browse("alma").get(f"/files/{lot_file.pk}/file").status_code == 404
    assert "COA.pdf" not in browse("alma").get("/files/").content.decode()
    for address in (
        f"/files/{lot_file.pk}/file",
        f"/files/{lot_file.pk}/",
        f"/files/{lot_file.pk}/thumbnail",
        "/files/add?about=lot&subject=1",
    ):
        assert browse("nora").get(address).status_code == 403
    assert browse("rita").get("/files/999999/file").status_code == 404
    assert browse("rita").get("/files/add?about=nothing&subject=1").status_code == 404
    assert browse("rita").get("/files/add?about=lot&subject=x").status_code == 404


def test_files_of_customers_and_their_papers_are_for_who_may_see_customers(plant, attached, browse):
    party = attached(
        subject=subjects.of("party", plant.customer), actor=plant.sam, name="Coastal Grocers.pdf"
    )
    for address in (f"/files/{party.pk}/file", f"/files/{party.pk}/"):
        assert browse("sam").get(address).status_code == 200
        assert browse("paul").get(address).status_code == 404
    assert "Coastal" not in browse("paul").get("/files/").content.decode()
    assert "Coastal" in browse("sam").get("/files/").content.decode()


def test_a_file_is_removed_with_a_reason_and_kept_for_quality(attached, lot, browse):
    row = attached()
    rita, address = browse("rita"), f"/files/{row.pk}/remove"
    assert browse("sam").get(address).status_code == 403
    refused = rita.post(address, {"reason": ""})
    assert refused.status_code == 422
    assert "A reason is needed" in refused.content.decode()
    assert rita.post(address, {"reason": "wrong lot"})["Location"] == f"{lot.url}#files"
    page = rita.get(lot.url).content.decode()
    assert "1 removed" in page
    assert "wrong lot" in page
    assert rita.get(f"/files/{row.pk}/file").status_code == 404
    assert browse("quinn").get(f"/files/{row.pk}/file").status_code == 200


def test_a_changed_file_is_not_handed_out(attached, browse):
    row = attached()
    media.path_of(row.stored_as).write_bytes(b"%PDF-other")
    answer = browse("rita").get(f"/files/{row.pk}/file")
    assert answer.status_code == 409
    assert "file_altered" in answer.content.decode()


def test_the_list_filters_and_exports_what_one_may_see(plant, attached, browse):
    attached(), attached(files.jpeg(), "a.jpg")
    rita = browse("rita")
    assert "a.jpg" not in rita.get("/files/?kind=other").content.decode()
    told = b"".join(rita.get("/files/?format=csv&kind=photo").streaming_content).decode()
    assert Attachment.objects.get(kind="photo").sha256 in told
    lot = Attachment.objects.first().subject
    assert rita.get(f"/about/lot/{lot}")["Location"] == f"/lots/{lot}/"
    assert rita.get("/about/lot/999999").status_code == 404
