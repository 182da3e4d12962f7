"""What the reads say: the ledger's own numbers, as decimal strings, in a number of queries that does not grow."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.graphs import graph
from traceability.models import Balance, Movement, Requirement, Stage


def numbers(value):
    """Every float in a JSON value."""
    if isinstance(value, dict):
        return [found for inner in value.values() for found in numbers(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in numbers(inner)]
    return [value] if isinstance(value, float) else []


def test_a_lot_says_what_it_is_where_it_stands_and_what_it_needs(plant, erp):
    from traceability.ledger import Need

    lot = plant.receive(
        "RM-1", "1080.5", supplier_lot="CS 26/2874", expires_on=date(2030, 1, 31), status="quarantine"
    )
    more = plant.receive("RM-2", 5, needs=[])
    hold = plant.hold(lot, reason="glass", reference="NCR-7")
    plant.post(
        "disposition",
        document="D-1",
        needs=[Need(lot=lot, stage=Stage.RECEIVING, what="Certificate", is_blocking=True)],
        actor=plant.quinn,
    )
    found = erp.get(f"lots/{lot.pk}").json()
    assert found["item"]["code"] == "FLOUR"
    assert found["supplier"]["code"] == "S-1"
    assert found["supplier_lot"] == "CS 26/2874"
    assert (found["expires_on"], found["is_serial"], found["display"]) == ("2030-01-31", False, "RM-1")
    assert found["on_hand"] == {"value": "1080.5", "unit": "lb"}
    assert found["statuses"] == [{"status": "quarantine", "quantity": {"value": "1080.5", "unit": "lb"}}]
    assert [(one["reference"], one["reason"], one["placed_in"]) for one in found["holds"]] == [
        ("NCR-7", "glass", hold.seq)
    ]
    assert [one["what"] for one in found["requirements"]] == [Requirement.objects.get(lot=lot).what]
    assert found["url"].endswith(f"/api/v1/lots/{lot.pk}")
    assert erp.get(found["url"]).json() == found
    assert erp.get(f"lots/{more.pk}").json()["holds"] == []


def test_lots_are_found_by_any_spelling_and_by_what_stands_on_them(plant, erp):
    lot = plant.receive("RM-1", supplier_lot="CS 26/2874", expires_on=date(2030, 1, 31))
    gone = plant.receive("RM-2", 10)
    plant.ship(gone, 10)
    plant.hold(lot)

    def found(**query):
        return [one["number"] for one in erp.get("lots", **query).json()["results"]]

    assert found(supplier_lot="cs-26-2874") == ["RM-1"]
    assert (
        found(on_hold="true")
        == found(has_stock="true")
        == found(expires_until="2030-02-01")
        == found(number="RM-1")
        == ["RM-1"]
    )
    assert found(on_hold="false") == found(has_stock="false") == ["RM-2"]
    assert found(item="FLOUR", supplier="S-1") == ["RM-1", "RM-2"]
    assert found(awaiting_inspection="true") == found(is_serial="true") == []


def test_quantities_are_decimal_text_with_a_unit_and_nothing_is_a_float(plant, erp):
    lots = graph(plant, "S1 -> P1")
    plant.ship(lots["P1"], "0.125")
    for address in ["lots", "movements", "balances", "entries", "items", "where-used?lot=S1"]:
        body = erp.get(address).json()
        assert body["results"], address
        assert numbers(body) == [], address
    movement = erp.get("movements").json()["results"][0]
    assert movement["quantity"] == {"value": "0.125", "unit": "cs"}
    assert movement["entered"] is None


def test_times_are_rfc_3339_with_an_offset_and_the_place_says_its_zone(plant, erp):
    plant.receive("A-1")
    entry = erp.get("entries/1").json()
    for name in ("occurred_at", "recorded_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", entry[name])
    assert entry["site"]["time_zone"] == "America/Chicago"


def test_balances_add_up_to_what_the_ledger_has(plant, erp):
    lots = graph(plant, "S1, S2 -> B1; B1 -> P1")
    rows = erp.get("balances", has_stock="true").json()["results"]
    assert {(row["lot"]["id"], Decimal(row["quantity"]["value"])) for row in rows} == set(
        Balance.objects.filter(quantity__gt=0).values_list("lot_id", "quantity")
    )
    assert (
        erp.get("balances", lot="S1").json()["count"]
        == erp.get("balances", lot_id=lots["S1"].pk).json()["count"]
    )
    assert erp.get("balances", location="STORE-1", status="released").json()["count"] == len(rows)


def test_movements_are_found_by_lot_document_and_kind(plant, erp):
    lots = graph(plant, "S1 -> P1")
    plant.ship(lots["P1"], 5, document="SH-9")

    def found(**query):
        return [
            (row["entry"]["kind"], row["lot"]["number"])
            for row in erp.get("movements", **query).json()["results"]
        ]

    assert found(lot="S1") == [("issue", "S1"), ("receipt", "S1")]
    assert found(document="SH-9") == found(kind="shipment") == [("shipment", "P1")]
    assert found(lot_id=lots["P1"].pk, kind="output") == [("output", "P1")]
    assert len(found()) == Movement.objects.count()


@pytest.mark.parametrize(
    "address",
    [
        "lots",
        "movements",
        "balances",
        "entries",
        "items",
        "locations",
        "parties",
        "where-used?supplier_lot=SL-S1",
        "recalls",
    ],
)
def test_a_page_of_many_rows_asks_no_more_than_a_page_of_few(plant, erp, address):
    lots = graph(plant, "S1 -> P0")
    erp.get(address)  # The token notes its use once.

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert erp.get(address).status_code == 200
        return len(asked)

    few = cost()
    graph(plant, "S1 -> " + ", ".join(f"P{n}" for n in range(1, 20)), first=2, lots=lots)
    for lot in lots.values():
        plant.hold(lot)
        plant.item(f"I-{lot.number}")
    assert cost() <= few + 1
    assert few < 20


def test_the_root_lists_what_there_is_and_every_address_answers(plant, erp):
    plant.receive("L")
    root = erp.get("").json()
    assert root["version"] == "v1"
    assert {"lots", "entries", "recalls", "where-used", "schema"} <= set(root["resources"])
    for name, address in root["resources"].items():
        query = {"lot": "L"} if name.startswith("where") else {}
        wanted = 403 if name == "imports" else 200  # Its scopes bring no files in.
        assert erp.get(address, **query).status_code == wanted, name


def test_the_problems_list_every_refusal_of_the_ledger(erp):
    listed = {row["code"]: row["status"] for row in erp.get("problems").json()}
    assert listed["lot_on_hold"] == 409
    assert listed["key_reused"] == 422
    assert json.dumps(listed)
