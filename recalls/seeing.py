"""Of a scope, what a person of some sites may read. The case itself, its counts and its holds always reach every site.

Whoever sees all sites reads it whole. Anybody else reads the lots of their own sites and, for every other site, how many lots are
there: the set of sites that a recall concerns is hidden from nobody. A sealed paper is shown whole or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied

from recalls.content import Scope
from recalls.models import ScopeRevision
from recalls.scope import customers_of
from recalls.services import HoldPreview
from traceability import reach
from traceability.models import Entry, Lot, Person, Run


def seen_scope(scope: Scope, person: Person) -> Scope:
    """The scope without what is at other sites. Its counts stay those of the whole."""
    if person.reach.everywhere:
        return scope
    named = {
        row.lot_id for rows in (scope.lots, scope.clear, scope.left_out, scope.open_lots) for row in rows
    }
    lots = set(Lot.objects.for_actor(person).filter(pk__in=named).values_list("pk", flat=True))
    sites = {site.code for site in person.reach.sites}
    papers = Entry.objects.for_actor(person).filter(document__in={row.document for row in scope.shipments})
    documents = set(papers.values_list("document", flat=True))
    runs = set(
        Run.objects.for_actor(person)
        .filter(pk__in=[run.run_id for run in scope.runs])
        .values_list("pk", flat=True)
    )
    shipments = [row for row in scope.shipments if row.lot_id in lots and row.document in documents]

    def mine(rows: Any) -> tuple[Any, ...]:
        return tuple(row for row in rows if row.lot_id in lots)

    parties = {row.party: row.party_id for row in scope.customers}
    return replace(
        scope, starts=mine(scope.starts), lots=tuple(_short_path(row, lots) for row in mine(scope.lots)), clear=mine(scope.clear),
        left_out=mine(scope.left_out), open_lots=mine(scope.open_lots), shipments=tuple(shipments),
        customers=tuple(customers_of(shipments, parties)), stock=tuple(row for row in mine(scope.stock) if row.site in sites),
        in_process=tuple(row for row in mine(scope.in_process) if row.run_id in runs),
        runs=tuple(replace(run, inputs=mine(run.inputs), outputs=mine(run.outputs)) for run in scope.runs if run.run_id in runs),
    )  # fmt: skip


def seen_preview(preview: HoldPreview, person: Person) -> HoldPreview:
    """The quantities and counts of everything that stops; the papers of one's own sites."""
    if person.reach.everywhere:
        return preview
    scope = seen_scope(preview.scope, person)
    numbers = {row.lot for row in scope.lots}
    return replace(
        preview, scope=scope, stops=tuple(stop for stop in preview.stops if set(stop.lots) <= numbers),
        in_process=tuple(dict.fromkeys(row.document for row in scope.in_process)),
    )  # fmt: skip


def elsewhere(scope: Scope, person: Person) -> list[reach.Elsewhere]:
    return reach.elsewhere(person, [row.lot_id for row in scope.lots])


def check_whole(paper: ScopeRevision | Scope, person: Person) -> None:
    """Raise PermissionDenied unless the person may see every lot that a sealed paper names."""
    if person.reach.everywhere:
        return
    scope = paper if isinstance(paper, Scope) else paper.scope
    named = {
        row.lot_id for rows in (scope.lots, scope.clear, scope.left_out, scope.open_lots) for row in rows
    }
    if Lot.objects.for_actor(person).filter(pk__in=named).count() < len(named):
        raise PermissionDenied(
            "This paper names lots of sites that you do not see. The case shows those of yours; ask somebody who sees all sites for the rest."
        )


def _short_path(row: Any, lots: set[int]) -> Any:
    """Why it is affected, without the lots of other sites on the way."""
    hidden = any(step.kind == "lot" and step.id not in lots for step in row.path)
    return replace(row, path=row.path[-1:]) if hidden else row
