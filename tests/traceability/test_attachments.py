"""Attach, refuse, remove, read again: through the service, with the files that people and attackers send."""

import hashlib
import io
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from PIL import Image

from tests import files
from traceability import attachments, ledger, media, subjects
from traceability.ledger import verify
from traceability.models import Attachment

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def lot(plant):
    return subjects.of("lot", plant.receive("A-1"))


@pytest.fixture
def attach(plant, lot):
    def send(content, name="COA.pdf", *, actor=None, key=None, subject=None, **rest):
        return attachments.attach(
            subject=subject or lot, file=io.BytesIO(content), name=name, actor=actor or plant.rita, client="test", key=key or plant.key(), **rest
        )  # fmt: skip

    return send


def lying() -> set[Path]:
    return {path for path in (media.path_of("attachments")).rglob("*") if path.is_file()}


def test_a_file_is_kept_under_a_random_name_with_its_hash(attach, plant):
    row = attach(files.pdf(), "COA 26-2874.pdf", kind="certificate", note="Salmonella negative")
    assert (row.name, row.media_type, row.get_kind_display()) == (
        "COA 26-2874.pdf",
        "application/pdf",
        "Certificate of analysis",
    )
    assert row.sha256 == row.sent_sha256 == hashlib.sha256(files.pdf()).hexdigest()
    assert row.size == len(files.pdf())
    path = media.path_of(row.stored_as)
    assert path.read_bytes() == files.pdf()
    assert "COA" not in row.stored_as
    assert path.stat().st_mode & 0o777 == 0o600
    assert attachments.read(row) == files.pdf()
    assert not list(media.path_of("incoming").iterdir())


