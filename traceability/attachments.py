"""Files that belong to something: attach, remove, read again. Stored by random name, proved by SHA-256, never deleted.

    attach(subject=subjects.find("receipt", "RCV-000042", person=rita), file=upload, name="COA.pdf", actor=rita, client=…, key=…)

A file is looked at by a process of its own (traceability.intake); pictures are drawn anew and lose what the camera wrote
beside them. The row is inserted after the file is safely on the disk, so that a row always has its file.
"""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from traceability import intake, ledger, media, permits, subjects
from traceability.keyed import once
from traceability.media import FileRefused
from traceability.models.attachments import Attachment, AttachmentKind

if TYPE_CHECKING:
    from traceability.models import Person
    from traceability.subjects import Subject

log = logging.getLogger(__name__)

A_DAY = 500 * 1024**2
FILES_A_DAY = 1_000
NAME = 120
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class FileType(FileRefused):
    code: ClassVar[str] = "file_type"
    status: ClassVar[int] = 415


class FileBroken(FileRefused):
    code: ClassVar[str] = "file_broken"
    status: ClassVar[int] = 422


class PictureTooLarge(FileRefused):
    code: ClassVar[str] = "picture_too_large"
    status: ClassVar[int] = 422


class FileQuota(FileRefused):
    code: ClassVar[str] = "file_quota"
    status: ClassVar[int] = 429


class FileThere(FileRefused):
    code: ClassVar[str] = "file_there_already"
    status: ClassVar[int] = 409


class FileGone(ledger.Refusal):
    """The stored file is missing or is not the one that was attached."""

    code: ClassVar[str] = "file_altered"
    status: ClassVar[int] = 409


_REFUSALS = {"file_type": FileType, "file_broken": FileBroken, "picture_too_large": PictureTooLarge}


