"""Telling the customers: a notice for each, with their own lots only, and a record of every letter, call and reply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from recalls.models import Contact, Notice, NoticeEvent, Recall, ScopeRevision
from recalls.scope import encode
from traceability import ledger
from traceability.keyed import once

if TYPE_CHECKING:
    from traceability.models import Person

RIGHT = "recalls.notify"
PARTS = {"on_hand": "On hand there", "destroyed": "Destroyed", "passed_on": "Passed on"}
REACHED = (Contact.CALL, Contact.REPLY)


class NoNotices(ledger.Refusal):
    code = "no_notices"


@dataclass(slots=True)
class Standing:
    """One notice with where it stands: sent (None, or when first), reply (the newest), and the quantities by unit."""

    notice: Notice
    events: list[NoticeEvent] = field(default_factory=list)

    @property
    def sent(self) -> NoticeEvent | None:
        return next((e for e in reversed(self.events) if e.kind != Contact.NO_ANSWER), None)

    @property
    def reply(self) -> NoticeEvent | None:
        return next((event for event in self.events if event.kind == Contact.REPLY), None)

    @property
    def attempts(self) -> int:
        return len(self.events)

    @property
    def out(self) -> dict[str, Decimal]:
        """What they got less what came back, by unit."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for line in self.notice.lines:
            sums[line["unit"]] += Decimal(line["quantity"]) - Decimal(line["returned"])
        return dict(sums)

    @property
    def answered(self) -> dict[str, dict[str, Decimal]]:
        amounts = self.reply.amounts if self.reply else {}
        return {
            unit: {part: Decimal(text) for part, text in parts.items()} for unit, parts in amounts.items()
        }

    @property
    def open(self) -> dict[str, Decimal]:
        """What the reply does not explain."""
        told = self.answered
        return {unit: out - sum(told.get(unit, {}).values(), Decimal(0)) for unit, out in self.out.items()}


def make_notices(*, recall: Recall, actor: Person, at: datetime | None = None) -> list[Notice]:
    """One for each customer of the newest revision; who has one of it keeps it. A mock tells nobody."""
    _check_right(actor)
    if recall.is_mock:
        raise NoNotices(
            f"{recall} is a mock.",
            "A mock sends no notice, so that no customer is alarmed.",
            "Look at the list of customers instead.",
        )
    at = at or timezone.now()
    with transaction.atomic():
        case = Recall.objects.select_for_update(of=("self",), no_key=True).get(pk=recall.pk)
        if not case.is_open:
            raise NoNotices(
                f"{case} is closed.",
                "A closed recall is kept as it was.",
                "Open a new one if something came up.",
            )
        revision = case.latest_revision
        if revision is None:
            raise NoNotices(
                f"{case} has no frozen scope.",
                "A notice says what a frozen list says, so that both can be shown later.",
                "Freeze the scope first.",
            )
        there = set(revision.notices.values_list("party_id", flat=True))
        scope = revision.scope
        lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in scope.shipments:
            lines[row.party].append(
                {"lot": row.lot, "item": row.item, "name": scope.items[row.item].name, "unit": row.unit, "document": row.document,
                 "quantity": encode(row.quantity), "returned": encode(row.returned), "shipped_at": encode(row.first_at)}
            )  # fmt: skip
        Notice.objects.bulk_create(
            Notice(recall=case, revision=revision, party_id=row.party_id, lines=lines[row.party], made_at=at, made_by=actor)
            for row in scope.customers if row.party_id not in there
        )  # fmt: skip
    return list(revision.notices.select_related("party"))


def record(
    *, notice: Notice, kind: str, actor: Person, client: str, key: str, spoke_to: str = "", note: str = "",
    amounts: Mapping[str, Mapping[str, str]] | None = None, at: datetime | None = None,
) -> NoticeEvent:  # fmt: skip
    """A letter, mail, call or reply. A reply explains at most what they got."""
    _check_right(actor)
    if kind not in Contact.values:
        raise ledger.BadInput(
            "What was it: a letter, a call, a reply?", now="Choose one.", fields={"kind": kind[:20]}
        )
    told = _amounts(notice, amounts or {}) if kind == Contact.REPLY else {}
    sent = {"notice": notice.pk, "kind": kind, "spoke_to": spoke_to, "note": note, "amounts": told}

    def make(fields: dict[str, Any]) -> NoticeEvent:
        return NoticeEvent.objects.create(
            notice=notice, kind=kind, at=at or timezone.now(), recorded_by=actor, spoke_to=spoke_to.strip()[:120], note=note.strip(), amounts=told, **fields,
        )  # fmt: skip

    return once(NoticeEvent, client=client, key=key, sent=sent, make=make)


def standings(revision: ScopeRevision) -> list[Standing]:
    """Every notice of a revision with its events, in two queries."""
    notices = list(revision.notices.select_related("party").order_by("party__code"))
    return standing_of(notices)


def standing_of(notices: Iterable[Notice]) -> list[Standing]:
    rows = {notice.pk: Standing(notice) for notice in notices}
    for event in (
        NoticeEvent.objects.filter(notice__in=rows).select_related("recorded_by").order_by("-at", "-pk")
    ):
        rows[event.notice_id].events.append(event)
    return list(rows.values())


def _amounts(notice: Notice, sent: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    out = Standing(notice).out
    found: dict[str, dict[str, str]] = {}
    for unit, total in out.items():
        parts: dict[str, Decimal] = {}
        for part in PARTS:
            text = str(sent.get(unit, {}).get(part, "")).strip().replace(",", "")
            if not text:
                continue
            try:
                value = Decimal(text)
            except InvalidOperation:
                value = Decimal("NaN")
            if not value.is_finite() or value < 0 or value > Decimal(10) ** 12:
                raise ledger.BadInput(
                    f"{text[:20]} is no quantity.",
                    now="Give a number of zero or more.",
                    fields={part: text[:20]},
                )
            parts[part] = value
        if sum(parts.values(), Decimal(0)) > total:
            raise ledger.BadInput(
                f"The reply explains more than the {total.normalize():f} {unit} that they got.",
                now="Check the numbers with them.",
                fields={"unit": unit},
            )
        if parts:
            found[unit] = {part: encode(value) for part, value in parts.items()}
    return found


def _check_right(actor: Person) -> None:
    if not actor.has_perm(RIGHT):
        raise ledger.NotPermitted(f"{actor} may not notify customers.", now="Ask the recall manager.")
