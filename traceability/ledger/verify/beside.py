"""What stands beside the ledger and is evidence like it: attached files, and the notes of who changed master data."""

from __future__ import annotations

from collections.abc import Iterator

from traceability.ledger.verify.findings import Finding, Query, check


@check("A8")
def attachments_are_as_they_came() -> Iterator[Finding]:
    """Every attached file is there and gives its SHA-256, removed ones too."""
    from traceability import attachments

    for attachment, what in attachments.altered():
        yield Finding(
            "attachments_are_as_they_came",
            f"The file {attachment.name} (attachment {attachment.pk}, {attachment.subject_kind} {attachment.subject}) {what}.",
        )


@check("A9")
def changes_are_noted() -> Query:
    """The trigger that notes changes of master data stands on every such table."""
    from traceability.changes import NOTED

    return Query(
        """
        SELECT name FROM unnest(%(names)s::text[]) AS name WHERE NOT EXISTS (
            SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass(name) AND t.tgfoid = to_regproc('lotline_note_change') AND t.tgenabled = 'A')""",
        "Changes of {name} are not noted any more: its trigger is off or gone.",
        {"names": list(NOTED)},
    )