def attach(
    *,
    subject: Subject,
    file: Any,
    name: str,
    actor: Person,
    client: str,
    key: str,
    kind: str = "",
    note: str = "",
) -> Attachment:
    """Attach one file. Without a kind, a picture is a photo and everything else is “other”.

    Raises NotPermitted, FileType, FileTooLarge, FileBroken, PictureTooLarge, FileQuota, FileThere, NoRoom, BadInput.
    """
    permits.require(actor, *subject.kind.attach_rights, to=f"attach files to a {subject.kind.title.lower()}")
    name = harmless(name)
    note = _checked(note)
    if kind and kind not in AttachmentKind.values:
        raise ledger.BadInput(
            "There is no such kind of file.", now="Choose one from the list.", fields={"kind": kind[:40]}
        )
    with media.arrived(file, name) as arrived:
        sent = {
            "subject_kind": subject.kind.name, "subject": subject.key, "kind": kind, "note": note, "name": name, "sha256": arrived.sha256,
        }  # fmt: skip

        def make(keys: dict[str, Any]) -> Attachment:
            return _store(subject, arrived, name=name, kind=kind, note=note, actor=actor, keys=keys)

        return once(Attachment, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def remove(*, attachment: Attachment, reason: str, actor: Person) -> Attachment:
    """Mark as removed, with the reason. The file stays. Whoever added it may, and whoever has the right."""
    if attachment.added_by_id != actor.pk:
        permits.require(
            actor, "traceability.remove_attachment", to="remove a file that somebody else attached"
        )
    reason = _checked(reason)
    if not reason:
        raise ledger.ReasonRequired(
            "A reason is needed to remove a file.",
            now="Say why in a few words.",
            fields={"reason": "missing"},
        )
    row = Attachment.objects.select_for_update(of=("self",)).get(pk=attachment.pk)
    if row.removed_at is None:
        row.removed_at, row.removed_by, row.removed_because = timezone.now(), actor, reason
        row.save(update_fields=["removed_at", "removed_by", "removed_because"])
    return row


def read(attachment: Attachment) -> bytes:
    """The file as stored, compared with its hash. Raises FileGone."""
    try:
        content = media.path_of(attachment.stored_as).read_bytes()
    except OSError:
        content = None
    if content is None or hashlib.sha256(content).hexdigest() != attachment.sha256:
        log.error("Attachment %s is not the file that was attached.", attachment.pk)
        raise FileGone(
            f"{attachment.name} is not the file that was attached.", "It was lost or changed on the disk.", "Tell the administrator; the original may be in a backup.",
            fields={"attachment": attachment.pk},
        )  # fmt: skip
    return content


def read_picture(attachment: Attachment, *, small: bool) -> bytes | None:
    """The drawn-anew small picture of a picture, if there is one."""
    stored = attachment.thumbnail_as if small else attachment.view_as
    if not stored:
        return None
    try:
        return media.path_of(stored).read_bytes()
    except OSError:
        return None


def may_see(person: Person, attachment: Attachment) -> bool:
    """Asked at each download: the subject by right and site, files of customers' papers by their own right."""
    subject = subjects.find(attachment.subject_kind, attachment.subject, person=person)
    if subject is None:
        return False
    if attachment.removed_at and not (
        person.has_perm("traceability.remove_attachment") or person.has_perm("traceability.view_security")
    ):
        return False
    needed = subject.kind.files_right
    return not needed or attachment.added_by_id == person.pk or person.has_perm(needed)


def altered(*, attachments: Any = None) -> Iterator[tuple[Attachment, str]]:
    """Every attachment whose file is missing or is not what its hash says, with what is wrong. Removed ones too."""
    rows = Attachment.objects.all() if attachments is None else attachments
    for row in rows.order_by("pk").iterator(chunk_size=500):
        path = media.path_of(row.stored_as)
        if not path.is_file():
            yield row, "is missing"
        elif path.stat().st_size != row.size or media.hash_of(path) != row.sha256:
            yield row, "is not what it was"


def harmless(name: str) -> str:
    """A file's own name without folders, control, invisible and direction-turning signs; at most 120, its ending kept."""
    base = str(name).replace("\\", "/").rpartition("/")[2]
    seen = "".join(
        sign for sign in unicodedata.normalize("NFC", base) if unicodedata.category(sign) not in _UNSEEN
    )
    seen = " ".join(seen.split()).strip(". ")
    stem, point, ending = seen.rpartition(".")
    if not point or len(ending) > 10:
        return seen[:NAME] or "file"
    return f"{stem[: NAME - len(ending) - 1].strip() or 'file'}.{ending}"


def _store(
    subject: Subject,
    arrived: media.Arrived,
    *,
    name: str,
    kind: str,
    note: str,
    actor: Person,
    keys: dict[str, Any],
) -> Attachment:
    _is_new(subject, arrived, name)
    _within_the_day(actor, arrived.size, name)
    try:
        found = intake.examine(arrived.path, name)
    except intake.Refused as refused:
        raise _REFUSALS[refused.code](
            f"{name} was not taken.", refused.why, fields={"file": name}
        ) from refused
    content = Path(found.clean) if found.clean else arrived.path
    sha256, size = media.hash_of(content) if found.clean else arrived.sha256, content.stat().st_size
    kept = [
        media.keep(Path(made), under="attachments") if made else ""
        for made in (content, found.view, found.thumbnail)
    ]
    try:
        with transaction.atomic():
            return Attachment.objects.create(
                subject_kind=subject.kind.name, subject=subject.key, site_id=subject.site_id,
                kind=kind or (AttachmentKind.PHOTO if found.thumbnail else AttachmentKind.OTHER), note=note, name=name, media_type=found.media_type,
                size=size, sha256=sha256, sent_sha256=arrived.sha256, stored_as=kept[0], view_as=kept[1], thumbnail_as=kept[2],
                width=found.width or None, height=found.height or None, added_by=actor, **keys,
            )  # fmt: skip
    except BaseException as error:
        for stored in filter(None, kept):
            media.path_of(stored).unlink(missing_ok=True)
        if isinstance(error, IntegrityError):
            _is_new(subject, arrived, name)  # Somebody else attached the same file at this moment.
        raise


def _is_new(subject: Subject, arrived: media.Arrived, name: str) -> None:
    there = (
        Attachment.objects.about(subject.kind.name, subject.key)
        .standing()
        .filter(sent_sha256=arrived.sha256)
        .first()
    )
    if there:
        raise FileThere(
            f"{name} is there already.", f"{there.added_by} attached the same file as {there.name}.", "Nothing was added.", fields={"file": name, "attachment": there.pk}
        )  # fmt: skip


def _within_the_day(actor: Person, size: int, name: str) -> None:
    lately = Attachment.objects.filter(added_by=actor, added_at__gt=timezone.now() - timedelta(days=1))
    used = lately.aggregate(bytes=Sum("size"))["bytes"] or 0
    if used + size > A_DAY or lately.count() >= FILES_A_DAY:
        raise FileQuota(
            f"{name} was not taken.", f"One person attaches at most {A_DAY // 1024**2} MB and {FILES_A_DAY:,} files in 24 hours.", "Try again tomorrow, or ask a colleague.",
            fields={"file": name},
        )  # fmt: skip


def _checked(text: str) -> str:
    return ledger.check_text(unicodedata.normalize("NFC", text.strip()), field="note", limit=200)
