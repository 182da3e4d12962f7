"""Printers of the plant, and what was printed on them."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from traceability import labels
from traceability.labels import sending
from traceability.labels.sizes import ROLLS
from traceability.ledger import Refusal
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import LabelPrint, LabelPrinted, Printer, PrinterKind, PrintState, Site
from traceability.views.keys import actor_of
from traceability.views.rights import needs
from traceability.views.stock.scope import sites_of

T = "traceability:"


class PrintFilter(ListFilter):
    q = django_filters.CharFilter(label="Number on the label", method="by_text")
    state = django_filters.ChoiceFilter(label="State", choices=PrintState.choices, empty_label="Any")
    again = django_filters.ChoiceFilter(
        label="Printed again", field_name="is_reprint", choices=[("True", "Yes"), ("False", "No")], empty_label="Either"
    )  # fmt: skip

    def by_text(self, rows: QuerySet[LabelPrint], name: str, value: str) -> QuerySet[LabelPrint]:
        wanted = LabelPrinted.objects.filter(heading__icontains=value) | LabelPrinted.objects.filter(code__icontains=value)  # fmt: skip
        return rows.filter(pk__in=wanted.values("act"))


class PrintList(RecordList):
    """Every act of printing: who, what, where, and why again."""

    right = ("traceability.print_label", "traceability.view_security")
    template_name = "traceability/labels/prints.html"
    title = "Printed labels"
    file_name = "printed-labels"
    filterset_class = PrintFilter
    default_sort = "-id"
    one, many = "print", "prints"
    empty_title = "No label was printed yet."
    empty_now = "Lots, places, items and pallets have a Label button."
    columns = [
        Column("When", lambda p: p.at, "when", sort="at"),
        Column("Labels", lambda p: p.words),
        Column("Copies", lambda p: p.copies, "number"),
        Column(
            "Size", lambda p: labels.SIZES[p.size].words if p.size in labels.SIZES else p.size, wide_only=True
        ),
        Column("Where", lambda p: str(p.printer) if p.printer else "browser"),
        Column("State", lambda p: p.get_state_display(), sort="state", sub=lambda p: p.error),
        Column("By", lambda p: str(p.by), wide_only=True),
        Column("Again, because", lambda p: p.reason),
        Column("Document", lambda p: p.document, "document", wide_only=True),
    ]

    def get_base_queryset(self) -> QuerySet[LabelPrint]:
        return LabelPrint.objects.filter(site__in=sites_of(self.request)).select_related("printer", "by").defer("content")  # fmt: skip

    def prepare(self, rows: list[Any]) -> list[Any]:
        told: dict[int, list[str]] = {}
        for act, heading in (
            LabelPrinted.objects.filter(act__in=rows).order_by("pk").values_list("act", "heading")
        ):
            told.setdefault(act, []).append(heading)
        for row in rows:
            names = told.get(row.pk, [])
            row.words = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        failed = self.get_base_queryset().filter(state=PrintState.FAILED).exclude(content=b"")
        return super().get_context_data(**kwargs) | {"failed": list(failed.order_by("-pk")[:5])}


@require_POST
@needs("traceability.print_label")
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """A failed print, once more as it was."""
    act = get_object_or_404(LabelPrint, pk=pk, site__in=sites_of(request))
    sending.try_again(act)
    messages.success(request, f"It goes to {act.printer} again.")
    return redirect(f"{T}label_prints")


class PrinterList(RecordList):
    right = ("traceability.print_label", "traceability.change_masters")
    template_name = "traceability/labels/printers.html"
    title = "Printers"
    file_name = "printers"
    default_sort = "name"
    one, many = "printer", "printers"
    empty_title = "No printer yet."
    empty_now = (
        "Add one by its address in the plant's network. Without one, labels open in the browser as PDF."
    )
    columns = [
        Column("Printer", lambda p: p.name, sort="name", link=lambda p: reverse(f"{T}printer", args=[p.pk])),
        Column("Kind", lambda p: p.get_kind_display(), sort="kind"),
        Column("Address", lambda p: f"{p.address}:{p.port}", "code"),
        Column("Labels in it", lambda p: labels.SIZES[p.size].words if p.size in labels.SIZES else p.size),
        Column("By itself", lambda p: "yes" if p.is_default else ""),
        Column("Site", lambda p: p.site.name, wide_only=True),
        Column("In use", lambda p: "yes" if p.is_active else "no", wide_only=True),
    ]

    def get_base_queryset(self) -> QuerySet[Printer]:
        return Printer.objects.filter(site__in=sites_of(self.request)).select_related("site")


class PrinterForm(forms.ModelForm):  # type: ignore[type-arg]
    size = forms.ChoiceField(label="Labels in it", choices=[(s.name, s.words) for s in labels.SIZES.values()])

    class Meta:
        model = Printer
        fields = ["name", "site", "kind", "address", "port", "dpi", "size", "is_default", "is_active"]
        labels = {"is_default": "Takes labels that are printed by themselves", "is_active": "In use", "dpi": "Dots to the inch"}  # fmt: skip

    def clean_address(self) -> str:
        try:
            sending.check_address(self.cleaned_data["address"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal
        return str(self.cleaned_data["address"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == PrinterKind.ZPL and data.get("size") and data["size"] not in ROLLS:
            self.add_error("size", "A label printer has rolls, not sheets.")
        if data.get("port") and not 9100 <= data["port"] <= 9109:
            self.add_error("port", "Printers listen on 9100 to 9109.")
        return data


@needs("traceability.change_masters")
def edit_printer(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """A new printer, or another address of one."""
    rows = Printer.objects.filter(site__in=sites_of(request))
    printer = get_object_or_404(rows, pk=pk) if pk else None
    form = PrinterForm(request.POST or None, instance=printer)
    sites: Any = form.fields["site"]
    sites.queryset = Site.objects.filter(pk__in=[site.pk for site in sites_of(request)])
    for name, field in form.fields.items():
        if not isinstance(field, forms.BooleanField):
            field.widget.attrs["class"] = "input lot-code" if name == "address" else "input"
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, f"{saved} is saved.")
        return redirect(f"{T}printers")
    latest = (
        list(printer.prints.select_related("by").defer("content").order_by("-pk")[:10]) if printer else []
    )
    context = {"form": form, "printer": printer, "latest": latest, "by": actor_of(request)}
    return render(request, "traceability/labels/printer.html", context, status=422 if form.is_bound else 200)
