"""The stage: site, places, people, parties, items, plans and BOMs of Pelican Point Seafood."""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password

from production.models import Bom, BomComponent, BomOutput
from qc.models import Characteristic, CharacteristicLimit, Instrument, Plan, PlanStatus
from traceability import changes
from traceability.models import (
    BOUNDARIES,
    Approval,
    Contact,
    Item,
    ItemUnit,
    Location,
    LocationKind,
    Party,
    Person,
    Site,
    Stage,
    SupplierItem,
)
from traceability.models.items import ItemKind
from traceability.roles import LABELS

SITE = "PELICAN"
LOCATION_KINDS = {
    "dock": LocationKind.DOCK, "shipping_dock": LocationKind.DOCK, "tank": LocationKind.TANK, "production_line": LocationKind.LINE,
    "hold_cage": LocationKind.QUARANTINE, "third_party_cold_store": LocationKind.THIRD_PARTY,
}  # fmt: skip
STAGES = {
    "dock receipt": Stage.RECEIVING, "dry ingredient receipt": Stage.RECEIVING, "peeled product": Stage.FINAL, "breaded product": Stage.FINAL,
    "cooked product": Stage.FINAL, "clean-down": Stage.CLEAN_DOWN, "shipping": Stage.SHIPPING,
}  # fmt: skip
KINDS = {
    "RAW": ItemKind.MATERIAL,
    "ING": ItemKind.MATERIAL,
    "PKG": ItemKind.PACKAGING,
    "WIP": ItemKind.INTERMEDIATE,
    "FG": ItemKind.FINISHED,
}
PATTERNS = {
    "RAW": "DK-{yymmdd}-{nn}", "ING": "RM-{yymmdd}-{nn}", "PKG": "PK-{yymmdd}-{nn}", "FG": "F-{yymmdd}-{nn}",
    "WIP-PD-2125": "PD-{yymmdd}-2125-{nn}", "WIP-PD-3135": "PD-{yymmdd}-3135-{nn}", "WIP-PD-PCS": "PD-{yymmdd}-PCS-{nn}",
    "WIP-BATTER-CAJ": "BB-{yymmdd}-{nn}", "WIP-RWK-BRD": "RWK-{yymmdd}-{nn}",
}  # fmt: skip
PLACES = {"RAW": "DOCK-1", "PKG": "PKG-1", "ING": "ING-DRY", "ING-OIL-SOY": "TK-1"}
GTINS = {"ING-BATTER": "19521234009020", "ING-BRD-PANKO": "19521234009037", "ING-PREDUST": "19521234009044"}
BAG_LB = {
    "ING-BATTER": 50,
    "ING-BRD-PANKO": 50,
    "ING-PREDUST": 50,
    "ING-SPC-CAJ": 50,
    "ING-STPP": 50,
    "ING-SALT": 50,
}

