"""What one person has chosen for one list: read in two queries, whatever there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from traceability.models import ListChoice, SavedView


@dataclass(slots=True)
class Choices:
    """The saved views the person sees on this list, the one that is open, and the columns and page length that hold."""

    views: list[SavedView] = field(default_factory=list)
    view: SavedView | None = None
    first_view: SavedView | None = None
    columns: list[str] = field(default_factory=list)
    page_size: int | None = None
    is_own: bool = False  # the columns are this person's choice, not the view's


def of(person: Any, list_name: str, asked_view: str) -> Choices:
    """A view that the person may not see, or that is gone, is none: its filters stand in the address anyway."""
    if not list_name or not getattr(person, "is_authenticated", False):
        return Choices()
    chosen = Choices(
        views=list(SavedView.objects.seen_by(person).filter(list_name=list_name).select_related("owner"))
    )
    by_pk = {view.pk: view for view in chosen.views}
    chosen.view = by_pk.get(int(asked_view)) if asked_view.isascii() and asked_view.isdigit() else None
    rows = ListChoice.objects.filter(Q(view=None) | Q(view__in=by_pk), person=person, list_name=list_name)
    own = {row.view_id: row for row in rows}
    general = own.get(None)
    if general:
        chosen.page_size = general.page_size
        chosen.first_view = by_pk.get(general.first_view_id or 0)
        chosen.columns = general.columns
        chosen.is_own = bool(general.columns)
    if chosen.view:
        if chosen.view.columns:
            chosen.columns, chosen.is_own = chosen.view.columns, False
        mine = own.get(chosen.view.pk)
        if mine and mine.columns:
            chosen.columns, chosen.is_own = mine.columns, True
    return chosen
