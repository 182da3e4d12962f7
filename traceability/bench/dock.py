"""The answer to a scan at the dock: a label of a new lot, read, checked against all lots there are, added, and the page drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from traceability.models import Item, Party, Person, Site

GTIN = "19521234009020"


def scans(plant: Any, asked: int) -> Iterator[tuple[str, list[Callable[[], Any]]]]:
    """(name, works): each work is one scan over HTTP, of a lot that never came."""
    site = plant.sites[0]
    item = Item.objects.get(pk=plant.materials[0])
    item.gtin, item.default_location_id = GTIN, site.places[0]
    item.save()
    person = Person.objects.create(username="dock", display_name="Dock", roles=["receiver"])
    person.sites.add(Site.objects.get(pk=site.pk))
    client = Client(raise_request_exception=True)
    client.force_login(person, backend="traceability.roles.RoleBackend")
    supplier = Party.objects.get(pk=plant.suppliers[0])
    announced = client.post(
        "/api/v1/purchase-orders",
        {
            "number": "PO-BENCH",
            "supplier": supplier.code,
            "lines": [{"item": item.code, "quantity": "1000000"}],
        },
        content_type="application/json",
        headers={"Idempotency-Key": "bench"},
    )
    address = reverse("receiving:begin_scan", args=[announced.json()["id"]])
    numbers = count(1)

    def scan() -> None:
        label = f"]C101{GTIN}{timezone.now():17%y1231}310000000110BENCH-{next(numbers):05}"
        answer = client.post(address, {"code": label}, headers={"X-Floor": "1"})
        if answer.status_code != 200 or b"lot-now" not in answer.content:
            raise RuntimeError(f"The scan was answered with {answer.status_code}.")

    yield "scan at the dock", [scan for _ in range(asked)]