# Invented people and addresses; telephone numbers from the range kept for fiction, mail to example.com.
CUSTOMERS = {
    "C-2001": (
        "4120 Mobile Highway",
        "32506",
        "Renee Alcott",
        "Receiving manager",
        "850-555-0141",
        "Hal Brandt",
        "850-555-0142",
    ),
    "C-2002": (
        "905 Fortification Street",
        "39202",
        "Curtis Wynn",
        "Quality assurance",
        "601-555-0117",
        "Joyce Pell",
        "601-555-0118",
    ),
    "C-2003": (
        "2230 Texas Avenue",
        "71103",
        "Marla Fontenot",
        "Commissary manager",
        "318-555-0163",
        "Dale Roark",
        "318-555-0164",
    ),
    "C-2004": (
        "1780 Capital Circle NW",
        "32303",
        "Sandra Oyelaran",
        "Food safety",
        "850-555-0176",
        "Wes Tolbert",
        "850-555-0177",
    ),
    "C-2005": (
        "6400 Navigation Boulevard",
        "77011",
        "Hector Salas",
        "Recall coordinator",
        "713-555-0129",
        "Pam Kirby",
        "713-555-0130",
    ),
    "C-2006": (
        "315 Huntsville Avenue",
        "72764",
        "Greg Lindqvist",
        "Quality assurance",
        "479-555-0155",
        "Tina Mabry",
        "479-555-0156",
    ),
    "C-2007": (
        "1311 Balboa Avenue",
        "32401",
        "Denise Carraway",
        "Food service director",
        "850-555-0188",
        "Louis Amato",
        "850-555-0189",
    ),
    "C-2008": (
        "14020 Shell Belt Road",
        "36509",
        "Bobby Nelson",
        "Owner",
        "251-555-0104",
        "Kay Nelson",
        "251-555-0105",
    ),
}
MINIMUM_LIFE = {"C-2001": 120, "C-2006": 120, "C-2007": 60}
SUPPLIERS = {
    "F/V Miss Odessa": (
        "S-1001",
        "Shell Belt Road, berth 4",
        "Bayou La Batre",
        "AL",
        "36509",
        "Capt. Earl Dubose",
        "251-555-0121",
    ),
    "F/V Lady Corinne": (
        "S-1002",
        "Shell Belt Road, berth 9",
        "Bayou La Batre",
        "AL",
        "36509",
        "Capt. Minh Pham",
        "251-555-0122",
    ),
    "F/V Capt Elroy": (
        "S-1003",
        "Coden Belt Road",
        "Coden",
        "AL",
        "36523",
        "Capt. Elroy Zirlott",
        "251-555-0123",
    ),
    "F/V Southern Grace": (
        "S-1004",
        "Dauphin Island Parkway",
        "Dauphin Island",
        "AL",
        "36528",
        "Capt. Ray Collier",
        "251-555-0124",
    ),
    "Delta Mill Breading": (
        "S-1005",
        "700 Levee Street",
        "Greenville",
        "MS",
        "38701",
        "Angela Stokes",
        "662-555-0110",
    ),
    "Crescent Spice": (
        "S-1006",
        "2815 Tchoupitoulas Street",
        "New Orleans",
        "LA",
        "70130",
        "Paul Arceneaux",
        "504-555-0133",
    ),
    "Tri-State Spice": (
        "S-1007",
        "1440 Riverside Drive",
        "Memphis",
        "TN",
        "38106",
        "Donna Reyes",
        "901-555-0134",
    ),
    "Gulf States Oils": (
        "S-1008",
        "5100 Old Spanish Trail",
        "Theodore",
        "AL",
        "36582",
        "Frank Odom",
        "251-555-0135",
    ),
    "Bay Chem Supply": (
        "S-1009",
        "88 Industrial Canal Road",
        "Mobile",
        "AL",
        "36603",
        "Lee Whitfield",
        "251-555-0136",
    ),
    "PackRight Films": (
        "S-1010",
        "3900 Peachtree Industrial Blvd",
        "Duluth",
        "GA",
        "30096",
        "Nina Castro",
        "770-555-0137",
    ),
    "Mobile Corrugated": (
        "S-1011",
        "620 Conception Street",
        "Mobile",
        "AL",
        "36610",
        "Rob Hadley",
        "251-555-0138",
    ),
    "Dauphin Co-Packing": (
        "S-1012",
        "41 Cedar Point Road",
        "Coden",
        "AL",
        "36523",
        "Iris Malone",
        "251-555-0139",
    ),
}
# Without 0, o, 1, l and i: these are read from a screen and typed.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


class Masters:
    """What the telling refers to by its name in the data."""

    def __init__(self, story: dict[str, Any], shift: timedelta, today: date):
        self.shift, self.today = shift, today
        self.site = Site.objects.create(
            code=SITE,
            name=story["company"]["name"],
            place=story["company"]["place"],
            time_zone=story["company"]["time_zone"],
        )
        self.places = _places(story, self.site)
        self.people, self.accounts = _people(story, self.site)
        with changes.noting(actor=self.people["Ada"], reason="Set up before Lotline began"):
            self.parties = _parties(story, today)
            self.items = _items(story, self.places)
            _supplier_items(self)
            self.plans = _plans(story, self)
            self.boms = _boms(story, self.items)


