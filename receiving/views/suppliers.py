"""Suppliers: how each stands, what they may bring on what terms, what of theirs needs a decision, what can go back."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from receiving import services
from receiving.forms import HouseForm, QuantityField
from receiving.models import DockRefusal, PurchaseOrder, Receipt, ReceiptLine
from receiving.rights import RETURN, TERMS
from receiving.standing import NO_CERTIFICATE, Standing, certificates_of, standing_of
from traceability import ledger, reach, subjects
from traceability.ledger import BadInput
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Approval, Balance, Hold, Item, Lot, Party, Status, SupplierItem
from traceability.views import refusals
from traceability.views.keys import actor_of
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

SHOWN = 12
MOST = 50


class SupplierFilter(ListFilter):
    q = django_filters.CharFilter(label="Name or code", method="by_text")
    item = django_filters.CharFilter(label="Brings item", method="by_item")
    alert = django_filters.ChoiceFilter(
        label="Alert",
        method="by_alert",
        choices=[("suspended", "Suspended"), ("held", "Lots on hold")],
        empty_label="Any",
    )

    def by_text(self, rows: QuerySet[Party], name: str, value: str) -> QuerySet[Party]:
        return rows.filter(Q(name__icontains=value) | Q(code__iexact=value))

    def by_item(self, rows: QuerySet[Party], name: str, value: str) -> QuerySet[Party]:
        own = SupplierItem.objects.filter(
            Q(item__code__iexact=value) | Q(item__name__icontains=value) | Q(code__iexact=value)
        )
        return rows.filter(pk__in=own.values("supplier"))

    def by_alert(self, rows: QuerySet[Party], name: str, value: str) -> QuerySet[Party]:
        if value == "suspended":
            return rows.filter(
                Q(is_suspended=True) | Q(pk__in=SupplierItem.objects.suspended().values("supplier"))
            )
        return rows.filter(pk__in=Hold.objects.standing().values("lot__supplier"))


class SupplierList(RecordList):
    right = "receiving.view"
    title = "Suppliers"
    note = "The last twelve months; holds and what waits are those of now."
    file_name = "suppliers"
    filterset_class = SupplierFilter
    default_sort = "name"
    tie = "pk"
    one, many = "supplier", "suppliers"
    empty_title = "No supplier yet."
    empty_now = "Add one under Suppliers, customers."
    queryset = Party.objects.filter(is_supplier=True)
    columns = [
        Column(
            "Supplier",
            lambda p: p.name,
            sort="name",
            link=lambda p: reverse("receiving:supplier", args=[p.pk]),
        ),
        Column("Code", lambda p: p.code, "code", sort="code", wide_only=True, roomy=True),
        Column("Deliveries", lambda p: p.standing.deliveries, "number"),
        Column(
            "On time",
            lambda p: f"{p.standing.on_time_percent} %" if p.standing.expected else "",
            wide_only=True,
        ),
        Column("Lots", lambda p: p.standing.lots, "number"),
        Column("Rejected", lambda p: p.standing.rejected, "number"),
        Column("On hold", lambda p: p.standing.held, "number"),
        Column(
            "No certificate", lambda p: p.standing.without_certificate, "number", wide_only=True, roomy=True
        ),
        Column("Refused", lambda p: p.standing.refused, "number", wide_only=True, roomy=True),
        Column("Not invoiced", lambda p: p.standing.not_invoiced, "number", wide_only=True),
        Column(
            "Last delivery",
            lambda p: p.standing.last_at and timezone.localtime(p.standing.last_at).date(),
            "day",
            wide_only=True,
        ),
        Column("Alert", lambda p: "Suspended" if p.is_suspended else p.suspended),
    ]

    def prepare(self, rows: list[Any]) -> list[Any]:
        standing = standing_of(rows)
        suspended: dict[int, list[str]] = {}
        for row in SupplierItem.objects.suspended().filter(supplier__in=rows).select_related("item"):
            suspended.setdefault(row.supplier_id, []).append(row.item.name)
        for party in rows:
            party.standing = standing.get(party.pk, Standing())
            party.suspended = f"Suspended: {', '.join(suspended[party.pk])}" if party.pk in suspended else ""
        return rows


class SupplierPage(RecordList):
    """One supplier: what it may bring, and above and below it how it stands."""

    right = "receiving.view"
    template_name = "receiving/supplier.html"
    paginate_by = 200
    one, many = "item", "items"
    default_sort = "item__code"
    tie = "pk"
    crumbs = [("Suppliers", "/receiving/suppliers/")]
    empty_title = "No item is written down for this supplier."
    empty_now = "What it brings is received on the house's own terms."
    columns = [
        Column("Item", lambda r: r.item.name, sort="item__code", link=lambda r: reverse("traceability:item", args=[r.item_id])),
        Column("Their code", lambda r: r.code, "code", sort="code"),
        Column("GTIN", lambda r: r.gtin, "code", wide_only=True),
        Column("Brings", lambda r: r.pack_quantity, "number", unit=lambda r: r.pack_unit or r.item.unit, wide_only=True),
        Column("More than ordered", lambda r: f"{ledger.plain(r.over_percent)} %" if r.over_percent is not None else "house", wide_only=True),
        Column("Life on arrival, days", lambda r: r.minimum_life_days, "number", wide_only=True),
        Column("Certificate", lambda r: "needed" if r.needs_certificate else "", wide_only=True),
        Column("Approval", lambda r: r.get_approval_display(), sub=lambda r: r.approval_reason or None),
        Column("Since", lambda r: r.approval_since, "day", wide_only=True),
    ]  # fmt: skip

    @cached_property
    def supplier(self) -> Party:
        return get_object_or_404(Party.objects.filter(is_supplier=True), pk=self.kwargs["pk"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.supplier.name

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"supplier-{self.supplier.code}-items"

    def get_columns(self) -> list[Column]:
        columns = list(self.columns)
        if self.request.user.has_perm(TERMS):  # type: ignore[union-attr]
            columns.append(
                Column(
                    "Terms",
                    lambda r: "Change",
                    link=lambda r: reverse("receiving:supplier_terms", args=[r.supplier_id, r.item_id]),
                    wide_only=True,
                )
            )
        return columns

    def export_columns(self) -> list[Column]:
        return list(self.columns)

    def get_base_queryset(self) -> QuerySet[SupplierItem]:
        return SupplierItem.objects.filter(supplier=self.supplier).select_related("item")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        supplier = self.supplier
        holds = (
            reach.seen(Hold.objects.standing())
            .filter(lot__supplier=supplier)
            .select_related("lot__item", "placed_in")
            .order_by("-pk")
        )
        back = (
            reach.seen(Balance.objects.all())
            .filter(lot__supplier=supplier, quantity__gt=0, status__in=[Status.REJECTED, Status.QUARANTINE], container__isnull=True)
            .select_related("lot__item", "location").order_by("status", "lot__number")
        )  # fmt: skip
        mine = reach.seen(Receipt.objects.filter(supplier=supplier))
        receipts = mine.select_related("order").order_by("-received_at")
        context = (
            super().get_context_data(**kwargs)
            | {
                "supplier": supplier,
                "standing": standing_of([supplier])[supplier.pk],
                "suspended": SupplierItem.objects.suspended()
                .filter(supplier=supplier)
                .select_related("item"),
                "holds": [hold for hold in holds[:MOST] if hold.reason != NO_CERTIFICATE],
                "papers": [hold for hold in holds[:MOST] if hold.reason == NO_CERTIFICATE],
                "back": list(back[:MOST]) if self.request.user.has_perm(RETURN) else [],  # type: ignore[union-attr]
                "receipts": list(receipts[:SHOWN]),
                "certificates": list(
                    subjects.rows_seen(certificates_of(supplier), actor_of(self.request))[:SHOWN]
                )
                if self.request.user.has_perm("traceability.view_ledger")  # type: ignore[union-attr]
                else [],
                "expected": PurchaseOrder.objects.open()
                .filter(supplier=supplier)
                .order_by("expected_on")[:SHOWN],
                "refused": DockRefusal.objects.filter(supplier=supplier)
                .filter(Q(receipt__isnull=True) | Q(receipt__in=mine))
                .select_related("item", "receipt")
                .order_by("-pk")[:SHOWN],
            }
        )
        with_facts([row.lot for row in context["back"]])
        return context


class TermsForm(HouseForm):
    code = forms.CharField(label="Their item code", max_length=40, required=False)
    gtin = forms.CharField(label="GTIN on their label", max_length=14, required=False)
    pack_quantity = QuantityField(label="One pallet or case brings", required=False)
    pack_unit = forms.ChoiceField(label="Unit", required=False)
    over_percent = forms.DecimalField(
        label="More than ordered, % without asking",
        min_value=0,
        max_digits=5,
        decimal_places=2,
        required=False,
        help_text="Empty: the house's 5 %.",
    )
    minimum_life_days = forms.IntegerField(
        label="Life left on arrival, days",
        min_value=0,
        max_value=36_500,
        required=False,
        help_text="Empty: as the item says.",
    )
    needs_certificate = forms.BooleanField(label="Received on hold without its certificate", required=False)
    approval = forms.ChoiceField(label="Approval", choices=Approval.choices)
    approval_reason = forms.CharField(
        label="Why, for whoever stands at the dock", max_length=200, required=False
    )

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [item.unit, *item.units.values_list("unit", flat=True)]
        self.fields["pack_unit"].choices = [(unit, unit) for unit in known]  # type: ignore[attr-defined]
        self.fields["needs_certificate"].widget.attrs["class"] = ""


@needs(TERMS)
def terms(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """What one supplier brings of one item, and on what terms."""
    supplier = get_object_or_404(Party.objects.filter(is_supplier=True), pk=pk)
    noun = get_object_or_404(Item, pk=item)
    row = SupplierItem.objects.filter(supplier=supplier, item=noun).first()
    initial: dict[str, Any] = (
        {name: getattr(row, name) for name in TermsForm.base_fields}
        if row
        else {"approval": Approval.APPROVED}
    )
    if row and row.pack_quantity is not None:
        initial["pack_quantity"] = ledger.plain(row.pack_quantity).replace(",", "")
    form = TermsForm(request.POST or None, item=noun, initial=initial)
    if request.method == "POST":
        if form.is_valid():
            try:
                services.set_terms(
                    supplier=supplier, item=noun, changes=form.cleaned_data, actor=actor_of(request)
                )
            except ledger.Refusal as refusal:
                refusals.record(request, refusal)
                request.refusal = refusal  # type: ignore[attr-defined]
            else:
                messages.success(request, f"{noun.name} of {supplier} is saved.")
                return redirect("receiving:supplier", supplier.pk)
        else:
            request.refusal = BadInput(  # type: ignore[attr-defined]
                "Nothing was saved.",
                str(next(iter(form.errors.values()))[0]),
                "What you entered is kept below.",
            )  # type: ignore[attr-defined]
    refused = getattr(request, "refusal", None)
    return render(
        request,
        "receiving/terms.html",
        {"supplier": supplier, "item": noun, "form": form, "row": row},
        status=refused.status if refused else 200,
    )


@needs(TERMS)
def new_terms(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the item that the supplier will bring."""
    supplier = get_object_or_404(Party.objects.filter(is_supplier=True), pk=pk)
    code = request.GET.get("item", "").strip()[:40]
    found = (
        Item.objects.filter(
            Q(code__iexact=code) | Q(gtin=code.zfill(14) if code.isdigit() else "none"), is_active=True
        ).first()
        if code
        else None
    )
    if found:
        return redirect("receiving:supplier_terms", supplier.pk, found.pk)
    items = Item.objects.filter(is_active=True).exclude(supplier_items__supplier=supplier).order_by("code")
    near = items.filter(Q(code__icontains=code) | Q(name__icontains=code)) if code else items
    return render(
        request,
        "receiving/new_terms.html",
        {"supplier": supplier, "items": list(near[:MOST]), "asked": code, "is_cut": near.count() > MOST},
    )


@needs(RETURN, about=Lot)
def return_lot(request: HttpRequest, pk: int) -> HttpResponse:
    """From a lot to the form that sends it back: against the receipt it came with."""
    line = ReceiptLine.objects.filter(lot=pk).order_by("-pk").first()
    if line is None:
        raise Http404("not received here")
    return redirect("receiving:return_line", line.pk)
