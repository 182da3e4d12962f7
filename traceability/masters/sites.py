"""Sites: a new one brings its boundaries and its first places, so that it can receive on the first day."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from traceability import changes
from traceability.masters.keeping import keep
from traceability.models import BOUNDARIES, Location, LocationKind, Site

FIRST = {LocationKind.DOCK: "DOCK-1", LocationKind.STORAGE: "STORE-1", LocationKind.QUARANTINE: "HOLD-1"}


@transaction.atomic
def keep_site(*, form: Any, actor: Any, reason: str, **rest: Any) -> Site:
    """As `keep`; for a new site also one boundary of each kind, a dock, a store and a quarantine area."""
    is_new = form.instance.pk is None
    site: Site = keep(form=form, actor=actor, reason=reason, **rest)
    if is_new:
        with changes.noting(actor=actor, reason=f"With the site {site.code}"):
            places = [
                Location(site=site, code=kind.value.upper(), name=kind.label, kind=kind)
                for kind in LocationKind
                if kind in BOUNDARIES
            ]
            places += [
                Location(site=site, code=code, name=kind.label, kind=kind) for kind, code in FIRST.items()
            ]
            Location.objects.bulk_create(places)
            # Whoever made it would not find it otherwise.
            actor.sites.add(site)
            actor.__dict__.pop("reach", None)
    return site
