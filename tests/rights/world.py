"""One prepared world for every cell of the matrix: two sites with the same things at each, and one person per role.

What stands in an address is named there (`at: {pk: lot}`) and made here, once for each site: a new kind of thing is one more
line at the end of `_stage`. What belongs to the other site has ELSEWHERE in its name, so an answer that leaks it gives itself away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from production import services as production
from production.models import Bom
from qc import services as qc
from qc.models import Characteristic, CorrectiveAction, Instrument, Nonconformance, Plan
from recalls import services as recalls
from recalls.models import Complaint, Notice
from receiving import services as receiving
from receiving.models import SupplierInvoice
from shipping import services as shipping
from tests.cast import PEOPLE as CAST
from tests.cast import Plant, make_people, make_site
from tests.rights.table import PEOPLE
from traceability import stock
from traceability.api.tokens import issue_token
from traceability.ledger import Move
from traceability.models import (
    Attachment,
    Balance,
    Category,
    Change,
    Checkpoint,
    CodeAlias,
    Container,
    Entry,
    EntryKind,
    Hold,
    Import,
    Job,
    JobState,
    LabelPrint,
    Location,
    LotAttribute,
    Movement,
    Party,
    Person,
    Printer,
    PrintState,
    ReasonCode,
    Requirement,
    SavedView,
    Site,
    Stage,
)
from traceability.roles import INTEGRATION, SCOPES

ELSEWHERE = "ZELSEWHERE"
CUSTOMER = "Zcoastal Grocers"
OWN, FOREIGN = "own", "foreign"
# Belong to the company, not to a site.
PERSONAL: dict[str, Callable[[Person], Any]] = {}  # belong to one person; filled below
OF_THE_COMPANY = {
    "import",  # Auditors see all of them.
    "checkpoint", "item", "supplier", "plan", "purchase_order", "customer_order", "category", "reason", "change", "invoice", "code",
    "draft_plan", "look", "bom", "attribute", "instrument",
}  # fmt: skip


@dataclass
class World:
    """`things` by site and name; `people` by role."""

    things: dict[str, dict[str, Any]]
    people: dict[str, Person]
    everywhere: dict[str, Person]  # the same roles, of both sites
    tokens: dict[tuple[str, frozenset[str]], str] = field(default_factory=dict)

    def number(self, subject: str, where: str, person: Person | None) -> Any:
        """What stands in the address: the thing's number, or `subject.attribute`."""
        name, _, attribute = subject.partition(".")
        if name in PERSONAL:
            # What is somebody else's is as foreign as another site's lot.
            mine = where == OWN and person is not None
            return self.things[where][f"{name} of {person.pk}" if mine and person else name].pk
        return getattr(self.things[where][name], attribute or ("seq" if name == "entry" else "pk"))

    def token(self, role: str, scopes: frozenset[str]) -> str:
        if (role, scopes) not in self.tokens:
            token = issue_token(person=self.people[role], name=f"test of {role}", scopes=sorted(scopes))
            self.tokens[role, scopes] = token[1]
        return self.tokens[role, scopes]

    @cached_property
    def scopes(self) -> list[frozenset[str]]:
        """Each scope alone, and all of them."""
        return [*(frozenset({scope}) for scope in SCOPES), frozenset(SCOPES)]


