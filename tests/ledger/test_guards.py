"""Nothing goes round the door: raw SQL as the application, as the owner and as a superuser; and querysets."""

from decimal import Decimal

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests import databases
from traceability import ledger
from traceability.models import (
    Balance,
    Delivered,
    Entry,
    EntryKey,
    Hold,
    LedgerHead,
    Lot,
    Movement,
    Requirement,
    Reservation,
    RunLot,
)

APPEND_ONLY = ["entry", "movement", "entrykey"]
PROJECTIONS = ["balance", "runlot", "delivered", "hold", "requirement", "reservation", "ledgerhead", "lot"]
REFUSED = {"LL001", "LL002", "LL003", "42501"}  # our triggers; insufficient privilege

# A row of each table copied from one that is there, so that only the guard can be what refuses it.
INSERT = {
    table: f"INSERT INTO traceability_{table} SELECT * FROM traceability_{table} LIMIT 1"
    for table in [*APPEND_ONLY, *PROJECTIONS]
}
UPDATE = {
    "entry": "SET reason = 'x'", "movement": "SET quantity = quantity + 1", "entrykey": "SET key = 'x'", "balance": "SET quantity = quantity + 1",
    "runlot": "SET quantity = quantity + 1", "delivered": "SET quantity = quantity + 1", "hold": "SET reason = 'x'", "requirement": "SET what = 'x'",
    "reservation": "SET quantity = 1", "ledgerhead": "SET seq = seq + 1", "lot": "SET number = 'x'",
}  # fmt: skip
WRITES = [
    *[(f"insert {t}", INSERT[t]) for t in INSERT],
    *[(f"update {t}", f"UPDATE traceability_{t} {assignment}") for t, assignment in UPDATE.items()],
    *[(f"delete {t}", f"DELETE FROM traceability_{t}") for t in UPDATE],
    *[(f"truncate {t}", f"TRUNCATE traceability_{t} CASCADE") for t in UPDATE],
]
BY_NAME = dict(WRITES)


def everything(plant):
    """S ──▶ WO-1 ──▶ P ──▶ customer; a hold, a requirement, a promise."""
    s = plant.receive("S")
    run = plant.run("WO-1")
    need = ledger.Need(stage="receiving", what="Certificate", lot=s)
    plant.issue(s, run, 10, needs=[need])
    p = plant.output("P", run, 8)
    plant.ship(p, 1)
    ledger.reserve(
        moves=[
            ledger.Move(lot=p, quantity=Decimal(2), origin=plant.store, destination=plant.place("customer"))
        ],
        document="SO-1",
        actor=plant.sam,
        now=timezone.now(),
    )
    plant.hold(s)
    return s


def code_of(execute, statement):
    """The SQLSTATE the statement is refused with, or None if it went through."""
    try:
        execute(statement)
    except (DatabaseError, psycopg2.Error) as error:
        cause = error if isinstance(error, psycopg2.Error) else error.__cause__
        return cause.pgcode
    return None


