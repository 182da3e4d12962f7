"""Sites, places, items and parties of a bench ledger, and the ids that the generators need of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

PLACES, MATERIALS, MIXES, PRODUCTS, SUPPLIERS, CUSTOMERS = 40, 60, 20, 40, 40, 400
TRIES = 300  # serials and lots that only the posting bench touches


@dataclass
class SiteOf:
    pk: int
    places: list[int]
    supplier: int
    production: int
    customer: int

    def somewhere(self, random: Random) -> int:
        return self.places[int(random.random() * len(self.places))]


@dataclass
class Plant:
    movements: int  # how many the ledger shall have
    sites: list[SiteOf]
    actor: int
    suppliers: list[int]
    customers: list[int]
    materials: list[int]
    mixes: list[int]
    products: list[int]
    serials: list[int] = field(default_factory=list)  # the item of each level

    def supplier(self, random: Random) -> int:
        return self.suppliers[int(random.random() * len(self.suppliers))]

    def customer(self, random: Random) -> int:
        return self.customers[int(random.random() * len(self.customers))]

    def material(self, random: Random) -> int:
        return self.materials[int(random.random() * len(self.materials))]

    def mix(self, random: Random) -> int:
        return self.mixes[int(random.random() * len(self.mixes))]

    def product(self, random: Random) -> int:
        return self.products[int(random.random() * len(self.products))]

    def serial(self, level: int) -> int:
        return self.serials[level]


def make_plant(movements: int) -> Plant:
    from traceability.models import Item, Party, Person

    actor = Person.objects.create(username="bench", display_name="Bench")
    suppliers = Party.objects.bulk_create(
        Party(code=f"S-{n}", name=f"Supplier {n}", is_supplier=True) for n in range(SUPPLIERS)
    )
    customers = Party.objects.bulk_create(
        Party(code=f"C-{n}", name=f"Customer {n}", is_customer=True) for n in range(CUSTOMERS)
    )

    def items(code: str, count: int, **rest: Any) -> list[int]:
        return [
            item.pk
            for item in Item.objects.bulk_create(
                Item(code=f"{code}-{n}", name=f"{code} {n}", unit="kg", **rest) for n in range(count)
            )
        ]

    sites = [_site(code) for code in ("FOOD", "BULK", "DISCRETE")]
    actor.sites.set([site.pk for site in sites])
    return Plant(
        movements, sites, actor.pk, [party.pk for party in suppliers], [party.pk for party in customers],
        items("MAT", MATERIALS), items("MIX", MIXES, kind="intermediate"), items("FIN", PRODUCTS, kind="finished"),
        items("SER", 12, tracking="serial", decimals=0),
    )  # fmt: skip


def _site(code: str) -> SiteOf:
    from traceability.models import Location, LocationKind, Site

    site = Site.objects.create(code=code, name=code.title(), time_zone="America/Chicago")
    boundary = {
        kind: Location.objects.create(site=site, code=kind.upper(), kind=kind).pk
        for kind in ("supplier", "production", "customer")
    }
    places = Location.objects.bulk_create(
        Location(site=site, code=f"BIN-{n:02}", kind=LocationKind.STORAGE) for n in range(PLACES)
    )
    return SiteOf(site.pk, [place.pk for place in places], **boundary)