def make_world() -> World:
    here, there = make_site("PLANT"), make_site("ANNEX")
    Location.objects.filter(site=there).update(name=f"{ELSEWHERE} place")
    cast = make_people(here)
    for person in Person.objects.all():
        person.sites.add(there)  # The stage is set by people of both sites; the matrix is asked by others.
    supplier = Party.objects.create(code="S-1", name="Delta Mill", is_supplier=True)
    customer = Party.objects.create(code="C-1", name=CUSTOMER, is_customer=True)
    other = Party.objects.create(code="C-2", name=f"{CUSTOMER} two", is_customer=True)
    keys = count(1)
    things = {}
    for where, site, mark in ((OWN, here, "OWN"), (FOREIGN, there, ELSEWHERE)):
        things[where] = _stage(Plant(site, cast, supplier, customer, other, keys), mark)
    asked = {role: _person(role, here) for role in dict.fromkeys(role for _, role in CAST.values())}
    asked[INTEGRATION] = _person(INTEGRATION, here)
    asked[""] = _person("", here)
    everywhere = {role: _person(role, here, there) for role in PEOPLE}
    for name, make in PERSONAL.items():
        for person in asked.values():
            things[OWN][f"{name} of {person.pk}"] = make(person)
        things[OWN][name] = things[FOREIGN][name] = make(cast["rhea"])
    return World(things, asked, everywhere)


def _person(role: str, *sites: Site) -> Person:
    name = f"{'m' * len(sites)}-{role or 'nobody'}"
    person = Person.objects.create(username=name, display_name=name, roles=[role] if role else [])
    person.sites.set(sites)
    return person