def in_savepoint(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture(scope="module")
def written(django_db_setup, django_db_blocker):
    """One committed ledger for the whole file; every test only tries to spoil it."""
    from tests.cast import make_plant

    with databases.a_clone("guards") as name, django_db_blocker.unblock(), databases.default_at(name):
        everything(make_plant())
        yield name


def counts(cursor):
    found = {}
    for table in UPDATE:
        cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM traceability_{table} t")
        found[table] = cursor.fetchone()[0]
    return found


@pytest.mark.parametrize("name", BY_NAME)
def test_the_application_cannot(written, name):
    assert code_of(in_savepoint, BY_NAME[name]) in REFUSED


@pytest.mark.parametrize("name", BY_NAME)
def test_the_application_cannot_after_a_post_in_the_same_transaction(written, name):
    with transaction.atomic():
        lot = Lot.objects.get(number="S")
        ledger.place_hold(
            [lot],
            reason="again",
            actor=Entry.objects.first().actor,
            client="guards",
            key=name,
            site=Entry.objects.first().site,
        )
        assert code_of(in_savepoint, BY_NAME[name]) in REFUSED
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", [n for n in BY_NAME if n.startswith(("insert", "update"))])
def test_the_application_cannot_after_a_claim_or_a_refusal(written, name):
    with transaction.atomic():
        ledger.claim(client="guards", key=name, sent="x")
        assert code_of(in_savepoint, BY_NAME[name]) in REFUSED
        transaction.set_rollback(True)
    with transaction.atomic():
        with pytest.raises(ledger.Refusal):
            ledger.place_hold(
                [Lot.objects.get(number="S")],
                reason="",
                actor=Entry.objects.first().actor,
                client="guards",
                key=name,
                site=Entry.objects.first().site,
            )
        assert code_of(in_savepoint, BY_NAME[name]) in REFUSED
        transaction.set_rollback(True)


def test_the_same_key_again_leaves_the_door_shut(written):
    lot, first = Lot.objects.get(number="S"), Entry.objects.first()
    with transaction.atomic():
        for _ in range(2):
            ledger.place_hold(
                [lot], reason="again", actor=first.actor, client="guards", key="twice", site=first.site
            )
            with connection.cursor() as cursor:
                cursor.execute("SELECT COALESCE(current_setting('lotline.door', true), '')")
                assert cursor.fetchone()[0] == ""
        transaction.set_rollback(True)


def test_the_flag_does_not_outlive_its_transaction(written):
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(current_setting('lotline.door', true), '')")
        assert cursor.fetchone()[0] == ""


@pytest.mark.parametrize("statement", [
    "SET session_replication_role = replica", "SET LOCAL session_replication_role = replica", "ALTER TABLE traceability_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER entry_is_only_added_to ON traceability_entry", "DROP TABLE traceability_entrykey", "ALTER TABLE traceability_balance DROP CONSTRAINT balance_is_never_negative",
    "CREATE OR REPLACE FUNCTION lotline_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", "SET ROLE lotline_owner",
    "TRUNCATE traceability_item CASCADE", "GRANT DELETE ON traceability_entry TO lotline_app",
])  # fmt: skip
def test_the_application_cannot_take_the_guards_away(written, statement):
    code = code_of(in_savepoint, statement)
    if statement.startswith("GRANT"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege('traceability_entry', 'DELETE')")
            assert cursor.fetchone()[0] is False
    else:
        assert code == "42501"


@pytest.mark.parametrize("name", BY_NAME)
def test_the_owner_cannot_either(written, name):
    with databases.owner(written) as cursor:
        before = counts(cursor)
        assert code_of(cursor.execute, BY_NAME[name]) in {"LL001", "LL002", "LL003"}
        assert counts(cursor) == before


def test_the_owner_cannot_truncate_what_the_ledger_stands_on(written):
    with databases.owner(written) as cursor:
        for table in ("item", "site", "person", "run", "party"):
            assert code_of(cursor.execute, f"TRUNCATE traceability_{table} CASCADE") == "LL001"


def test_replication_mode_does_not_pass_the_triggers(written):
    """Every guard is ENABLE ALWAYS ('A'), and a superuser in that mode is refused by them."""
    with databases.owner(written) as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgfoid::regproc::text LIKE 'lotline%'"
        )
        found = cursor.fetchall()
    assert {enabled for _, _, enabled in found} == {"A"}
    assert {table.removeprefix("traceability_") for table, _, _ in found} >= set(UPDATE)
    with databases.as_superuser(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for name, statement in WRITES:
            assert code_of(cursor.execute, statement) in REFUSED, name


ROWS = [
    Entry,
    Movement,
    EntryKey,
    Balance,
    RunLot,
    Delivered,
    Hold,
    Requirement,
    Reservation,
    LedgerHead,
    Lot,
]


@pytest.mark.parametrize("model", ROWS, ids=lambda m: m.__name__)
def test_querysets_read_and_do_not_write(written, model):
    for write in (
        "create",
        "bulk_create",
        "update",
        "bulk_update",
        "delete",
        "get_or_create",
        "update_or_create",
    ):
        with pytest.raises(TypeError, match=r"written by traceability\.ledger"):
            getattr(model.objects.all(), write)()


@pytest.mark.parametrize("model", ROWS, ids=lambda m: m.__name__)
def test_a_row_cannot_be_saved_or_deleted(written, model):
    row = model.objects.first()
    assert row is not None
    for write in (row.save, row.delete):
        with pytest.raises((DatabaseError, TypeError)), transaction.atomic():
            write()


def test_the_door_itself_cannot_rewrite_history(written):
    """Even with the flag raised, the rows that may change change only as they may."""
    steps = [
        "UPDATE traceability_entry SET reason = 'x'", "DELETE FROM traceability_movement", "DELETE FROM traceability_balance",
        "UPDATE traceability_lot SET number = 'x' WHERE number = 'S'", "UPDATE traceability_hold SET reason = 'x'", "UPDATE traceability_ledgerhead SET seq = seq + 2",
        "UPDATE traceability_ledgerhead SET seq = seq - 1", "UPDATE traceability_ledgerhead SET is_seeding = true, seq = seq + 1",
        "UPDATE traceability_requirement SET is_blocking = NOT is_blocking", "INSERT INTO traceability_ledgerhead (id, seq, chain, is_seeding) VALUES (2, 0, '', false)",
        "UPDATE traceability_hold SET inherited_from_id = id",
    ]  # fmt: skip
    for step in steps:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lotline.door', 'open', true)")
            assert code_of(in_savepoint, step) is not None, step
            transaction.set_rollback(True)
