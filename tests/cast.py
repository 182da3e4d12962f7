"""The cast and the plant of the whole suite: Rita receives, Quinn inspects, Paul produces, Sam ships, Rhea recalls, Ada audits, Nora may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password

from traceability import ledger
from traceability.ledger import Move
from traceability.models import (
    EntryKind,
    Item,
    Location,
    LocationKind,
    Lot,
    Party,
    Person,
    Run,
    Site,
    Status,
    Tracking,
)

K = EntryKind
PEOPLE = {
    "rita": ("Rita", "receiver"), "quinn": ("Quinn", "qc"), "quentin": ("Quentin", "qc"), "paul": ("Paul", "production"), "sam": ("Sam", "shipper"),
    "rhea": ("Rhea", "quality_manager"), "roy": ("Roy", "quality_manager"), "ada": ("Ada", "auditor"), "alma": ("Alma", "administrator"),
    "lena": ("Lena", "receiving_lead"), "pia": ("Pia", "payables"),
}  # fmt: skip
PASSWORD = "correct horse battery staple"


def make_site(code: str = "PLANT", *, time_zone: str = "America/Chicago") -> Site:
    site = Site.objects.create(
        code=code, name=f"{code.title()} site", place="Bayou La Batre AL", time_zone=time_zone
    )
    for kind in LocationKind:
        Location.objects.create(
            site=site, code=f"{kind.value.upper()}-1" if kind not in ("storage",) else "STORE-1", kind=kind
        )
    Location.objects.create(site=site, code="STORE-2", kind=LocationKind.STORAGE)
    return site


@cache
def password_hash() -> str:
    """Hashing is slow on purpose; once is enough for a test run."""
    return make_password(PASSWORD)


def make_people(site: Site) -> dict[str, Person]:
    people = {}
    for username, (name, role) in {**PEOPLE, "nora": ("Nora", "")}.items():
        person = Person(username=username, display_name=name, roles=[role] if role else [])
        person.password = password_hash()
        person.save()
        person.sites.add(site)
        people[username] = person
    return people


@dataclass
class Plant:
    """A small plant with one supplier and two customers. Verbs post through the door, in short words, with keys of their own."""

    site: Site
    people: dict[str, Person]
    supplier: Party
    customer: Party
    other_customer: Party
    keys: Any = field(default_factory=lambda: count(1))

    def __getattr__(self, name: str) -> Person:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def place(self, kind: str) -> Location:
        return (
            Location.objects.select_related("site").filter(site=self.site, kind=kind).order_by("code").first()
        )  # type: ignore[return-value]

    @property
    def store(self) -> Location:
        return self.place("storage")

    @property
    def store_2(self) -> Location:
        return Location.objects.select_related("site").get(site=self.site, code="STORE-2")

    def item(
        self, code: str = "FLOUR", *, tracking: str = Tracking.LOT, unit: str = "lb", **rest: Any
    ) -> Item:
        rest.setdefault("decimals", 0 if tracking == Tracking.SERIAL else 3)
        return Item.objects.get_or_create(
            code=code, defaults={"name": code.title(), "tracking": tracking, "unit": unit, **rest}
        )[0]

    def key(self) -> str:
        return f"k{next(self.keys)}"

    def post(self, kind: str, *moves: Move, actor: Person | None = None, **rest: Any) -> Any:
        rest.setdefault("key", self.key())
        rest.setdefault("client", "test")
        return ledger.post(kind, moves=moves, actor=actor or self.people["rita"], **rest)

    def receive(self, number: str, quantity: Any = 100, *, item: Item | None = None, status: str = Status.RELEASED, expires_on: Any = None,
                supplier_lot: str = "", at: Location | None = None, **rest: Any) -> Lot:  # fmt: skip
        lot = Lot(
            item=item or self.item(),
            number=number,
            supplier=self.supplier,
            supplier_lot=supplier_lot,
            expires_on=expires_on,
        )
        move = Move(
            lot=lot,
            quantity=Decimal(quantity),
            origin=self.place("supplier"),
            destination=at or self.store,
            destination_status=status,
        )
        self.post(
            K.RECEIPT, move, party=self.supplier, document=rest.pop("document", f"RCV-{number}"), **rest
        )
        return lot

    def run(self, document: str, number: int = 1) -> Run:
        return Run.objects.get_or_create(document=document, number=number, defaults={"site": self.site})[0]

    def issue(
        self,
        lot: Lot,
        run: Run,
        quantity: Any = 10,
        *,
        status: str = Status.RELEASED,
        at: Location | None = None,
        evidence: str = "typed",
        **rest: Any,
    ) -> Any:
        move = Move(
            lot=lot,
            quantity=Decimal(quantity),
            origin=at or self.store,
            origin_status=status,
            destination=self.place("production"),
            run=run,
            evidence=evidence,
        )
        rest.setdefault("actor", self.people["paul"])
        return self.post(K.ISSUE, move, document=run.document, **rest)

    def output(self, number: str | Lot, run: Run, quantity: Any = 10, *, item: Item | None = None, status: str = Status.RELEASED, at: Location | None = None,
               evidence: str = "typed", **rest: Any) -> Lot:  # fmt: skip
        lot = number if isinstance(number, Lot) else Lot(item=item or self.item("BREAD"), number=number)
        move = Move(
            lot=lot,
            quantity=Decimal(quantity),
            origin=self.place("production"),
            destination=at or self.store,
            destination_status=status,
            run=run,
            evidence=evidence,
        )
        rest.setdefault("actor", self.people["paul"])
        self.post(K.OUTPUT, move, document=run.document, **rest)
        return lot

    def ship(
        self,
        lot: Lot,
        quantity: Any = 10,
        *,
        document: str = "SH-1",
        party: Party | None = None,
        status: str = Status.RELEASED,
        at: Location | None = None,
        **rest: Any,
    ) -> Any:
        move = Move(
            lot=lot,
            quantity=Decimal(quantity),
            origin=at or self.store,
            origin_status=status,
            destination=self.place("customer"),
        )
        rest.setdefault("actor", self.people["sam"])
        return self.post(K.SHIPMENT, move, party=party or self.customer, document=document, **rest)

    def hold(self, *lots: Lot, reason: str = "suspect", **rest: Any) -> Any:
        rest.setdefault("key", self.key())
        return ledger.place_hold(
            lots,
            reason=reason,
            actor=rest.pop("actor", self.people["quinn"]),
            client="test",
            site=self.site,
            **rest,
        )


def make_plant() -> Plant:
    site = make_site()
    people = make_people(site)
    supplier = Party.objects.create(code="S-1", name="Delta Mill", is_supplier=True)
    customer = Party.objects.create(code="C-1", name="Coastal Grocers", is_customer=True)
    other = Party.objects.create(code="C-2", name="Magnolia Foodservice", is_customer=True)
    return Plant(site, people, supplier, customer, other)
