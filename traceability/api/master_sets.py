"""The lists of master data with all that may be done to them: read, make, change."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from traceability.api import master_bodies as bodies
from traceability.api import master_verbs as verbs
from traceability.api import masters as reads
from traceability.api.parameters import TextFilter, YesNoFilter
from traceability.api.rights import Right, sees_customers
from traceability.api.sheets import Masters
from traceability.models import ReasonCode, ReasonUse

RIGHTS: dict[str, Right] = {
    "GET": "traceability.view_masters",
    "POST": "traceability.change_masters",
    "PATCH": "traceability.change_masters",
}


class ItemViewSet(Masters):
    """What is bought, made or sold, with its policies and the units it may be entered in."""

    required_right = RIGHTS
    queryset = reads.ITEMS
    serializer_class = reads.ItemSerializer
    filterset_class = reads.ItemFilter
    orderings = {"code": ["code"], "name": ["name"], "id": []}
    new, body, kept = verbs.NewItem, bodies.ItemBody, verbs.ITEM


class LocationViewSet(Masters):
    """Places inside the sites, and the boundaries through which things come and go."""

    required_right = RIGHTS
    queryset = reads.LOCATIONS
    serializer_class = reads.LocationSerializer
    filterset_class = reads.LocationFilter
    orderings = {"code": ["code"], "site": ["site__code", "code"], "id": []}
    new, body, kept = verbs.NewLocation, bodies.LocationBody, verbs.LOCATION


class PartyViewSet(Masters):
    """Suppliers; customers too for those who may see them. A customer's number is not found by anybody else."""

    required_right = RIGHTS
    queryset = reads.PARTIES
    serializer_class = reads.PartySerializer
    filterset_class = reads.PartyFilter
    orderings = {"code": ["code"], "name": ["name"], "id": []}
    new, body, kept = verbs.NewParty, bodies.PartyBody, verbs.PARTY

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        return rows if sees_customers(self.request) else rows.filter(is_supplier=True)


class SiteViewSet(Masters):
    """Plants and warehouses, each in its own time."""

    required_right = RIGHTS
    queryset = reads.SITES
    serializer_class = reads.SiteSerializer
    orderings = {"code": ["code"], "id": []}
    new, body, kept = verbs.NewSite, bodies.SiteBody, verbs.SITE


class CategoryViewSet(Masters):
    """What items have in common, and what is asked of their lots."""

    required_right = RIGHTS
    queryset = reads.CATEGORIES
    serializer_class = reads.CategorySerializer
    orderings = {"name": ["name"], "id": []}
    new, body, kept = verbs.NewCategory, bodies.CategoryBody, verbs.CATEGORY


class ReasonFilter(filters.FilterSet):
    code = TextFilter()
    use = filters.ChoiceFilter(choices=ReasonUse.choices, method="by_use")
    is_active = YesNoFilter()

    def by_use(self, rows: QuerySet[ReasonCode], name: str, value: str) -> QuerySet[ReasonCode]:
        return rows.filter(uses__contains=[value])


class ReasonViewSet(Masters):
    """Reasons in the house's words, offered where one is asked for."""

    required_right = RIGHTS
    queryset = reads.REASONS
    serializer_class = reads.ReasonSerializer
    filterset_class = ReasonFilter
    orderings = {"code": ["code"], "id": []}
    new, body, kept = verbs.NewReason, bodies.ReasonCodeBody, verbs.REASON