def _places(story: dict[str, Any], site: Site) -> dict[str, Location]:
    inside = [
        Location(
            site=site,
            code=row["location"],
            name=(row["note"] or "").capitalize(),
            kind=LOCATION_KINDS.get(row["kind"], LocationKind.STORAGE),
        )
        for row in story["locations"]
    ]
    edges = [
        Location(site=site, code=kind.upper(), name=LocationKind(kind).label, kind=kind)
        for kind in sorted(BOUNDARIES)
    ]
    return {place.code: place for place in Location.objects.bulk_create([*inside, *edges])}


def _people(story: dict[str, Any], site: Site) -> tuple[dict[str, Person], list[dict[str, str]]]:
    people, accounts = {}, []
    for row in story["users"]:
        username = row["name"].lower()
        person = Person(
            username=username,
            display_name=row["name"],
            roles=[row["role"]],
            language=row.get("language", "en"),
        )
        if row["role"] == "integration":
            person.password = make_password(None)  # It has a token, not a password.
        else:
            password = "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4))
            # Eighty random bits need no slow hash; the first log-in makes it a slow one all the same.
            person.password = PBKDF2PasswordHasher().encode(
                password, secrets.token_hex(11), iterations=10_000
            )
            accounts.append(
                {"role": LABELS[row["role"]], "name": row["name"], "username": username, "password": password}
            )
        person.save()
        person.sites.add(site)
        people[row["name"]] = person
    return people, accounts


def _parties(story: dict[str, Any], today: date) -> dict[str, Party]:
    parties, contacts = [], []
    for row in story["customers"]:
        code = row["party"]
        street, postal_code, name, role, phone, second, second_phone = CUSTOMERS[code]
        party = Party(
            code=code, name=row["name"], is_customer=True, street=street, city=row["city"], region=row["state"], postal_code=postal_code,
            flag=row.get("flag", ""), minimum_life_days=MINIMUM_LIFE.get(code),
        )  # fmt: skip
        parties.append(party)
        checked = today - timedelta(days=30 + 17 * len(parties))
        contacts.append(
            Contact(
                party=party,
                name=name,
                role=role,
                phone=phone,
                email=_mail(name, code),
                checked_on=checked,
                is_for_recalls=True,
            )
        )
        contacts.append(
            Contact(
                party=party,
                name=second,
                role="After hours",
                phone=second_phone,
                email=_mail(second, code),
                checked_on=checked,
            )
        )
    for name, (code, street, city, region, postal_code, contact, phone) in SUPPLIERS.items():
        party = Party(
            code=code,
            name=name,
            is_supplier=True,
            street=street,
            city=city,
            region=region,
            postal_code=postal_code,
        )
        parties.append(party)
        contacts.append(
            Contact(
                party=party,
                name=contact,
                role="Supplier contact",
                phone=phone,
                email=_mail(contact, code),
                checked_on=today - timedelta(days=90),
                is_for_recalls=True,
            )
        )
    Party.objects.bulk_create(parties)
    Contact.objects.bulk_create(contacts)
    return {key: party for party in parties for key in (party.code, party.name)}


def _mail(name: str, code: str) -> str:
    return f"{name.removeprefix('Capt. ').lower().replace(' ', '.')}.{code.lower()}@example.com"