def _stage(plant: Plant, mark: str) -> dict[str, Any]:
    """At one site: a delivery that waits for QC, a lot made from another, a shipment, and a case for it."""
    wheat = plant.item(f"WHEAT-{plant.site.code}", inspected_at=["receiving"], default_location=plant.store)
    order = receiving.order(
        number=f"PO-{plant.site.code}", supplier=plant.supplier, lines=[receiving.OrderedItem(item=wheat, quantity=Decimal(100))],
        actor=plant.rita, client="t", key=f"po-{mark}",
    )  # fmt: skip
    lots = [
        receiving.ReceivedLot(item=wheat, quantity=Decimal(40), supplier_lot=f"{mark}-{n}", lot_number=f"{mark}-{n}", location=plant.store) for n in (1, 2)
    ]  # fmt: skip
    receipt = receiving.receive_delivery(
        lines=lots, order=order, site=plant.site, actor=plant.rita, client="t", key=f"rcv-{mark}"
    )
    flour = plant.receive(f"{mark}-F", 100)
    work_order = production.plan_work_order(
        number=f"WO-{mark}", product=f"Bread {mark}", line=plant.place("line"), item=plant.item("BREAD"), actor=plant.paul, client="t", key=f"wo-{mark}"
    )  # fmt: skip
    work_order = production.release(work_order=work_order, actor=plant.paul, client="t", key=f"rel-{mark}")
    run = plant.run(work_order.number)
    plant.issue(flour, run, 10)
    bread = plant.output(f"{mark}-B", run, 10)
    container = Container.objects.create(number=f"P-{mark}")
    onto = Move(
        lot=flour,
        quantity=Decimal(5),
        origin=plant.store,
        destination=plant.store_2,
        destination_container=container,
    )
    plant.post(EntryKind.TRANSFER, onto)
    begun, need = Requirement.objects.open().filter(lot__number__startswith=mark).order_by("pk")
    plan = Plan.objects.get_or_create(
        code="QP-1", defaults={"name": "Dock", "stage": Stage.RECEIVING, "status": "approved", "approved_by": plant.rhea, "approved_at": timezone.now()}
    )[0]  # fmt: skip
    inspection = qc.open_inspection(
        requirement=begun, plan=plan, actor=plant.quinn, client="t", key=f"ins-{mark}"
    )
    customer_order = shipping.order(
        customer=plant.customer, lines=[shipping.OrderedItem(item=plant.item("BREAD"), quantity=Decimal(3))], number=f"SO-{plant.site.code}",
        actor=plant.sam, client="t", key=f"so-{mark}",
    )  # fmt: skip
    shipment = shipping.start_shipment(
        site=plant.site,
        customer=plant.customer,
        number=f"SH-{mark}",
        actor=plant.sam,
        client="t",
        key=f"sh-{mark}",
    )
    line = shipping.pick(
        shipment=shipment,
        lot=bread,
        quantity=Decimal(1),
        location=plant.store,
        actor=plant.sam,
        client="t",
        key=f"pick-{mark}",
    )
    recall = recalls.open_recall(
        title="Flour",
        hazard="Salmonella",
        reason="They wrote",
        starts=[flour],
        actor=plant.rhea,
        client="t",
        key=f"rc-{mark}",
    )
    recalls.freeze_scope(recall=recall, actor=plant.rhea, client="t", key=f"fr-{mark}")
    second = shipping.start_shipment(
        site=plant.site,
        customer=plant.customer,
        number=f"SB-{mark}",
        actor=plant.sam,
        client="t",
        key=f"sb-{mark}",
    )
    shipping.pick(
        shipment=second,
        lot=bread,
        quantity=Decimal(2),
        location=plant.store,
        actor=plant.sam,
        client="t",
        key=f"pick-b-{mark}",
    )
    shipping.ship(shipment=second, actor=plant.sam, client="t", key=f"ship-b-{mark}")
    came_back = shipping.receive_return(
        shipment=second, lines=[shipping.ReturnedLot(lot=bread, quantity=Decimal(1), location=plant.place("quarantine"))], reason="Wet",
        actor=plant.sam, client="t", key=f"back-{mark}",
    )  # fmt: skip
    held = plant.receive(f"{mark}-H", 5)
    plant.hold(held)
    delivery = receiving.open_without_order(supplier=plant.supplier, site=plant.site, actor=plant.rita)
    counted = stock.open_count(
        site=plant.site, rows=Balance.objects.filter(lot=flour, location=plant.store), what=f"Flour {mark}", actor=plant.rita, client="t", key=f"cnt-{mark}"
    )  # fmt: skip
    checkpoint = Checkpoint.objects.create(seq=1, chain=bytes(32), counts={})
    draft = Plan.objects.get_or_create(code="QP-2", defaults={"name": "Line", "stage": Stage.IN_PROCESS})[0]
    look = Characteristic.objects.get_or_create(
        plan=draft, position=1, defaults={"name": "Smell", "kind": "pass_fail"}
    )[0]
    bom = Bom.objects.get_or_create(
        name="Bread", defaults={"item": plant.item("BREAD"), "per_quantity": Decimal(1), "per_unit": "lb"}
    )[0]
    nonconformance = Nonconformance.objects.create(
        client="t", key=f"nc-{mark}", number=f"NC-{mark}", title=f"Torn {mark}", source="other", reported_by=plant.rita, reported_at=timezone.now()
    )  # fmt: skip
    nonconformance.lots.add(flour)
    action = CorrectiveAction.objects.create(
        client="t", key=f"ca-{mark}", number=f"CA-{mark}", nonconformance=nonconformance, kind="corrective", what="Mend", owner=plant.rita,
        due_on=timezone.now().date(), opened_by=plant.rhea, opened_at=timezone.now(),
    )  # fmt: skip
    complaint = Complaint.objects.create(
        client="t", key=f"cp-{mark}", number=f"CP-{mark}", what="It smells", lot=flour, received_on=timezone.now().date(), recorded_at=timezone.now(), recorded_by=plant.rhea
    )  # fmt: skip
    notice = Notice.objects.create(
        recall=recall, revision=recall.latest_revision, party=plant.customer, lines=[], made_at=timezone.now(), made_by=plant.rhea
    )  # fmt: skip
    category = Category.objects.get_or_create(name="Dairy")[0]
    attribute = LotAttribute.objects.get_or_create(
        category=category, name="Fat", defaults={"kind": "number"}
    )[0]
    reason = ReasonCode.objects.get_or_create(code="TORN", defaults={"text": "Bag torn"})[0]
    printer = Printer.objects.create(site=plant.site, name=f"Printer {mark}", address="10.0.0.9")
    failed_print = LabelPrint.objects.create(
        client="t", key=f"lp-{mark}", site=plant.site, printer=printer, size="4x3", state=PrintState.FAILED, content=b"^XA^XZ", by=plant.rita
    )  # fmt: skip
    invoice = SupplierInvoice.objects.create(
        client="t", key=f"inv-{mark}", number="INV-1" if mark == "OWN" else "INV-2", supplier=plant.supplier, dated=timezone.now().date(), entered_by=plant.rita
    )  # fmt: skip
    code = CodeAlias.objects.create(code="778899", item=wheat, asked_by=plant.paul)
    return {
        "notice": notice, "complaint": complaint, "nonconformance": nonconformance, "action": action, "bom": bom, "instrument": Instrument.objects.get_or_create(code="TH-1", defaults={"name": "Thermometer"})[0], "attribute": attribute, "receipt_item": receipt.items.first(), "draft_plan": draft, "look": look, "category": category, "reason": reason, "printer": printer, "failed_print": failed_print, "invoice": invoice, "code": code,
        "attachment": _attachment(flour, plant.rita, mark), "change": Change.objects.filter(subject_kind="item").order_by("pk").last(),
        "customer_return": came_back, "hold": Hold.objects.get(lot=held), "delivery": delivery, "count": counted, "checkpoint": checkpoint,
        "lot": flour, "entry": Entry.objects.filter(movements__lot=flour).order_by("seq").first(), "location": plant.store,
        "movement": Movement.objects.filter(lot=flour).order_by("pk").first(), "balance": Balance.objects.filter(lot=flour).order_by("pk").first(),
        "site": plant.site, "container": container, "item": wheat, "supplier": plant.supplier, "purchase_order": order,
        "receipt": receipt, "receipt_line": receipt.lines.get(position=1), "requirement": need, "inspection": inspection, "plan": plan,
        "work_order": work_order, "customer_order": customer_order, "shipment": shipment, "shipment_line": line, "recall": recall,
    }  # fmt: skip


