"""What people look at all day: the ten inquiries (first 100 rows), the pages of lots, places and parties, and scans at the dock, p50 and p95."""

# ruff: noqa: S311

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from traceability.bench import dock
from traceability.bench.clock import percentiles
from traceability.inquiries import QUESTIONS
from traceability.models import Item, Lot, Party, Person

FIRST = 100  # rows on a page


def measure_lists(plant: Any, lots: int, *, asked: int) -> Iterator[dict[str, Any]]:
    """One row for each inquiry and page; ms over `asked` different lots or parties, taken at random."""
    rng = Random(4)
    picked = list(
        Lot.objects.filter(pk__in=rng.sample(range(1, lots + 1), min(asked, lots))).select_related("item")
    )
    customers, suppliers = (
        list(Party.objects.filter(pk__in=rng.sample(pks, min(asked, len(pks)))))
        for pks in (plant.customers, plant.suppliers)
    )
    items = list(Item.objects.filter(pk__in=plant.products))
    for question in QUESTIONS:
        works: list[Callable[[], Any]]
        if question.code.endswith("-transactions") or question.code.startswith("recall"):
            works = [
                partial(_first, question.ask, item=lot.item, number_from=lot.number, number_to=lot.number)
                for lot in picked
            ]
        else:
            parties = customers if question.code.endswith("-shipped") else suppliers
            works = [partial(_first, question.ask, party=party) for party in parties]
        yield _row(question.code, works)
    yield from _pages(plant, picked, customers, items)


def _first(ask: Callable[..., Any], **filters: Any) -> list[Any]:
    return list(ask(**filters)[:FIRST])


def _pages(
    plant: Any, lots: list[Lot], customers: list[Party], items: list[Item]
) -> Iterator[dict[str, Any]]:
    person = Person.objects.get(pk=plant.actor)
    person.roles = ["quality_manager"]
    person.save()
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(raise_request_exception=True)
    client.force_login(person, backend="traceability.roles.RoleBackend")

    def get(address: str) -> Callable[[], Any]:
        def page() -> None:
            answer = client.get(address)
            content = answer.getvalue()
            if answer.status_code != 200 or not content:
                raise RuntimeError(f"{address} answered {answer.status_code}.")

        return page

    yield _row("page of a lot", [get(reverse("traceability:lot", args=[lot.pk])) for lot in lots])
    yield _row(
        "list of lots", [get(reverse("traceability:lots") + f"?page={number}") for number in range(1, 6)]
    )
    yield _row("list of entries", [get(reverse("traceability:entries")) for _ in range(5)])
    yield _row(
        "page of a location",
        [get(reverse("traceability:location", args=[place])) for place in plant.sites[0].places[:10]],
    )
    yield _row(
        "page of a customer",
        [get(reverse("traceability:party", args=[party.pk])) for party in customers[:10]],
    )
    for name, works in dock.scans(plant, len(lots)):
        yield _row(name, works)
    yield _row("page of an item", [get(reverse("traceability:item", args=[item.pk])) for item in items[:10]])


def _row(name: str, works: list[Callable[[], Any]]) -> dict[str, Any]:
    p50, p95 = percentiles(works)
    return {"name": name, "asked": len(works), "p50_ms": p50 * 1000, "p95_ms": p95 * 1000}
