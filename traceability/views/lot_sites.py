"""A lot may have been at several sites. Of its facts, those of the sites that whoever asks may see; of the rest, how much there is.

The equation of its quantities stays whole: what does not add up must not look like what is hidden.
"""

from __future__ import annotations

from typing import Any

from traceability import genealogy, inquiries, reach
from traceability.models import Entry, EntryKind, Location, Lot


def places_of(lot: Lot) -> list[inquiries.PlaceRow]:
    places = inquiries.on_hand_by_place([lot])
    if reach.sees_all():
        return places
    here = set(reach.seen(Location.objects.all()).values_list("pk", flat=True))
    return [place for place in places if place.location_id in here]


def deliveries_of(lot: Lot) -> list[inquiries.DeliveryRow]:
    rows = inquiries.shipped_to([lot])
    if reach.sees_all():
        return rows
    kinds = (EntryKind.SHIPMENT, EntryKind.OPENING)
    papers = Entry.objects.filter(kind__in=kinds, document__in={row.document for row in rows})
    here = set(reach.seen(papers).values_list("document", flat=True))
    return [row for row in rows if row.document in here]


def lines_of(lot: Lot, **rest: Any) -> list[inquiries.Line]:
    return inquiries.movements_of(lot, sites=reach.sites_seen(), **rest)


def beyond(lot: Lot) -> list[reach.Elsewhere]:
    """Lots of its genealogy, up and down, at sites that whoever asks does not see."""
    person = reach.who()
    if person is None or reach.sees_all():
        return []
    family = {*genealogy.where_from([lot]).reached, *genealogy.where_used([lot]).reached}
    return reach.elsewhere(person, sorted(family))