def _items(story: dict[str, Any], places: dict[str, Location]) -> dict[str, Item]:
    stages: dict[str, list[str]] = defaultdict(list)
    dry: set[str] = set()
    for plan in story["inspection_plans"]:
        for code in plan["applies_to"]:
            stages[code].append(STAGES[plan["stage"]])
            if plan["stage"] == "dry ingredient receipt":
                dry.add(code)
    items = []
    for row in story["items"]:
        code, life = row["item"], row["shelf_life"] or {}
        family = code.split("-")[0]
        is_shrimp = family == "RAW" or code.startswith(("WIP-PD", "WIP-RWK", "FG-"))
        is_weighed = row["unit"] == "lb"
        items.append(
            Item(
                code=code, name=row["name"], kind=KINDS[family], category="Rework" if "RWK" in code else "", tracking=row["tracking"], unit=row["unit"], decimals=3 if is_weighed else 0,
                gtin=row.get("gtin", GTINS.get(code, "")), pack=row.get("pack", ""),
                weight_per_unit=Decimal(row["weight_lb_per_unit"]) if "weight_lb_per_unit" in row else (Decimal(1) if is_weighed else None),
                shelf_life_days=life.get("value") if life.get("unit") == "day" else None,
                shelf_life_months=life.get("value") if life.get("unit") == "month" else None,
                minimum_life_days=60 if code in dry and life else None, needs_expiry=family == "ING" and bool(life),
                allergens=_allergens(code, row.get("allergens", []), is_shrimp), is_on_food_traceability_list=row.get("food_traceability_list", False),
                lot_pattern=PATTERNS.get(code, PATTERNS.get(family, "")), inspected_at=sorted(set(stages[code]) & {Stage.RECEIVING, Stage.FINAL}),
                default_location=places[row.get("default_location") or PLACES.get(code) or PLACES[family]], note=row.get("note", ""),
            )
        )  # fmt: skip
    items.append(
        Item(
            code="COP-CRAB-CAKE", name="Crab cakes, co-packed, bulk", kind=ItemKind.INTERMEDIATE, unit="lb", decimals=3, weight_per_unit=Decimal(1),
            shelf_life_months=6, needs_expiry=True, allergens=["crab", "egg", "wheat"], lot_pattern="XC-{yymmdd}-{nn}", default_location=places["RAW-FRZ"],
        )
    )  # fmt: skip
    made = {item.code: item for item in Item.objects.bulk_create(items)}
    ItemUnit.objects.bulk_create(
        ItemUnit(item=made[code], unit="bag", numerator=pounds) for code, pounds in BAG_LB.items()
    )
    return made


def _supplier_items(masters: Masters) -> None:
    """What each dry-goods supplier brings, in its own codes; the spice is suspended since its letter."""
    letter = masters.today - timedelta(days=4)
    rows = [
        SupplierItem(
            supplier=masters.parties["Delta Mill Breading"],
            item=masters.items[code],
            code=theirs,
            pack_quantity=250,
            pack_unit="lb",
        )
        for code, theirs in (
            ("ING-BATTER", "DMB-4410"),
            ("ING-BRD-PANKO", "DMB-7720"),
            ("ING-PREDUST", "DMB-1105"),
        )
    ]
    rows.append(
        SupplierItem(
            supplier=masters.parties["Crescent Spice"], item=masters.items["ING-SPC-CAJ"], code="CS-CAJUN-50", pack_quantity=50, pack_unit="lb",
            approval=Approval.SUSPENDED, approval_since=letter, approval_reason="Possible Salmonella in lot CS-26-2874",
        )
    )  # fmt: skip
    SupplierItem.objects.bulk_create(rows)


def _allergens(code: str, given: list[str], is_shrimp: bool) -> list[str]:
    found = set(given) | ({"shrimp"} if is_shrimp else set())
    if code.startswith(("FG-BRD", "FG-POP")) or "RWK" in code:
        found |= {"wheat", "soy", "milk", "egg"}
    return sorted(found)


