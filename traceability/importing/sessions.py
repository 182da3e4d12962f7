"""The steps of an import: bring the file, say its columns, have it checked, post it, undo it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from traceability import jobs
from traceability.importing import mapping as columns
from traceability.importing.fields import Importer, importer_of
from traceability.importing.files import FileRefused, read_file
from traceability.keyed import once
from traceability.ledger import BadInput, NotPermitted, Refusal
from traceability.models import Import, ImportState, JobState
from traceability.numbering import next_number

if TYPE_CHECKING:
    from traceability.models import Job, Person

OPTIONS = {
    "encoding": ("utf-8", "cp1252", "utf-16"),
    "delimiter": ("", ",", ";", "\t", "|"),
    "decimal": ("point", "comma"),
    "dates": ("iso", "dmy", "mdy"),
}
S = ImportState


class SameFileAgain(Refusal):
    """Asked, not forbidden: what is there already is found by its key and left as it is."""

    code = "same_file_again"


class ImportNotReady(Refusal):
    code = "import_not_ready"


def upload(
    *, kind: str, content: bytes, name: str, options: dict[str, Any], actor: Person, client: str, key: str, again: bool = False
) -> Import:  # fmt: skip
    """Take a file in: judged, read by a child, its columns proposed. Nothing is written but the file's own record.

    Raises FileRefused; SameFileAgain for a file that is posted already, unless `again`.
    """
    importer = permitted(kind, actor)
    for option, allowed in OPTIONS.items():
        if options.get(option, allowed[0]) not in allowed:
            raise BadInput(
                f"{option.capitalize()} is one of {', '.join(allowed)}.", fields={option: options[option]}
            )

    def make(keys: dict[str, Any]) -> Import:
        read = read_file(content, name=name, options=options)
        before = Import.objects.filter(kind=kind, digest=read.digest, state=S.POSTED).order_by("-pk").first()
        if before and not again:
            raise SameFileAgain(
                f"This very file was posted as {before.number} on {timezone.localtime(before.posted_at):%Y-%m-%d}.",
                "What is there already would be found and left as it is.", "Bring it again only if you mean it.", fields={"number": before.number},
            )  # fmt: skip
        headings = read.about["headings"]
        if not read.about["rows"]:
            raise FileRefused("This file has headings and no row.", now="Fill in at least one row.")
        _check_headings(headings)
        if read.about["rows"] > importer.most:
            raise FileRefused(
                f"There are {read.about['rows']:,} rows; {importer.most:,} are the most for {importer.title.lower()}.",
                now="Bring them in parts.",
            )
        return Import.objects.create(
            **keys, number=next_number("IMP-"), kind=kind, file_name=read.name, stored_as=read.stored_as, digest=read.digest, size=read.size,
            options=options, about=read.about, mapping=columns.proposed(importer, headings), by=actor,
        )  # fmt: skip

    told = {"kind": kind, "name": name, "size": len(content), "options": options, "again": again}
    return once(Import, client=client, key=key, sent=told, make=make)


def start_check(
    *, source: Import, told: dict[int, str] | None, actor: Person, client: str, key: str
) -> Import:
    """Say which column is which field, and have every row checked and rehearsed by a worker."""
    importer = permitted(source.kind, actor)
    with transaction.atomic():
        source = _own(source, actor, S.READ, S.CHECKED, S.FAILED)
        if told is not None:
            source.mapping = columns.chosen(importer, source.about["headings"], told)
        else:
            columns.chosen(importer, source.about["headings"], {int(c): f for c, f in source.mapping.items()})
        source.job = _job(
            "check_import", f"Check {source.number}: {importer.title}", source, importer, actor, client, key
        )
        source.state, source.tally, source.findings, source.preview, source.error = S.CHECKING, {}, [], [], ""
        source.save()
        columns.remember(source, actor)
    return source


def start_posting(*, source: Import, actor: Person, client: str, key: str) -> Import:
    """Have a checked file without a wrong cell posted by a worker: all of it, or nothing."""
    importer = permitted(source.kind, actor)
    with transaction.atomic():
        source = _own(source, actor, S.CHECKED)
        if source.tally.get("wrong"):
            raise ImportNotReady(
                f"{source.tally['wrong']:,} row{'s are' if source.tally['wrong'] != 1 else ' is'} wrong.", "Nothing is posted while one is.",
                "Mend the file and bring it again.", fields={"wrong": source.tally["wrong"]},
            )  # fmt: skip
        if not source.tally.get("new") and not source.tally.get("changed"):
            raise ImportNotReady(
                "Nothing would change.",
                "Everything in the file is there already.",
                "There is nothing to post.",
            )
        source.job = _job(
            "post_import", f"Post {source.number}: {importer.title}", source, importer, actor, client, key
        )
        source.state, source.error = S.POSTING, ""
        source.save()
    return source


def post_import(*, source: Import, actor: Person) -> Import:
    """In a worker: post it. Sent again, it is there already."""
    from traceability.importing.working import post

    post(source, actor=actor)
    return Import.objects.get(pk=source.pk)


def undo(*, source: Import, actor: Person, client: str, key: str) -> Import:
    """Take everything back while nothing hangs on it. Raises a refusal that says what does."""
    importer = permitted(source.kind, actor)
    with transaction.atomic():
        source = Import.objects.select_for_update().get(pk=source.pk)
        if source.state == S.UNDONE:
            return source
        source = _own(source, actor, S.POSTED)
        importer.undo(source, actor, f"{source.number}/undo")
        source.state, source.undone_at = S.UNDONE, timezone.now()
        source.save(update_fields=["state", "undone_at"])
    return source


def drop(*, source: Import, actor: Person) -> Import:
    """Give a file up that was not posted."""
    with transaction.atomic():
        source = _own(source, actor, S.READ, S.CHECKED, S.FAILED)
        source.state = S.DROPPED
        source.save(update_fields=["state"])
    return source


def settle(source: Import) -> Import:
    """A worker that was stopped or broke leaves the import where it was before, with what happened."""
    job = source.job
    if (
        job is None
        or source.state not in (S.CHECKING, S.POSTING)
        or job.state not in (JobState.FAILED, JobState.CANCELLED)
    ):
        return source
    back = S.READ if source.state == S.CHECKING else S.CHECKED
    said = job.error or "It was stopped. Nothing was posted."
    Import.objects.filter(pk=source.pk, state=source.state).update(state=back, error=said)
    source.state, source.error = back, said
    return source


def permitted(kind: str, actor: Person) -> Importer:
    importer = importer_of(kind)
    if importer is None:
        raise BadInput("What is in the file?", now="Choose a kind.", fields={"kind": kind[:40]})
    if not actor.has_perm(importer.right):
        raise NotPermitted(
            f"{actor} may not import {importer.title.lower()}.",
            f"It needs the right {importer.right}.",
            "Ask somebody whose work it is.",
        )
    return importer


def _check_headings(headings: list[str]) -> None:
    seen: dict[str, int] = {}
    for column, heading in enumerate(headings):
        if heading and heading in seen:
            raise FileRefused(
                f"Two columns are called {heading[:40]}.",
                "Nobody could tell which is meant.",
                "Rename one of them.",
                fields={"heading": heading[:40]},
            )
        seen[heading] = column
    if not any(headings):
        raise FileRefused("The first row has no headings.", now="Download the template to see them.")


def _own(source: Import, actor: Person, *states: str) -> Import:
    source = Import.objects.select_for_update().get(pk=source.pk)
    if source.by_id != actor.pk:
        raise NotPermitted("An import belongs to the person who brought it.", now="Ask that person.")
    if source.state not in states:
        raise ImportNotReady(f"{source.number} is {source.get_state_display().lower()}.", "This step is not possible now.", "Look at it again.", fields={"state": source.state})  # fmt: skip
    return source


def _job(
    verb: str, title: str, source: Import, importer: Importer, actor: Person, client: str, key: str
) -> Job:
    return jobs.ask(
        kind=f"traceability.{verb}", title=title[:160], params={"import": source.pk}, right=importer.right, actor=actor, client=client, key=f"{key}/{verb}"
    )  # fmt: skip
