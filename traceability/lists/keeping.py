"""Keeping a list: saving a view, sharing it, choosing which opens first, and the columns a person wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from traceability.ledger import BadInput, NotPermitted
from traceability.models import ListChoice, SavedView
from traceability.models.saved_views import Audience
from traceability.roles import LABELS

if TYPE_CHECKING:
    from traceability.models import Person

NAME_LENGTH = 60
MANAGE = "traceability.manage_people"


@transaction.atomic
def save_view(
    *, actor: Person, list_name: str, name: str, query: str, columns: Sequence[str] = (), audience: str = Audience.ME,
    role: str = "", opens_first: bool = False,
) -> SavedView:  # fmt: skip
    """Save under a name. The same name on the same list replaces the person's own view of that name."""
    name = _checked_name(name)
    audience, role = _checked_audience(actor, audience, role)
    if len(query) > 2000:
        raise BadInput(
            "These filters are too long to save.", now="Use fewer of them.", fields={"query": "too long"}
        )
    view, _ = SavedView.objects.update_or_create(
        owner=actor,
        list_name=list_name,
        name=name,
        defaults={"query": query, "columns": list(columns), "audience": audience, "role": role},
    )
    if opens_first:
        _open_first(actor, list_name, view)
    return view


@transaction.atomic
def change_view(
    *, actor: Person, view: SavedView, name: str | None = None, query: str | None = None,
    audience: str | None = None, role: str = "",
) -> SavedView:  # fmt: skip
    """Rename it, share it, or let it ask something else. Its owner may, and whoever manages people."""
    _must_own(actor, view)
    if name is not None:
        view.name = _checked_name(name)
        taken = SavedView.objects.filter(owner=view.owner, list_name=view.list_name, name=view.name).exclude(
            pk=view.pk
        )
        if taken.exists():
            raise BadInput(
                "A view of this name exists already.", now="Choose another name.", fields={"name": "taken"}
            )
    if query is not None:
        view.query = query
    if audience is not None:
        view.audience, view.role = _checked_audience(view.owner, audience, role)
        if view.audience != Audience.ALL:
            # Who no longer sees it can no longer have it open first.
            ListChoice.objects.filter(first_view=view).exclude(person=view.owner).update(first_view=None)
    view.save()
    return view


@transaction.atomic
def drop_view(*, actor: Person, view: SavedView) -> None:
    """It goes for everybody who saw it; the list stays."""
    _must_own(actor, view)
    ListChoice.objects.filter(view=view).delete()
    ListChoice.objects.filter(first_view=view).update(first_view=None)
    view.delete()


@transaction.atomic
def open_first(*, actor: Person, list_name: str, view: SavedView | None) -> None:
    """Which view opens when this person opens the list; None is the whole list."""
    _open_first(actor, list_name, view)


@transaction.atomic
def choose_columns(
    *, actor: Person, list_name: str, view: SavedView | None, columns: Sequence[str], page_size: int | None
) -> None:
    """Columns and their order for this person, on the list or on one view of it; none means as it was made."""
    if page_size is not None:
        ListChoice.objects.update_or_create(
            person=actor, list_name=list_name, view=None, defaults={"page_size": page_size}
        )
    ListChoice.objects.update_or_create(
        person=actor, list_name=list_name, view=view, defaults={"columns": list(dict.fromkeys(columns))[:60]}
    )


def _open_first(actor: Person, list_name: str, view: SavedView | None) -> None:
    ListChoice.objects.update_or_create(
        person=actor, list_name=list_name, view=None, defaults={"first_view": view}
    )


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadInput(
            "The view needs a name.",
            now="Type what it shows, such as “On hold, freezer A”.",
            fields={"name": "empty"},
        )
    if len(name) > NAME_LENGTH:
        raise BadInput(
            f"A name has at most {NAME_LENGTH} characters.", now="Shorten it.", fields={"name": "too long"}
        )
    return name


def _checked_audience(owner: Any, audience: str, role: str) -> tuple[str, str]:
    if audience not in Audience.values:
        raise BadInput("Choose who sees the view.", fields={"audience": "unknown"})
    if audience != Audience.ROLE:
        return audience, ""
    role = role or next(iter(owner.roles), "")
    if role not in LABELS or role not in owner.roles:
        raise BadInput(
            "A view can be shared with a role that its owner has.",
            now="Choose another audience.",
            fields={"role": "not yours"},
        )
    return audience, role


def _must_own(actor: Person, view: SavedView) -> None:
    if view.owner_id != actor.pk and not actor.has_perm(MANAGE):
        raise NotPermitted(
            f"This view belongs to {view.owner}.",
            "Only its owner can change it.",
            "Save a view of your own from the list.",
        )


def visible(person: Person) -> Any:
    """Every view this person sees, and for who manages people also the shared ones of others."""
    seen = SavedView.objects.seen_by(person)
    if person.has_perm(MANAGE):
        seen = SavedView.objects.filter(Q(pk__in=seen.values("pk")) | ~Q(audience=Audience.ME))
    return seen.select_related("owner")
