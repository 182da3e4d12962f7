"""Certificates of analysis: the list, one of a lot, the PDF as it was sent, and what a customer wants to read on theirs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from qc import certifying, services
from qc.models import Certificate, CertificateLine, CertificateTerms
from qc.sites import check_lot, of_own_sites
from traceability import units
from traceability.context import site_of
from traceability.ledger import BadInput, plain
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Item, Lot, Party
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import check, needs
from traceability.views.statuses import with_facts


class CertificateFilter(ListFilter):
    q = django_filters.CharFilter(label="Number, lot or item", method="by_text")

    def by_text(self, rows: QuerySet[Certificate], name: str, value: str) -> QuerySet[Certificate]:
        return rows.filter(
            Q(number__icontains=value) | Q(lot__number__icontains=value) | Q(lot__item__code__iexact=value)
        )


class CertificateList(RecordList):
    right = "qc.view"
    title = "Certificates of analysis"
    note = "As they were issued, the newest first. A later revision does not change an earlier one."
    file_name = "certificates"
    filterset_class = CertificateFilter
    default_sort = "-issued_at"
    template_name = "qc/certificates.html"
    one, many = "certificate", "certificates"
    empty_title = "No certificate yet."
    empty_now = "Issue one from the quality page of a lot."
    queryset = Certificate.objects.select_related("lot__item", "customer", "issued_by").defer(
        "pdf", "content"
    )
    columns = [
        Column("Certificate", lambda c: c.number, "code", sort="number", link=lambda c: reverse("qc:certificate_pdf", args=[c.pk])),
        Column("Revision", lambda c: c.revision, "number"),
        Column("Lot", lambda c: c.lot.number, "code", sort="lot__number", link=lambda c: reverse("qc:certificate", args=[c.lot_id])),
        Column("Item", lambda c: c.lot.item.name),
        Column("Customer", lambda c: c.customer.name if c.customer else "everybody", right="traceability.view_customers"),
        Column("Issued", lambda c: c.issued_at, "when", sort="issued_at"),
        Column("By", lambda c: str(c.issued_by), wide_only=True),
        Column("SHA-256", lambda c: c.sha256, "code", export_only=True),
    ]  # fmt: skip

    def get_base_queryset(self) -> QuerySet[Certificate]:
        return of_own_sites(super().get_base_queryset(), actor_of(self.request))


@needs("qc.view")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(lambda request, pk: _page(request, pk))
def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """What would stand on a lot's certificate, what stops it, and the ones that were issued."""
    if request.method != "POST":
        return _page(request, pk)
    check(request, "qc.decide")
    lot = get_object_or_404(Lot.objects.select_related("item"), pk=pk)
    check_lot(lot, actor_of(request))
    made = services.issue_certificate(
        lot=lot, customer=_customer(request), site=site_of(request), why=request.POST.get("why", "")[:200], actor=actor_of(request), client=client_of(request),
        key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"{made} is issued.\nIts PDF stays as it is.")
    return redirect("qc:certificate", pk)


def _customer(request: HttpRequest) -> Party | None:
    code = (request.POST.get("customer") or request.GET.get("customer", "")).strip()
    if not code or not request.user.has_perm("traceability.view_customers"):  # type: ignore[union-attr]
        return None
    return get_object_or_404(Party, code=code, is_customer=True)


def _page(request: HttpRequest, pk: int) -> HttpResponse:
    lot = get_object_or_404(Lot.objects.select_related("item", "supplier"), pk=pk)
    check_lot(lot, actor_of(request))
    with_facts([lot])
    customer, sees = _customer(request), request.user.has_perm("traceability.view_customers")  # type: ignore[union-attr]
    issued = (
        Certificate.objects.filter(lot=lot).select_related("customer", "issued_by").defer("pdf", "content")
    )
    context = {
        "lot": lot, "customer": customer, "sees_customers": sees, "draft": certifying.draft(lot, customer), "key": new_key(), "typed": request.POST,
        "customers": list(Party.objects.filter(is_customer=True, is_active=True).order_by("name")) if sees else [],
        "issued": list(issued if sees else issued.filter(customer__isnull=True)),
        "is_revision": issued.filter(customer=customer).exists(),
    }  # fmt: skip
    return render(request, "qc/certificate.html", context)


@needs("qc.view")
def certificate_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it was issued, byte for byte."""
    found = get_object_or_404(of_own_sites(Certificate.objects.all(), actor_of(request)), pk=pk)
    if found.customer_id and not request.user.has_perm("traceability.view_customers"):  # type: ignore[union-attr]
        return HttpResponse(status=404)
    answer = HttpResponse(bytes(found.pdf), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{found.number}-{found.revision}.pdf"'
    return answer


@needs("qc.change_plan")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(lambda request: _terms_page(request))
def terms(request: HttpRequest) -> HttpResponse:
    """What a customer wants to read: one line for each characteristic, as “name; shown as; lower; upper”."""
    if request.method != "POST":
        return _terms_page(request)
    customer = Party.objects.filter(is_customer=True, code=request.POST.get("customer", "").strip()).first()
    item = Item.objects.filter(code=request.POST.get("item", "").strip()).first()
    if customer is None or item is None:
        raise BadInput(
            "For whom, and for which item?", now="Choose the customer, and type the item's code.",
            fields={"customer": "missing"} if customer is None else {"item": "missing"},
        )  # fmt: skip
    lines = [
        _line(number, text)
        for number, text in enumerate(request.POST.get("lines", "").splitlines(), start=1)
        if text.strip()
    ]
    with transaction.atomic():
        found, _ = CertificateTerms.objects.update_or_create(
            customer=customer,
            item=item,
            defaults={"statement": request.POST.get("statement", "").strip()[:2000]},
        )
        found.lines.all().delete()
        CertificateLine.objects.bulk_create(
            CertificateLine(terms=found, characteristic=name, shown_as=shown, lower=lower, upper=upper)
            for name, shown, lower, upper in lines
        )
    messages.success(request, f"Certificates of {item.name} for {customer.name} read so from now on.")
    return redirect("qc:certificate_terms")


def _line(number: int, text: str) -> tuple[str, str, Decimal | None, Decimal | None]:
    parts = [part.strip() for part in text.split(";")] + ["", "", ""]
    name, shown, *limits = parts[:4]
    if not name or len(name) > 120 or len(shown) > 120:
        raise BadInput(
            f"Line {number} names no characteristic.",
            now="Write: name; shown as; lower; upper.",
            fields={"lines": text[:40]},
        )
    lower, upper = (units.parse_quantity(part, field="lines") if part else None for part in limits)
    if lower is not None and upper is not None and lower > upper:
        raise BadInput(f"Line {number}: the limits are in the wrong order.", fields={"lines": text[:40]})
    return name, shown, lower, upper


def _terms_page(request: HttpRequest) -> HttpResponse:
    rows = CertificateTerms.objects.select_related("customer", "item").prefetch_related("lines")
    told = [
        {
            "terms": row,
            "text": "\n".join(
                "; ".join([line.characteristic, line.shown_as, *("" if v is None else plain(v) for v in (line.lower, line.upper))]) for line in row.lines.all()
            ),
        }
        for row in rows
    ]  # fmt: skip
    context: dict[str, Any] = {
        "rows": told, "typed": request.POST, "customers": list(Party.objects.filter(is_customer=True, is_active=True).order_by("name")),
    }  # fmt: skip
    return render(request, "qc/certificate_terms.html", context)
