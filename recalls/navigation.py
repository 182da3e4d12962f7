"""What a recall shows on pages that are not its own: the menu, the strip on home, and the head of a lot's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from recalls.models import Recall, RecallStart
from traceability import navigation
from traceability.models import Hold, Person
from traceability.navigation import Link, LotNote, Metric, Strip

if TYPE_CHECKING:
    from collections.abc import Iterable

VIEW = "recalls.view"


def register() -> None:
    """Called once, when the application starts."""
    navigation.add(Link("Recalls", "recalls:list", "recalled", VIEW, group=2, order=30, count=open_real, is_alert=True))
    navigation.add_action(
        Link("Start a mock recall", "recalls:open_mock", "player-play", "recalls.open_mock", order=10),
        Link("New recall", "recalls:open", "recalled", "recalls.open", order=20),
    )
    navigation.add_strip(strips)
    navigation.add_metric(metrics)
    navigation.add_lot_note(notes)


def open_real(person: Person) -> int:
    return Recall.objects.open().filter(is_mock=False).count()


def strips(person: Person) -> Iterable[Strip]:
    """One strip for each open real recall; a mock never gets the black and yellow."""
    if not person.has_perm(VIEW):
        return []
    cases = Recall.objects.open().filter(is_mock=False)[:3]
    return [Strip(case.number, f"{case.title}. {case.hazard}.", reverse("recalls:case", args=[case.pk])) for case in cases]


def metrics(person: Person) -> Iterable[Metric]:
    if not person.has_perm(VIEW):
        return []
    real = open_real(person)
    mock = Recall.objects.open().filter(is_mock=True).count()
    return [Metric("Open recalls", "recalled", str(real), "", f"{mock} mock open" if mock else "no mock open", f"{reverse('recalls:list')}?status=open")]


def notes(person: Person, lots: list[int]) -> dict[int, list[LotNote]]:
    """Open cases that start from these lots or hold them. Two queries."""
    if not person.has_perm(VIEW):
        return {}
    found: dict[int, dict[str, LotNote]] = {}
    held = Hold.objects.standing().filter(lot__in=lots, cause=Hold.Cause.RECALL).exclude(reference="").order_by().values_list("lot_id", "reference")
    starts = RecallStart.objects.included().filter(lot__in=lots, recall__status=Recall.Status.OPEN).order_by().values_list("lot_id", "recall__number")
    named = set(held.union(starts))
    if not named:
        return {}
    cases = {case.number: case for case in Recall.objects.open().filter(number__in={number for _, number in named})}
    for lot, number in sorted(named):
        if case := cases.get(number):
            url = reverse("recalls:case", args=[case.pk])
            found.setdefault(lot, {})[number] = LotNote(status="" if case.is_mock else "recalled", label=f"Open {number}", url=url)
    return {lot: list(by_number.values()) for lot, by_number in found.items()}
