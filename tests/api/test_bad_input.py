"""Every row of the catalogue of bad input over REST: at every address that writes, its answer, and nothing is written."""

import gzip
import json

import pytest

from production.models import WorkOrder, WorkOrderStep
from receiving.models import InvoiceMatch, PurchaseOrder, Receipt, ReceiptLine, SupplierInvoice
from shipping.models import Order, Shipment, ShipmentLine, ShippingStep
from tests.api import world as worlds
from tests.api.conftest import ROOT, caller
from tests.api.test_description import generated
from traceability.models import ApiAnswer, Entry, Hold, Lot, Person, RefusalRecord, Reservation
from traceability.roles import LABELS

KEPT = [
    Entry,
    Lot,
    Hold,
    Reservation,
    WorkOrder,
    WorkOrderStep,
    Order,
    Shipment,
    ShipmentLine,
    ShippingStep,
    PurchaseOrder,
    Receipt,
    ReceiptLine,
    SupplierInvoice,
    InvoiceMatch,
    ApiAnswer,
]
# Read only, although they are asked by POST.
READING = {"scans_resolve"}


@pytest.fixture
def everybody(plant):
    """Somebody with every role: no right stands in the way of the body."""
    person = Person.objects.create(
        username="omni", display_name="Omni", roles=[role for role in LABELS if role != "integration"]
    )
    person.sites.add(plant.site)
    return caller(person=person)


@pytest.fixture
def addresses(plant):
    """(operation, address) of every POST, with numbers of papers that are there."""
    world = worlds.build(plant)
    found = []
    for path, operations in generated()["paths"].items():
        if "post" in operations and operations["post"]["operationId"] not in READING:
            address = path.removeprefix(ROOT).format(
                **{"seq": 1, "id": 1, "pk": 1, "number": "X", **world.parameters(path)}
            )
            found.append((operations["post"]["operationId"], address))
    assert len(found) > 30
    return found


@pytest.fixture
def nothing_is_written(addresses):
    before = {model: model.objects.count() for model in KEPT}
    yield
    assert {model: model.objects.count() for model in KEPT} == before


def send(who, address, raw, *, key="bad-1", content_type="application/json", **headers):
    raw = raw.encode() if isinstance(raw, str) else raw
    return who.client.generic(
        "POST",
        ROOT + address,
        raw,
        content_type=content_type,
        headers={**({"Idempotency-Key": key} if key else {}), **headers},
    )


