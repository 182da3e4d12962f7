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
