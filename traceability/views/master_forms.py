"""What may be changed here: items, parties, places, sites, categories and reasons, each with its form and its parts."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.http import HttpRequest

from traceability import permits
from traceability.forms.items import ItemForm, UnitSet
from traceability.forms.lists import AttributeSet, CategoryForm, ReasonForm
from traceability.forms.parties import ContactSet, PartyForm, SupplierItemSet
from traceability.forms.places import LocationForm, SiteForm
from traceability.masters import sites
from traceability.models import Item
from traceability.views import editing
from traceability.views.editing import Sheet
from traceability.views.keys import actor_of

T = "traceability:"


def _offered_items(request: HttpRequest, noun: Any) -> dict[str, Any]:
    return {
        "items": Item.objects.filter(is_active=True).order_by("code").only("code", "name", "unit")[:2_000]
    }


def _own_sites(request: HttpRequest) -> dict[str, Any]:
    return {"sites": permits.sites_of(actor_of(request))}


def _zones(request: HttpRequest, noun: Any) -> dict[str, Any]:
    return {"zones": sorted(zone for zone in available_timezones() if "/" in zone)}


ITEM = Sheet(kind="item", form=ItemForm, parts=(("units", UnitSet),), list_url=T + "items", one="item")
PARTY = Sheet(
    kind="party", form=PartyForm, parts=(("contacts", ContactSet), ("items", SupplierItemSet)), list_url=T + "parties", one="party",
    template="masters/party.html", more=_offered_items, not_copied=("gln", "suspended_on", "suspended_because", "is_suspended"),
)  # fmt: skip
LOCATION = Sheet(
    kind="location", form=LocationForm, list_url=T + "locations", one="location", form_of=_own_sites
)
SITE = Sheet(
    kind="site",
    form=SiteForm,
    list_url=T + "sites",
    one="site",
    template="masters/site.html",
    more=_zones,
    keep=sites.keep_site,
)
CATEGORY = Sheet(
    kind="category",
    form=CategoryForm,
    parts=(("attributes", AttributeSet),),
    list_url=T + "categories",
    one="category",
)
REASON = Sheet(kind="reason", form=ReasonForm, list_url=T + "reasons", one="reason")


new_item, change_item, copy_item = editing.new(ITEM), editing.change(ITEM), editing.copy(ITEM)
retire_item = editing.retire(ITEM)
new_party, change_party, copy_party = editing.new(PARTY), editing.change(PARTY), editing.copy(PARTY)
retire_party = editing.retire(PARTY)
new_location, change_location, copy_location = (
    editing.new(LOCATION),
    editing.change(LOCATION),
    editing.copy(LOCATION),
)
retire_location = editing.retire(LOCATION)
new_site, change_site = editing.new(SITE), editing.change(SITE)
new_category, change_category = editing.new(CATEGORY), editing.change(CATEGORY)
retire_category = editing.retire(CATEGORY)
new_reason, change_reason = editing.new(REASON), editing.change(REASON)
retire_reason = editing.retire(REASON)
