"""May this person do this? One question, one sentence when the answer is no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traceability import ledger

if TYPE_CHECKING:
    from traceability.models import Person


def require(actor: Person, *rights: str, to: str) -> None:
    """Raise NotPermitted unless the actor has one of the rights. `to` finishes “Nora may not …”."""
    if not any(actor.has_perm(right) for right in rights):
        raise ledger.NotPermitted(
            f"{actor} may not {to}.",
            "The role does not have this right.",
            "Ask somebody whose work it is.",
            fields={"right": rights[0]},
        )


def is_at(person: Person, site_id: int | None) -> bool:
    """Does this site concern the person? What belongs to no site concerns everybody."""
    return site_id is None or site_id in person.reach.ids


def sites_of(person: Person) -> frozenset[int]:
    """The sites that the person sees; read once for the person at hand, that is once a request."""
    return frozenset(person.reach.ids)