TAKEN = [
        ("a.PDF", files.pdf, "application/pdf"), ("a.jpg", files.jpeg, "image/jpeg"), ("a.JPEG", files.jpeg, "image/jpeg"), ("a.png", files.png, "image/png"),
        ("a.csv", lambda: "lot;µ\nA;1\n".encode("cp1252"), "text/csv"), ("a.csv", lambda: "\ufeffLot,Größe\n".encode(), "text/csv"),
        ("a.xlsx", files.xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ]  # fmt: skip


def test_the_kinds_that_people_work_with_are_taken(attach, plant):
    for number, (name, make, media_type) in enumerate(TAKEN):
        lot = subjects.of("lot", plant.receive(f"T-{number}"))
        assert attach(make(), name, subject=lot).media_type == media_type, name


def test_a_picture_is_drawn_anew_upright_and_without_what_the_camera_wrote(attach):
    row = attach(files.jpeg(60, 40), "IMG_0001.jpg")
    assert row.kind == "photo"
    assert (row.width, row.height) == (40, 60)
    stored = attachments.read(row)
    assert b"Secret camera" in files.jpeg(60, 40)
    assert b"Secret camera" not in stored
    assert not Image.open(io.BytesIO(stored)).getexif()
    assert row.sha256 != row.sent_sha256
    for small in (True, False):
        picture = Image.open(io.BytesIO(attachments.read_picture(row, small=small)))
        assert picture.format == "JPEG"
        assert not picture.getexif()


REFUSED = [
        ("x.svg", SVG, "file_type"), ("x.html", HTML, "file_type"), ("x.exe", b"MZ", "file_type"), ("x", files.pdf(), "file_type"), (".pdf", files.pdf(), "file_type"),
        ("x.png", SVG, "file_type"), ("x.pdf", HTML, "file_type"), ("x.jpg", files.png(), "file_type"), ("x.png", files.pdf(), "file_type"),
        ("x.csv", SVG, "file_type"), ("x.csv", HTML, "file_type"), ("x.csv", files.pdf(), "file_type"), ("x.csv", files.xlsx(), "file_type"), ("x.csv", b"a,\x00b", "file_type"),
        ("x.xlsx", files.pdf(), "file_type"), ("x.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "file_type"), ("x.xlsx", files.xlsx(macros=True), "file_type"),
        ("x.xlsx", files.xlsx(bomb=True), "file_broken"), ("x.xlsx", files.xlsx()[:300], "file_broken"),
        ("x.pdf", b"", "file_broken"), ("x.pdf", b"%PDF-1.7\n garbage", "file_broken"), ("x.jpg", files.jpeg()[:200], "file_broken"), ("x.png", files.png()[:40], "file_broken"),
        ("x.csv", b'"never closed\n' + b"a" * 1_100_000, "file_broken"), ("x.png", files.png(8001, 5001), "picture_too_large"),
    ]  # fmt: skip


def test_whatever_is_not_what_it_says_is_refused_and_leaves_nothing(attach):
    before = lying()
    for name, content, code in REFUSED:
        with pytest.raises(media.FileRefused) as refused:
            attach(content, name)
        assert refused.value.code == code, (name, content[:20])
        assert refused.value.what.endswith("was not taken.")
    assert not Attachment.objects.exists()
    assert lying() == before


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_at(attach, monkeypatch):
    monkeypatch.setattr(media, "BYTES", 1_000)
    monkeypatch.setattr(media.arrived.__wrapped__, "__kwdefaults__", {"most": 1_000})
    with pytest.raises(media.FileTooLarge) as refused:
        attach(files.pdf())
    assert (refused.value.code, refused.value.status) == ("file_too_large", 413)


NAMES = [
        ("../../etc/passwd.pdf", "passwd.pdf"), ("C:\\Users\\x\\COA.pdf", "COA.pdf"), ("a\u202efdp.pdf", "afdp.pdf"), ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("  ..  COA  1 .pdf", "COA 1.pdf"), ("x" * 300 + ".pdf", "x" * 116 + ".pdf"), ('"><img onerror=x>.pdf', '"><img onerror=x>.pdf'), ("e\u0301.pdf", "é.pdf"),
    ]  # fmt: skip


def test_a_hostile_name_is_made_harmless(attach):
    assert attach(files.pdf(), NAMES[0][0]).name == NAMES[0][1]
    for sent, kept in NAMES:
        assert attachments.harmless(sent) == kept


def test_sent_twice_is_attached_once_and_the_same_file_again_is_said(attach, plant):
    first = attach(files.pdf(), key="k-one")
    assert attach(files.pdf(), key="k-one").pk == first.pk
    with pytest.raises(attachments.FileThere) as refused:
        attach(files.pdf(), "other name.pdf")
    assert "Rita" in refused.value.why
    with pytest.raises(ledger.KeyReused):
        attach(files.pdf("Another"), key="k-one")
    assert Attachment.objects.count() == 1
    other = subjects.of("lot", plant.receive("A-2"))
    assert attach(files.pdf(), subject=other).pk != first.pk


def test_one_person_attaches_so_much_in_a_day(attach, plant, monkeypatch):
    monkeypatch.setattr(attachments, "FILES_A_DAY", 1)
    attach(files.pdf())
    with pytest.raises(attachments.FileQuota) as refused:
        attach(files.png(), "a.png")
    assert refused.value.status == 429
    attach(files.png(), "a.png", actor=plant.sam)


def test_a_full_disk_is_said_and_not_filled_further(attach, monkeypatch):
    monkeypatch.setattr(media, "FREE", 2**62)
    with pytest.raises(media.NoRoom):
        attach(files.pdf())
    assert not Attachment.objects.exists()


def test_only_who_may_attaches(attach, plant):
    for person in (plant.ada, plant.nora, plant.alma):
        with pytest.raises(ledger.NotPermitted):
            attach(files.pdf(), actor=person)
    item = subjects.of("item", plant.item())
    assert attach(files.pdf(), actor=plant.alma, subject=item).pk


def test_a_note_is_text_and_short(attach):
    for note in ("a\u202eb", "a\x07b", "x" * 201):
        with pytest.raises(ledger.BadInput):
            attach(files.pdf(), note=note)


def test_removed_is_marked_with_a_reason_and_the_file_stays(attach, plant):
    row = attach(files.pdf())
    with pytest.raises(ledger.ReasonRequired):
        attachments.remove(attachment=row, reason=" ", actor=plant.rita)
    with pytest.raises(ledger.NotPermitted):
        attachments.remove(attachment=row, reason="mine", actor=plant.sam)
    removed = attachments.remove(attachment=row, reason="wrong lot", actor=plant.quinn)
    assert (removed.removed_by, removed.removed_because) == (plant.quinn, "wrong lot")
    again = attachments.remove(attachment=row, reason="another", actor=plant.rita)
    assert again.removed_because == "wrong lot"
    assert media.path_of(row.stored_as).exists()
    assert attach(files.pdf()).pk != row.pk


CHANGES = [
    "UPDATE traceability_attachment SET name = 'other.pdf'",
    "UPDATE traceability_attachment SET sha256 = repeat('0', 64)",
    "UPDATE traceability_attachment SET removed_at = now(), removed_by_id = added_by_id, removed_because = 'x', note = 'changed too'",
    "DELETE FROM traceability_attachment",
    "TRUNCATE traceability_attachment",
]


def test_the_database_keeps_a_file_as_it_came(attach):
    attach(files.pdf())
    for sql in CHANGES:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_verifier_finds_a_file_that_was_changed_or_lost(attach):
    first, second, removed = attach(files.pdf()), attach(files.png(), "a.png"), attach(files.jpeg(), "b.jpg")
    attachments.remove(attachment=removed, reason="blurred", actor=removed.added_by)
    only = ["attachments_are_as_they_came"]
    assert verify.verify(only=only).is_sound
    path = media.path_of(first.stored_as)
    path.write_bytes(path.read_bytes().replace(b"PDF-1.", b"PDF-9."))  # As long as before.
    media.path_of(removed.stored_as).unlink()
    report = verify.verify(only=only)
    assert report.counts == {only[0]: 2}
    assert first.name in report.findings[0].sentence
    assert "is missing" in report.findings[1].sentence
    with pytest.raises(attachments.FileGone):
        attachments.read(first)
    assert attachments.read(second)