def _plans(story: dict[str, Any], masters: Masters) -> dict[str, Plan]:
    found = {}
    for row in story["inspection_plans"]:
        plan = Plan.objects.create(
            code=row["plan"], name=row["stage"].capitalize(), stage=STAGES[row["stage"]], status=PlanStatus.APPROVED, approved_by=masters.people["Grace"],
            approved_at=None, note=row.get("note", ""),
        )  # fmt: skip
        plan.items.set(masters.items[code] for code in row["applies_to"] if code in masters.items)
        plan.locations.set(masters.places[code] for code in row["applies_to"] if code in masters.places)
        made = Characteristic.objects.bulk_create(
            _characteristic(plan, position, given)
            for position, given in enumerate(row["characteristics"], start=1)
        )
        CharacteristicLimit.objects.bulk_create(
            CharacteristicLimit(
                characteristic=characteristic, item=masters.items[code], lower=_number(limits.get("lower"), characteristic.lower),
                upper=_number(limits.get("upper"), characteristic.upper),
            )
            for characteristic, given in zip(made, row["characteristics"], strict=True)
            for code, limits in given.get("limits_by_item", {}).items()
        )  # fmt: skip
        for characteristic in made:
            if characteristic.name == "remaining life":  # Salt keeps.
                CharacteristicLimit.objects.create(
                    characteristic=characteristic, item=masters.items["ING-SALT"], applies=False
                )
        found[plan.code] = plan
    Instrument.objects.bulk_create(
        [
            Instrument(
                code="TH-03", name="Probe thermometer 3", calibrated_until=masters.today + timedelta(days=140)
            ),
            Instrument(
                code="TH-07", name="Probe thermometer 7", calibrated_until=date(2026, 11, 10) + masters.shift
            ),  # Overdue.
            Instrument(
                code="SC-02", name="Bench scale 2", calibrated_until=masters.today + timedelta(days=75)
            ),
            Instrument(
                code="MD-01",
                name="Metal detector, line 3",
                calibrated_until=masters.today + timedelta(days=201),
            ),
        ]
    )
    return found


def _characteristic(plan: Plan, position: int, given: dict[str, Any]) -> Characteristic:
    note = [
        given.get("note", ""),
        f"expected {given['expected']}" if "expected" in given else "",
        given.get("frequency", ""),
    ]
    label_above = _number(given.get("label_above"), None)
    return Characteristic(
        plan=plan, position=position, name=given["characteristic"], kind=given["kind"], unit=given.get("unit") or "",
        lower=_number(given.get("lower"), None), upper=_number(given.get("upper"), None), readings=given.get("n", 1),
        rule="mean" if "mean" in given.get("rule", "") else "any_out", label_above=label_above,
        label_text="contains sulfites" if label_above is not None else "", is_mandatory=given["kind"] != "information",
        note="; ".join(filter(None, note)),
    )  # fmt: skip


def _number(given: str | None, otherwise: Decimal | None) -> Decimal | None:
    return Decimal(given) if given is not None else otherwise


def _boms(story: dict[str, Any], items: dict[str, Item]) -> dict[str, Bom]:
    found = {}
    for row in story["boms"]:
        quantity, unit, *text = row["per"].split(" ", 2)
        allows_rework = "rework" in row
        bom = Bom.objects.create(
            name=row["output"], status="approved", item=items.get(row["output"]), per_quantity=Decimal(quantity), per_unit=unit, per_text=" ".join(text),
            water_lb=Decimal(row.get("water_lb", 0)), rework_item=items["WIP-RWK-BRD"] if allows_rework else None,
            rework_limit_percent=Decimal(3) if allows_rework else None, note="; ".join(filter(None, [row.get("rework", ""), row.get("note", "")])),
        )  # fmt: skip
        components = BomComponent.objects.bulk_create(
            BomComponent(
                bom=bom,
                position=position,
                item=items[line["item"]],
                quantity=Decimal(line["quantity"]),
                unit=line["unit"],
            )
            for position, line in enumerate(row["components"], start=1)
        )
        for component, line in zip(components, row["components"], strict=True):
            if line.get("alternatives"):
                component.alternatives.set(items[code] for code in line["alternatives"])
        BomOutput.objects.bulk_create(
            BomOutput(
                bom=bom, item=items[line["item"]], quantity=Decimal(line["quantity"]), unit=line["unit"]
            )
            for line in row.get("outputs", [])
        )
        found[bom.name] = bom
    return found
