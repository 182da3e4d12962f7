"""Keeping master data over HTTP: what is new, and what goes out of use or comes back. Each through the form that its page uses."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from traceability.api import master_bodies as bodies
from traceability.api import masters as reads
from traceability.api.nouns import found
from traceability.api.shapes import made
from traceability.api.sheets import Kept, NewMaster, Part, Retiring
from traceability.forms.items import ItemForm, UnitSet
from traceability.forms.lists import AttributeSet, CategoryForm, ReasonForm
from traceability.forms.parties import ContactSet, PartyForm, SupplierItemSet
from traceability.forms.places import LocationForm, SiteForm
from traceability.masters.sites import keep_site
from traceability.models import Location, Party, Site


def _pk(rows: QuerySet[Any], what: str) -> Any:
    return lambda name: found(rows, [name], what=what)[name].pk


ITEM = Kept(
    kind="item", form=ItemForm, parts=(Part("units", UnitSet, "unit"),),
    names={"default_location": _pk(Location.objects.inside(), "place"), "owner": _pk(Party.objects.all(), "party")},
)  # fmt: skip
PARTY = Kept(
    kind="party",
    form=PartyForm,
    parts=(Part("contacts", ContactSet, "name"), Part("items", SupplierItemSet, "item")),
)
LOCATION = Kept(
    kind="location", form=LocationForm, names={"site": _pk(Site.objects.all(), "site"), "parent": _pk(Location.objects.inside(), "place")}
)  # fmt: skip
SITE = Kept(kind="site", form=SiteForm, keep=keep_site)
CATEGORY = Kept(kind="category", form=CategoryForm, parts=(Part("attributes", AttributeSet, "name"),))
REASON = Kept(kind="reason", form=ReasonForm)


class NewItem(NewMaster):
    """Make an item, or up to 500 at once: all or none."""

    operation_id = "items_create"
    kept, rows, body, answer = ITEM, reads.ITEMS, bodies.ItemBody, made(reads.ItemSerializer)


class RetireItem(Retiring):
    """Take an item out of use. Nothing is deleted; what is in stock is said first."""

    operation_id = "items_retire"
    kept, rows, answer = ITEM, reads.ITEMS, made(reads.ItemSerializer)


class RestoreItem(RetireItem):
    """Take an item into use again."""

    operation_id = "items_restore"
    is_active = True


class NewParty(NewMaster):
    """Make a supplier or customer, or up to 500 at once: all or none."""

    operation_id = "parties_create"
    kept, rows, body, answer = PARTY, reads.PARTIES, bodies.PartyBody, made(reads.PartySerializer)


class RetireParty(Retiring):
    """Take a supplier or customer out of use. Nothing is deleted."""

    operation_id = "parties_retire"
    kept, rows, answer = PARTY, reads.PARTIES, made(reads.PartySerializer)


class RestoreParty(RetireParty):
    """Take a supplier or customer into use again."""

    operation_id = "parties_restore"
    is_active = True


class NewLocation(NewMaster):
    """Make a place inside a site, or up to 500 at once: all or none."""

    operation_id = "locations_create"
    kept, rows, body, answer = LOCATION, reads.LOCATIONS, bodies.LocationBody, made(reads.LocationSerializer)


class RetireLocation(Retiring):
    """Take a place out of use. What stands there is said first."""

    operation_id = "locations_retire"
    about = Location
    kept, rows, answer = LOCATION, reads.LOCATIONS, made(reads.LocationSerializer)


class RestoreLocation(RetireLocation):
    """Take a place into use again."""

    operation_id = "locations_restore"
    is_active = True


class NewSite(NewMaster):
    """Make a site. It brings its boundaries, a dock, a store and a quarantine area."""

    operation_id = "sites_create"
    kept, rows, body, answer = SITE, reads.SITES, bodies.SiteBody, made(reads.SiteSerializer)


class NewCategory(NewMaster):
    """Make a category with what is asked of its lots."""

    operation_id = "categories_create"
    kept, rows, body, answer = CATEGORY, reads.CATEGORIES, bodies.CategoryBody, made(reads.CategorySerializer)


class RetireCategory(Retiring):
    """Take a category out of use."""

    operation_id = "categories_retire"
    kept, rows, answer = CATEGORY, reads.CATEGORIES, made(reads.CategorySerializer)


class RestoreCategory(RetireCategory):
    """Take a category into use again."""

    operation_id = "categories_restore"
    is_active = True


class NewReason(NewMaster):
    """Make a reason that is offered where one is asked for."""

    operation_id = "reasons_create"
    kept, rows, body, answer = REASON, reads.REASONS, bodies.ReasonCodeBody, made(reads.ReasonSerializer)


class RetireReason(Retiring):
    """Offer a reason no more."""

    operation_id = "reasons_retire"
    kept, rows, answer = REASON, reads.REASONS, made(reads.ReasonSerializer)


class RestoreReason(RetireReason):
    """Offer a reason again."""

    operation_id = "reasons_restore"
    is_active = True
