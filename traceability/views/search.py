"""The one search box: an exact hit opens, else the candidates are listed. Never picks silently between two."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from traceability.models import Container, Entry, Item, Location, Lot, Party, search_key
from traceability.views.rights import ANY_ROLE, needs
from traceability.views.statuses import with_facts

MOST = 20


@dataclass(frozen=True, slots=True)
class Hit:
    kind: str
    code: str
    text: str
    url: str


@needs(ANY_ROLE)
def search(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("q", "").strip()[:200]
    if not asked:
        return render(request, "traceability/search.html", {"asked": "", "lots": [], "hits": []})
    rights = request.user.get_all_permissions()  # type: ignore[union-attr]
    exact = exact_lots(asked) if "traceability.view_ledger" in rights else []
    hits = exact_hits(asked, rights)
    if len(exact) + len(hits) == 1:
        return redirect(reverse("traceability:lot", args=[exact[0].pk]) if exact else hits[0].url)
    lots = exact
    if not exact and not hits:
        lots = near_lots(asked) if "traceability.view_ledger" in rights else []
        hits = near_hits(asked, rights)
    return render(
        request,
        "traceability/search.html",
        {
            "asked": asked,
            "lots": with_facts(lots),
            "hits": hits,
            "is_exact": bool(exact or hits),
            "most": MOST,
        },
    )


def spellings(asked: str) -> list[str]:
    return list(dict.fromkeys([asked, asked.upper(), asked.lower()]))


def exact_lots(asked: str) -> list[Lot]:
    same = Q(number__in=spellings(asked)) | Q(supplier_lot_key=search_key(asked))
    return list(Lot.objects.filter(same).select_related("item", "supplier").order_by("number")[:MOST])


def near_lots(asked: str) -> list[Lot]:
    near = (
        Q(number__istartswith=asked)
        | Q(number__icontains=asked)
        | Q(supplier_lot_key__contains=search_key(asked))
    )
    return list(Lot.objects.filter(near).select_related("item", "supplier").order_by("number")[:MOST])


def exact_hits(asked: str, rights: set[str]) -> list[Hit]:
    found: list[Hit] = []
    spelled = spellings(asked)
    if "traceability.view_ledger" in rights:
        for document in (
            Entry.objects.filter(document__in=spelled)
            .order_by("document")
            .values_list("document", flat=True)
            .distinct()[:3]
        ):
            found.append(
                Hit(
                    "Document",
                    document,
                    "Its entries in the ledger",
                    f"{reverse('traceability:entries')}?document={document}",
                )
            )
        places = Location.objects.inside().filter(code__in=spelled)
        found += [
            Hit("Location", place.code, place.name, reverse("traceability:location", args=[place.pk]))
            for place in places[:3]
        ]
        containers = Container.objects.filter(number__in=spelled)[:3]
        found += [
            Hit("Container", c.number, c.kind, f"{reverse('traceability:container', args=[c.pk])}")
            for c in containers
        ]
    if "traceability.view_masters" in rights:
        items = Item.objects.filter(
            Q(code__in=spelled) | Q(gtin=asked.zfill(14) if asked.isdigit() else "none")
        )
        found += [
            Hit("Item", item.code, item.name, reverse("traceability:item", args=[item.pk]))
            for item in items[:3]
        ]
        found += party_hits(Q(code__in=spelled) | Q(name__iexact=asked), rights)
    return found


def near_hits(asked: str, rights: set[str]) -> list[Hit]:
    found: list[Hit] = []
    if "traceability.view_masters" in rights:
        items = Item.objects.filter(Q(name__icontains=asked) | Q(code__icontains=asked)).order_by("code")[
            :MOST
        ]
        found += [
            Hit("Item", item.code, item.name, reverse("traceability:item", args=[item.pk])) for item in items
        ]
        found += party_hits(Q(name__icontains=asked), rights)
    return found


def party_hits(wanted: Q, rights: set[str]) -> list[Hit]:
    parties = Party.objects.filter(wanted)
    if "traceability.view_customers" not in rights:
        parties = parties.filter(is_supplier=True)
    return [
        Hit(
            "Supplier" if p.is_supplier else "Customer",
            p.code,
            p.name,
            reverse("traceability:party", args=[p.pk]),
        )
        for p in parties.order_by("name")[:MOST]
    ]