RAW = {
    "no JSON": (b"{'lots': [1]}", {}, 400, "malformed_json"),
    "half a body": (b'{"lots": [1', {}, 400, "malformed_json"),
    "a key twice": (b'{"reason": "a", "reason": "b"}', {}, 400, "duplicate_key"),
    "NaN": (b'{"quantity": NaN}', {}, 400, "malformed_json"),
    "Infinity": (b'{"quantity": -Infinity}', {}, 400, "malformed_json"),
    "a float": (b'{"quantity": 0.1}', {}, 400, "float_refused"),
    "a number of 5,000 digits": (b'{"quantity": ' + b"9" * 5000 + b"}", {}, 400, "malformed_json"),
    "depth 100,000": (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", {}, 400, "malformed_json"),
    "a byte order mark": (b'\xef\xbb\xbf{"reason": "x"}', {}, 400, "malformed_json"),
    "half a character": (b'{"reason": "\\ud800"}', {}, 400, "malformed_json"),
    "bytes that are no UTF-8": (b'{"reason": "\xff\xfe"}', {}, 400, "malformed_json"),
    "UTF-16": ('{"reason": "x"}'.encode("utf-16"), {"content_type": "application/json; charset=utf-16"}, 415, "unsupported_charset"),
    "a form": (b"reason=x", {"content_type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
    "plain text": (b'{"reason": "x"}', {"content_type": "text/plain"}, 415, "unsupported_media_type"),
    "gzip": (gzip.compress(b" " * 10_000_000), {"Content-Encoding": "gzip"}, 415, "unsupported_encoding"),
    "6 MB": (b'{"reason": "' + b"x" * 6_000_000 + b'"}', {}, 413, "too_large"),
    "a text": (b'"reason"', {}, 400, "invalid"),
    "nothing but null": (b"null", {}, 400, "invalid"),
}  # fmt: skip


def test_a_body_that_cannot_be_meant(addresses, everybody, nothing_is_written):
    """One reader of JSON stands before all of them, so each kind is tried at some address and each address with some kind."""
    kinds = list(RAW.items())
    tried = [(kind, addresses[n % len(addresses)]) for n, kind in enumerate(kinds)]
    tried += [(kinds[n % 7], address) for n, address in enumerate(addresses)]
    for (what, (raw, headers, status, code)), (operation, address) in tried:
        answer = send(everybody, address, raw, **headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (
            operation,
            what,
            answer.content[:300],
        )


def test_an_unknown_member_is_named_everywhere(addresses, everybody, nothing_is_written):
    for operation, address in addresses:
        answer = send(everybody, address, json.dumps({"qantity": "5"}))
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field"), operation
        assert answer.json()["errors"][0]["pointer"] == "#/qantity", operation


READ_ONLY = [
    "id",
    "seq",
    "hash",
    "actor",
    "recorded_at",
    "is_staff",
    "client",
    "digest",
    "second_person",
    "user",
    "scopes",
]


def test_what_the_server_sets_cannot_be_sent(addresses, everybody, nothing_is_written):
    for operation, address in addresses:
        answer = send(everybody, address, json.dumps(dict.fromkeys(READ_ONLY, 1)))
        assert (answer.status_code, answer.json()["code"]) == (400, "read_only_field"), (
            operation,
            answer.json(),
        )
        # Undo says which entry by its seq; nothing else is anybody's to say.
        assert set(READ_ONLY) - {"seq"} <= set(answer.json()["fields"]), operation


KEYS = [
    (None, "key_missing"),
    ("", "key_malformed"),
    ("a b", "key_malformed"),
    ("k" * 201, "key_malformed"),
    ("ü", "key_malformed"),
]


def test_a_key_is_there_and_is_plain(addresses, everybody, nothing_is_written):
    for n, (operation, address) in enumerate(addresses):
        key, code = KEYS[n % len(KEYS)]
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = send(everybody, address, "{}", key=None, **headers)
        assert (answer.status_code, answer.json()["code"]) == (400, code), operation


def test_a_parameter_that_is_not_known_is_refused_on_writes_too(addresses, everybody, nothing_is_written):
    for operation, address in addresses:
        answer = everybody.client.post(
            f"{ROOT}{address}?dryrun=true",
            "{}",
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter"), operation
        answer = everybody.client.post(
            f"{ROOT}{address}?dry_run=yes",
            "{}",
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )
        assert answer.status_code == 400, operation


QUANTITIES = [
    "NaN",
    "Infinity",
    "1e400",
    "-0",
    "-5",
    "0",
    "1_000",
    "１２",
    "٣",
    " 5 ",
    "1,5",
    "1.2345678",
    "1.",
    ".5",
    "+5",
    "0x10",
    "5 lb",
    "",
    "9" * 40,
    "5\n",
]


def test_a_quantity_is_plain_digits_as_text(addresses, everybody, nothing_is_written):
    """Beyond the item's own scale it is 422 in the service; the form of it is 400 here."""
    bodies = (
        (
            "work-orders/WO-9/issue",
            lambda q: {"lots": [{"lot": "F-9", "quantity": q, "location": "STORE-1"}]},
        ),
        ("work-orders/WO-9/output", lambda q: {"outputs": [{"item": "FLOUR", "quantity": q}]}),
        ("shipments/SH-9/pick", lambda q: {"lot": "F-9", "quantity": q, "location": "STORE-1"}),
        ("customer-orders", lambda q: {"customer": "C-1", "lines": [{"item": "FLOUR", "quantity": q}]}),
    )
    for n, quantity in enumerate([*QUANTITIES, 5, True, None, ["5"], {"value": "5", "unit": "lb"}]):
        address, body = bodies[n % len(bodies)]
        answer = send(everybody, address, json.dumps(body(quantity)))
        assert answer.status_code == 400, (address, quantity, answer.json())
        assert answer.json()["errors"][0]["pointer"].endswith("/quantity")


@pytest.mark.parametrize("quantity", ["1.2345", "9999999999999"])
def test_a_quantity_beyond_the_items_scale_or_beyond_reason_is_not_allowed(
    addresses, everybody, nothing_is_written, quantity
):
    line = {"lot": "F-9", "quantity": quantity, "location": "STORE-1"}
    answer = send(everybody, "work-orders/WO-9/issue", json.dumps({"lots": [line]}))
    assert answer.status_code in (409, 422), answer.json()


DAYS = [
    "0000-01-01",
    "9999-12-31",
    "2026-02-30",
    "26-02-03",
    "2026-2-3",
    "2026-11-24T00:00:00Z",
    20261124,
    "",
]


def test_a_day_is_a_day(addresses, everybody, nothing_is_written):
    for day in DAYS:
        body = {"customer": "C-1", "due_on": day, "lines": [{"item": "FLOUR", "quantity": "5"}]}
        answer = send(everybody, "customer-orders", json.dumps(body))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/due_on"), day


def test_an_expiry_before_it_was_made_is_not_allowed(addresses, everybody, nothing_is_written):
    body = {
        "outputs": [
            {
                "item": "FLOUR",
                "quantity": "5",
                "location": "STORE-1",
                "lot_number": "N-1",
                "made_on": "2026-11-24",
                "expires_on": "2026-11-23",
            }
        ]
    }
    answer = send(everybody, "work-orders/WO-9/output", json.dumps(body))
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


CODES = ["A\u202eB", "A\u200bB", "A\x00B", "A\x07B", " A", "A ", "A  B", "A\ufeff", "A\u2066B"]


def test_a_code_with_invisible_signs_is_refused(addresses, everybody, nothing_is_written):
    bodies = (
        (
            "work-orders/WO-9/output",
            lambda c: {"outputs": [{"item": "FLOUR", "quantity": "5", "lot_number": c}]},
        ),
        ("work-orders", lambda c: {"line": "LINE-1", "product": "X", "number": c}),
        ("holds", lambda c: {"lots": ["F-9"], "reason": "x", "reference": c}),
        ("customer-orders", lambda c: {"customer": c, "lines": [{"item": "FLOUR", "quantity": "5"}]}),
    )
    for code in CODES:
        for address, body in bodies:
            answer = send(everybody, address, json.dumps(body(code)))
            assert answer.status_code == 400, (address, ascii(code), answer.json())


def test_an_id_of_another_kind_of_thing_is_not_found(plant, addresses, everybody, nothing_is_written):
    line = {"lot": plant.customer.pk + 10**9, "quantity": "5", "location": plant.store.pk}
    answer = send(everybody, "work-orders/WO-9/issue", json.dumps({"lots": [line]}))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_lot")
    line = {"lot": "F-9", "quantity": "5", "location": plant.place("supplier").pk}
    answer = send(everybody, "work-orders/WO-9/issue", json.dumps({"lots": [line]}))
    assert answer.status_code in (404, 409, 422)


def test_too_many_lines_are_refused_before_anything_is_looked_up(
    addresses, everybody, nothing_is_written, django_assert_max_num_queries
):
    lines = [{"lot": "F-9", "quantity": "1", "location": "STORE-1"}] * 1_001
    with django_assert_max_num_queries(20):
        answer = send(everybody, "work-orders/WO-9/issue", json.dumps({"lots": lines}))
    assert answer.status_code == 400


def test_half_a_batch_that_is_wrong_is_all_of_it_with_each_fault_named(
    addresses, everybody, nothing_is_written
):
    good = {"customer": "C-1", "lines": [{"item": "FLOUR", "quantity": "5"}]}
    rows = [
        good,
        {**good, "customer": "NOBODY"},
        good,
        {**good, "lines": [{"item": "NOTHING", "quantity": "5"}]},
    ]
    answer = send(everybody, "customer-orders", json.dumps(rows))
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/1", "#/3"]


def test_a_program_cannot_release_anything(plant, addresses, a_token):
    """H5: what an ERP says about quality is not a decision."""
    from traceability.roles import SCOPES

    erp = a_token(*SCOPES)
    for address, body in (
        ("holds/lift", {"holds": [1], "reason": "x"}),
        ("shipments/SH-9/ship", {}),
        ("work-orders/WO-9/issue", {"lots": []}),
    ):
        assert erp.post(address, body, key="k").status_code == 403, address


@pytest.mark.parametrize(
    "name",
    ["X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Original-URL", "X-HTTP-Method-Override"],
)
def test_what_a_caller_says_about_proxies_is_not_believed(plant, erp, name):
    erp.headers[name] = "evil.example"
    answer = erp.get("")
    assert answer.status_code == 200
    assert "evil.example" not in answer.content.decode()


def test_a_host_that_is_not_ours_is_400(erp, settings):
    settings.ALLOWED_HOSTS = ["lotline.example"]
    assert erp.client.get("/api/v1/lots", headers={**erp.headers, "Host": "evil.example"}).status_code == 400


def test_every_refusal_is_written_down_with_who_where_and_why(plant, addresses, everybody):
    send(
        everybody, "shipments/SH-9/pick", json.dumps({"lot": "NONE", "quantity": "5", "location": "STORE-1"})
    )
    record = RefusalRecord.objects.latest("at")
    assert (record.actor.username, record.code) == ("omni", "unknown_lot")
