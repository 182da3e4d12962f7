"""Items, locations and parties: lists, and a page for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Model, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from traceability.lists import Column, ListFilter, RecordList
from traceability.models import (
    Balance,
    Delivered,
    Item,
    Location,
    LocationKind,
    Lot,
    Party,
    Tracking,
)
from traceability.reach import seen
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

SHOWN = 50
STATES = [("yes", "In use"), ("no", "Retired")]


class ItemFilter(ListFilter):
    q = django_filters.CharFilter(label="Code, name or GTIN", method="by_text")
    kind = django_filters.ChoiceFilter(label="Kind", choices=Item.Kind.choices, empty_label="Any")
    tracking = django_filters.ChoiceFilter(label="Tracking", choices=Tracking.choices, empty_label="Any")
    category = django_filters.CharFilter(label="Category", lookup_expr="iexact")
    active = django_filters.ChoiceFilter(label="State", method="by_state", choices=STATES, empty_label="Any")

    def by_state(self, rows: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        return rows.filter(is_active=value == "yes")

    def by_text(self, rows: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(gtin__contains=value))


class ItemList(RecordList):
    right = "traceability.view_masters"
    template_name = "masters/list.html"
    new_url = "traceability:new_item"
    title = "Items"
    file_name = "items"
    queryset = Item.objects.all()
    filterset_class = ItemFilter
    default_sort = "code"
    tie = "pk"
    one, many = "item", "items"
    record_page = "traceability:item"
    empty_title = "No item yet."
    empty_now = "Add the first one, or import a list."
    empty_link = ("New item", "traceability:new_item", "traceability.change_masters")
    columns = [
        Column(
            "Item",
            lambda i: i.code,
            "code",
            sort="code",
            link=lambda i: reverse("traceability:item", args=[i.pk]),
        ),
        Column("Name", lambda i: i.name, sort="name"),
        Column("Kind", lambda i: i.get_kind_display(), sort="kind", wide_only=True),
        Column("Tracking", lambda i: i.get_tracking_display(), sort="tracking"),
        Column("Category", lambda i: i.category, sort="category", wide_only=True),
        Column("GTIN", lambda i: i.gtin, "code", wide_only=True),
        Column("State", lambda i: "" if i.is_active else "Retired", sort="is_active", wide_only=True),
        Column("On hand", lambda i: i.on_hand, "number", unit=lambda i: i.unit),
        Column("Lots here", lambda i: i.lots_here, "number", wide_only=True),
    ]

    def prepare(self, rows: list[Any]) -> list[Any]:
        found = (
            seen(Balance.objects.filter(lot__item__in=rows, quantity__gt=0))
            .values("lot__item")
            .annotate(total=Sum("quantity"), lots=Count("lot", distinct=True))
            .order_by()
        )
        here = {row["lot__item"]: row for row in found}
        for item in rows:
            item.on_hand = here[item.pk]["total"] if item.pk in here else 0
            item.lots_here = here[item.pk]["lots"] if item.pk in here else 0
        return rows


@needs("traceability.view_masters")
def item_page(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(Item.objects.select_related("default_location"), pk=pk)
    lots = seen(Lot.objects.filter(item=item))
    here = seen(Balance.objects.filter(lot__item=item, quantity__gt=0))
    in_stock = (
        lots.filter(pk__in=here.values("lot"))
        .select_related("item", "supplier")
        .order_by("expires_on", "number")
    )
    context = {
        "item": item,
        "units": list(item.units.all()),
        "lot_count": lots.count(),
        "by_status": list(
            here.values("status")
            .annotate(total=Sum("quantity"), lots=Count("lot", distinct=True))
            .order_by("status")
        ),
        "lots": with_facts(in_stock[:SHOWN]),
        "in_stock": in_stock.count(),
        "sees_ledger": request.user.has_perm("traceability.view_ledger"),  # type: ignore[union-attr]
    }
    return render(request, "traceability/item.html", context)


class LocationFilter(ListFilter):
    q = django_filters.CharFilter(label="Code or name", method="by_text")
    kind = django_filters.ChoiceFilter(label="Kind", choices=LocationKind.choices, empty_label="Any")

    def by_text(self, rows: QuerySet[Location], name: str, value: str) -> QuerySet[Location]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value))


class LocationList(RecordList):
    right = "traceability.view_masters"
    template_name = "masters/list.html"
    new_url = "traceability:new_location"
    title = "Locations"
    note = "Places inside the sites, with what is there."
    file_name = "locations"
    filterset_class = LocationFilter
    default_sort = "code"
    one, many = "location", "locations"
    record_page = "traceability:location"
    empty_title = "No location yet."
    empty_now = "A site brings its first ones."
    columns = [
        Column(
            "Location",
            lambda p: p.code,
            "code",
            sort="code",
            link=lambda p: reverse("traceability:location", args=[p.pk]),
        ),
        Column("Name", lambda p: p.name, sort="name", wide_only=True),
        Column("Kind", lambda p: p.get_kind_display(), sort="kind"),
        Column("Site", lambda p: p.site.name, sort="site__name", wide_only=True),
        Column("Items", lambda p: p.items_here, "number"),
        Column("Lots", lambda p: p.lots_here, "number"),
    ]

    def get_base_queryset(self) -> QuerySet[Location]:
        return Location.objects.inside().select_related("site")

    def prepare(self, rows: list[Any]) -> list[Any]:
        found = (
            Balance.objects.filter(location__in=rows, quantity__gt=0)
            .values("location")
            .annotate(lots=Count("lot", distinct=True), items=Count("lot__item", distinct=True))
            .order_by()
        )
        here = {row["location"]: row for row in found}
        for place in rows:
            place.lots_here = here[place.pk]["lots"] if place.pk in here else 0
            place.items_here = here[place.pk]["items"] if place.pk in here else 0
        return rows


class LocationPage(RecordList):
    """What is at one place, lot by lot."""

    right = "traceability.view_ledger"
    template_name = "traceability/location.html"
    record_page, record = "traceability:lot", "lot"
    about: type[Model] = Location
    one, many = "quantity", "quantities"
    default_sort = "lot__number"
    empty_title = "Nothing is here."
    empty_now = "Move or receive something to this place."
    crumbs: Sequence[tuple[str, str]] = [("Locations", "/locations/")]
    columns = [
        Column("Lot", lambda b: b.lot.number, "lot", sort="lot__number", record=lambda b: b.lot),
        Column(
            "Item",
            lambda b: b.lot.item.name,
            sort="lot__item__code",
            link=lambda b: reverse("traceability:item", args=[b.lot.item_id]),
        ),
        Column("Status", lambda b: b.chips, "chips"),
        Column("Container", lambda b: b.container.number if b.container else "", "code", wide_only=True),
        Column("Expires", lambda b: b.lot.expires_on, "day", sort="lot__expires_on", wide_only=True),
        Column("Here", lambda b: b.quantity, "number", unit=lambda b: b.lot.item.unit),
    ]

    @property
    def place(self) -> Location:
        if not hasattr(self, "_place"):
            self._place = get_object_or_404(Location.objects.select_related("site"), pk=self.kwargs["pk"])
        return self._place

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{self.place.code} {self.place.name}".strip()

    @property
    def note(self) -> str:  # type: ignore[override]
        return f"{self.place.get_kind_display()}, {self.place.site.name}"

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"location-{self.place.code}"

    def get_base_queryset(self) -> QuerySet[Balance]:
        return Balance.objects.filter(location=self.place, quantity__gt=0).select_related(
            "lot__item", "container"
        )

    def prepare(self, rows: list[Any]) -> list[Any]:
        with_facts([row.lot for row in rows])
        for row in rows:
            others = [chip for chip in row.lot.chips if chip in ("held", "recalled", "expired")]
            row.chips = [row.status, *others]
        return rows


class PartyFilter(ListFilter):
    q = django_filters.CharFilter(label="Code, name or town", method="by_text")
    role = django_filters.ChoiceFilter(
        label="Role",
        method="by_role",
        choices=[("supplier", "Supplier"), ("customer", "Customer")],
        empty_label="Any",
    )

    def by_text(self, rows: QuerySet[Party], name: str, value: str) -> QuerySet[Party]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(city__icontains=value))

    def by_role(self, rows: QuerySet[Party], name: str, value: str) -> QuerySet[Party]:
        return rows.filter(is_supplier=True) if value == "supplier" else rows.filter(is_customer=True)


class PartyList(RecordList):
    right = "traceability.view_masters"
    template_name = "masters/list.html"
    new_url = "traceability:new_party"
    title = "Suppliers and customers"
    file_name = "parties"
    filterset_class = PartyFilter
    default_sort = "name"
    one, many = "party", "parties"
    record_page = "traceability:party"
    empty_title = "No supplier or customer yet."
    empty_now = "Add the first one, or import a list."
    empty_link = ("New supplier or customer", "traceability:new_party", "traceability.change_masters")
    columns = [
        Column(
            "Name", lambda p: p.name, sort="name", link=lambda p: reverse("traceability:party", args=[p.pk])
        ),
        Column("Code", lambda p: p.code, "code", sort="code"),
        Column("Role", lambda p: role_of(p)),
        Column("Town", lambda p: p.town, wide_only=True),
        Column("Note", lambda p: p.flag or ("Suspended" if p.is_suspended else ""), wide_only=True),
    ]

    @property
    def note(self) -> str:  # type: ignore[override]
        return "" if self.sees_customers() else "Customers are hidden: ask quality."

    def sees_customers(self) -> bool:
        return self.request.user.has_perm("traceability.view_customers")  # type: ignore[union-attr]

    def get_base_queryset(self) -> QuerySet[Party]:
        return Party.objects.all() if self.sees_customers() else Party.objects.filter(is_supplier=True)


def role_of(party: Party) -> str:
    return " and ".join(
        word for word, so in (("Supplier", party.is_supplier), ("Customer", party.is_customer)) if so
    )


@needs("traceability.view_masters")
def party_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A supplier with what came from it, a customer with what went to it. Customers need their own right."""
    party = get_object_or_404(Party, pk=pk)
    sees = request.user.has_perm("traceability.view_customers")  # type: ignore[union-attr]
    if not party.is_supplier and not sees:
        raise PermissionDenied("Customers' names and addresses need the right traceability.view_customers.")
    context: dict[str, Any] = {
        "party": party,
        "role": role_of(party),
        "contacts": list(party.contacts.all()) if sees or not party.is_customer else [],
        "approved": list(party.supplier_items.select_related("item").order_by("item__code"))
        if party.is_supplier
        else [],
    }
    for direction, shown in (("received", party.is_supplier), ("shipped", party.is_customer and sees)):
        lines = (
            seen(Delivered.objects.filter(party=party, direction=direction, quantity__gt=0))
            if shown
            else Delivered.objects.none()
        )
        context[direction] = list(lines.select_related("lot__item").order_by("-last_at", "document")[:SHOWN])
        context[f"{direction}_count"] = lines.count() if shown else 0
        context[f"{direction}_last"] = lines.aggregate(last=Max("last_at"))["last"] if shown else None
    return render(request, "traceability/party.html", context)
