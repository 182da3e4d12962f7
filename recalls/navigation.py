"""What a recall shows on pages that are not its own: the menu, the strip on home, and the head of a lot's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from recalls.models import Complaint, Recall, RecallLog, RecallStart
from traceability import navigation, searching
from traceability.genealogy import where_from
from traceability.lists import bulk
from traceability.lists.bulk import Bulk
from traceability.models import Hold, Person
from traceability.navigation import HomePanel, Link, LotNote, Metric, Strip
from traceability.searching import Papers
from traceability.templatetags.lotline import day_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

VIEW = "recalls.view"


def register() -> None:
    """Called once, when the application starts."""
    navigation.add(
        Link(
            "Recalls",
            "recalls:list",
            "recalled",
            VIEW,
            group=2,
            order=30,
            count=real_and_open,
            is_alert=True,
            shortcut="c",
        )
    )
    navigation.add(
        Link(
            "Complaints",
            "recalls:complaints",
            "message-report",
            VIEW,
            group=2,
            order=35,
            also=("recalls:complaint", "recalls:record_complaint", "recalls:cause", "recalls:compare"),
        )
    )
    bulk.add("recalls:complaints", Bulk("Common cause", "recalls:compare", "sitemap", right=VIEW))
    navigation.add_action(
        Link("Start a mock recall", "recalls:open_mock", "player-play", "recalls.open_mock", order=10),
        Link("New recall", "recalls:open", "recalled", "recalls.open", order=20),
    )
    navigation.add_strip(strips)
    navigation.add_metric(metrics)
    navigation.add_home_panel(milestones)
    navigation.add_lot_note(notes)
    searching.add(
        Papers(
            "Recalls",
            "recalls:case",
            "recalled",
            VIEW,
            rows=Recall.objects.all,
            text=lambda row, _: row.title,
        ),
        Papers(
            "Complaints",
            "recalls:complaint",
            "message-report",
            VIEW,
            rows=Complaint.objects.all,
            text=lambda row, _: row.what[:80],
        ),
    )


def real_and_open(person: Person) -> QuerySet[Recall]:
    return Recall.objects.open().for_actor(person).filter(is_mock=False)


def strips(person: Person) -> Iterable[Strip]:
    """One strip for each open real recall; a mock never gets the black and yellow."""
    if not person.has_perm(VIEW):
        return []
    cases = Recall.objects.open().for_actor(person).filter(is_mock=False)[:3]
    return [Strip(case.number, f"{case.title}.", reverse("recalls:case", args=[case.pk])) for case in cases]


def metrics(person: Person) -> Iterable[Metric]:
    if not person.has_perm(VIEW):
        return []
    real = real_and_open(person).count()
    mock = Recall.objects.open().for_actor(person).filter(is_mock=True).count()
    last = (
        Recall.objects.filter(is_mock=True).order_by("-opened_at").values_list("opened_at", flat=True).first()
    )
    drilled = f"last mock {day_words(timezone.localtime(last).date())}" if last else "no mock recall yet"
    return [
        Metric(
            "Open recalls",
            "recalled",
            str(real),
            "",
            f"{mock} mock open" if mock else drilled,
            f"{reverse('recalls:list')}?status=open",
        )
    ]


MILESTONES = (("freeze", "Scope known"), ("hold", "Stock held"))


def milestones(person: Person) -> Iterable[HomePanel]:
    """How far the newest open real case is, in time since it was opened."""
    if not person.has_perm(VIEW):
        return []
    case = real_and_open(person).select_related("opened_by").first()
    if case is None:
        return []
    first: dict[str, RecallLog] = {}
    for row in case.log.filter(verb__in=[verb for verb, _ in MILESTONES]).order_by("at", "id"):
        first.setdefault(row.verb, row)
    steps = [
        {
            "label": label,
            "seconds": int((first[verb].at - case.opened_at).total_seconds()) if verb in first else None,
            "what": first[verb].what if verb in first else "Not yet",
        }
        for verb, label in MILESTONES
    ]
    return [HomePanel("recalls/milestones.html", {"case": case, "steps": steps})]


def notes(person: Person, lots: list[int]) -> dict[int, list[LotNote]]:
    """Open cases that concern these lots: they start from them, or hold them. For one lot also those that reach it."""
    if not person.has_perm(VIEW):
        return {}
    starts: list[tuple[int, int, str, bool]] = list(
        RecallStart.objects.included()
        .filter(recall__status=Recall.Status.OPEN)
        .values_list("lot_id", "recall", "recall__number", "recall__is_mock")
    )
    if not starts:
        return {}
    if len(lots) == 1:
        inside = set(where_from(lots).lots)
        concerned = {(lots[0], pk, number, is_mock) for lot, pk, number, is_mock in starts if lot in inside}
    else:
        cases = {number: (pk, number, is_mock) for _, pk, number, is_mock in starts}
        held = (
            Hold.objects.standing()
            .filter(lot__in=lots, cause=Hold.Cause.RECALL, reference__in=cases)
            .values_list("lot_id", "reference")
        )
        concerned = {(lot, *cases[number]) for lot, number in held} | {
            row for row in starts if row[0] in lots
        }
    found: dict[int, list[LotNote]] = {}
    for lot, pk, number, is_mock in sorted(concerned):
        found.setdefault(lot, []).append(
            LotNote(
                status="" if is_mock else "recalled",
                label=f"Open {number}",
                url=reverse("recalls:case", args=[pk]),
            )
        )
    return found