def _job(asker: Person) -> Job:
    """A job is of the person who asked. Its file lies where the application looks for it."""
    content = b"a report"
    path = Path(settings.MEDIA_ROOT) / "jobs" / f"matrix-{asker.pk}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Job.objects.create(
        client="t", key=f"job {asker.pk}", kind="recalls.report", title="Report", right="traceability.view_ledger", asked_by=asker, state=JobState.DONE,
        filename="report.pdf", content_type="application/pdf", stored_as=f"jobs/{path.name}", sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


def _attachment(lot: Any, by: Person, mark: str) -> Attachment:
    """A photo of a lot. All three files are the same picture; what the application draws is tested elsewhere."""
    content = f"a picture of {mark}".encode()
    stored = f"attachments/matrix-{mark}"
    path = Path(settings.MEDIA_ROOT) / stored
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return Attachment.objects.create(
        client="t", key=f"at-{mark}", subject_kind="lot", subject=str(lot.pk), kind="photo", name=f"{mark}.jpg", media_type="image/jpeg", size=len(content),
        sha256=sha256, sent_sha256=sha256, stored_as=stored, view_as=stored, thumbnail_as=stored, added_by=by,
    )  # fmt: skip


def _import(by: Person) -> Import:
    return Import.objects.create(
        client="t",
        key=f"im {by.pk}",
        number=f"IMP-{by.pk}",
        kind="items",
        file_name="items.csv",
        size=1,
        about={"headings": ["Code"], "rows": 0},
        by=by,
    )


def _label_print(by: Person) -> LabelPrint:
    return LabelPrint.objects.create(
        client="t", key=f"lp {by.pk}", size="4x3", state=PrintState.OPENED, content=b"%PDF-1.4", by=by
    )


def _view(owner: Person) -> SavedView:
    return SavedView.objects.create(list_name="traceability:lots", name="Mine", owner=owner)


PERSONAL |= {"job": _job, "view": _view, "label_print": _label_print, "import": _import}
