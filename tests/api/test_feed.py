"""The feed: complete, in order, and enough to check the evidence by oneself."""

import hashlib
import json
import threading
from datetime import datetime
from decimal import Decimal

from django.db import connection

from tests.api.conftest import READS, caller, integration
from tests.graphs import graph
from traceability.api import entries
from traceability.api.tokens import issue_token
from traceability.ledger import digest
from traceability.models import Entry


def read_all(reader, after=0, limit=3):
    """Every entry after a seq, page by page, and where to go on."""
    found, address = [], f"entries?after={after}&limit={limit}"
    while address:
        page = reader.get(address).json()
        found += page["results"]
        address = page["next"]
    return found, page["last_seq"]


def test_pages_join_into_every_entry_once_in_order(plant, erp):
    graph(plant, "S1, S2 -> B1; B1 -> P1; B1 -> P2")
    found, last = read_all(erp)
    assert [entry["seq"] for entry in found] == list(range(1, Entry.objects.count() + 1))
    assert last == len(found)
    assert erp.get("entries", after=last).json() == {"last_seq": last, "next": None, "results": []}


def test_a_page_ends_early_rather_than_grow_beyond_measure(plant, erp, monkeypatch):
    graph(plant, "S1, S2 -> B1; B1 -> P1")
    monkeypatch.setattr(entries, "MOST_LINES", 2)
    page = erp.get("entries").json()
    assert len(page["results"]) == 2
    assert [entry["seq"] for entry in read_all(erp, limit=100)[0]] == list(
        range(1, Entry.objects.count() + 1)
    )
    monkeypatch.setattr(entries, "MOST_LINES", 0)
    assert len(read_all(erp, limit=100)[0]) == Entry.objects.count()


def test_one_entry_is_found_by_its_seq_and_says_what_reversed_it(plant, erp):
    from traceability import ledger

    lot = plant.receive("A-1", 100)
    shipment = plant.ship(lot, 40)
    ledger.reverse(shipment, reason="wrong truck", actor=plant.sam, client="test", key="r1")
    assert erp.get("entries/2").json()["reversed_by"] == 3
    assert erp.get("entries/3").json()["reverses"] == 2
    assert erp.get("entries/4").status_code == 404


def test_the_feed_alone_is_enough_to_check_digest_and_chain(plant, erp):
    """What was read is hashed as the ledger hashes it: no field is missing and none is changed on the way."""
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    plant.hold(lots["S1"], reference="RC-1")
    plant.ship(lots["P1"], "0.5", after_the_fact=True, reason="found on paper", second_person=plant.roy)
    found, _ = read_all(erp)
    ids = {entry["seq"]: entry["id"] for entry in found}
    chain = digest.GENESIS
    for entry in found:
        body = digest.body(header(entry, ids), [line(movement) for movement in entry["movements"]])
        sealed = digest.seal(
            seq=entry["seq"], recorded_at=datetime.fromisoformat(entry["recorded_at"]), body=body
        )
        chain = hashlib.sha256(chain + sealed).digest()
        assert (entry["digest"], entry["chain"]) == (sealed.hex(), chain.hex())


def header(entry, ids):
    pk = lambda noun: noun and noun["id"]
    return (
        entry["id"], entry["kind"], entry["site"]["id"], entry["document"], pk(entry["party"]), datetime.fromisoformat(entry["occurred_at"]),
        pk(entry["actor"]), pk(entry["second_person"]), entry["client"], entry["reason"], entry["after_the_fact"], entry["imported"],
        ids.get(entry["reverses"]), entry["payload"],
    )  # fmt: skip


def line(m):
    pk = lambda noun: noun and noun["id"]
    entered = m["entered"] or {"value": None, "unit": ""}
    return (
        m["line"], m["lot"]["id"], Decimal(m["quantity"]["value"]), m["pieces"], pk(m["origin"]["location"]), m["origin"]["status"],
        pk(m["origin"]["container"]), pk(m["destination"]["location"]), m["destination"]["status"], pk(m["destination"]["container"]), pk(m["run"]),
        m["run_role"], m["delivery"], m["sign"], m["against"], m["against_line"], entered["value"] and Decimal(entered["value"]), entered["unit"], m["evidence"],
    )  # fmt: skip


def test_a_reader_who_reads_while_four_post_misses_nothing_and_sees_nothing_twice(committed_plant, count):
    plant, each = committed_plant, count(25, 250)
    reader = caller(token=issue_token(person=integration(), name="t", scopes=READS)[1])
    failures = []

    def post(name):
        try:
            for number in range(each):
                plant.receive(f"{name}-{number}", document=f"RCV-{name}-{number}", key=f"{name}-{number}")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    posters = [threading.Thread(target=post, args=(name,)) for name in "abcd"]
    plant.item()
    for poster in posters:
        poster.start()
    seen, last, pages = [], 0, 0
    while any(poster.is_alive() for poster in posters) or last < Entry.objects.count():
        found, last = read_all(reader, after=last, limit=7)
        seen += [entry["seq"] for entry in found]
        pages += bool(found)
    for poster in posters:
        poster.join()
    assert failures == []
    assert seen == list(range(1, 4 * each + 1))
    assert pages > 1
    assert json.dumps(seen)
