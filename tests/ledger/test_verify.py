"""The verifier finds nothing in a sound ledger, and each kind of damage in a spoilt one."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests import databases
from traceability import ledger
from traceability.ledger import Move, verify
from traceability.models import EntryKind, Lot

# Damage that only somebody with the owner's rights can do: what the owner runs, and which check must say so.
SPOIL = {
    "an edited quantity": ("UPDATE traceability_movement SET quantity = quantity + 1 WHERE line = 1 AND entry_id = (SELECT id FROM traceability_entry WHERE seq = 2)", "chain_is_intact"),
    "an edited reason": ("UPDATE traceability_entry SET reason = 'another' WHERE seq = 2", "chain_is_intact"),
    "an edited time of recording": ("UPDATE traceability_entry SET recorded_at = recorded_at + interval '1 microsecond' WHERE seq = 2", "chain_is_intact"),
    "a deleted entry": ("DELETE FROM traceability_entry WHERE seq = 3", "seq_is_dense"),
    "a cut tail": ("DELETE FROM traceability_entry WHERE seq = (SELECT max(seq) FROM traceability_entry)", "seq_is_dense"),
    "two entries swapped": ("UPDATE traceability_entry SET seq = CASE seq WHEN 2 THEN 1003 ELSE 1002 END WHERE seq IN (2, 3); UPDATE traceability_entry SET seq = seq - 1000 WHERE seq > 1000", "chain_is_intact"),
    "an edited balance": ("UPDATE traceability_balance SET quantity = quantity + 5 WHERE id = (SELECT min(id) FROM traceability_balance)", "balances_are_what_movements_add_up_to"),
    "an edited link": ("UPDATE traceability_runlot SET quantity = quantity + 1 WHERE role = 'output'", "runs_are_what_movements_add_up_to"),
    "an edited delivery": ("UPDATE traceability_delivered SET quantity = quantity + 1 WHERE direction = 'shipped'", "deliveries_are_what_movements_add_up_to"),
    "an edited expiry": ("UPDATE traceability_lot SET expires_on = '2099-01-01' WHERE number = 'S'", "lots_are_as_born_and_amended"),
    "a renamed lot": ("UPDATE traceability_lot SET number = 'T' WHERE number = 'S'", "lots_are_as_born_and_amended"),
    "a hold taken away": ("DELETE FROM traceability_hold", "holds_are_as_told"),
    "a hold lifted in silence": ("UPDATE traceability_hold SET lifted_in_id = placed_in_id", "holds_are_as_told"),
    "a forgotten key": ("DELETE FROM traceability_entrykey WHERE entry_id = (SELECT id FROM traceability_entry WHERE seq = 1)", "every_entry_has_its_key"),
    "a requirement met in silence": ("UPDATE traceability_requirement SET met_in_id = opened_in_id", "requirements_are_as_told"),
}  # fmt: skip


KEYS_OFF = """DO $$ DECLARE k record; BEGIN
    FOR k IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'f' AND confrelid = 'traceability_entry'::regclass
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.t, k.conname); END LOOP; END $$"""


def live(plant):
    """S ──▶ WO-1 ──▶ P ──▶ customer, with a hold, a requirement, a reversal and an amended date."""
    spice = plant.receive("S", 100, expires_on=timezone.now().date() + timedelta(days=90))
    run = plant.run("WO-1")
    plant.issue(spice, run, 10)
    product = plant.output("P", run, 8)
    plant.ship(product, 2)
    wrong = plant.ship(product, 1, document="SH-2")
    ledger.reverse(wrong, reason="wrong truck", actor=plant.sam, client="test", key=plant.key())
    plant.hold(spice, reference="QH-1")
    ledger.amend(
        spice,
        reason="as printed",
        actor=plant.quinn,
        client="test",
        key=plant.key(),
        expires_on=timezone.now().date() + timedelta(days=60),
    )
    need = ledger.Need(stage="receiving", what="Certificate", lot=spice)
    plant.post(
        EntryKind.SAMPLE,
        Move(lot=spice, quantity=Decimal(1), origin=plant.store, destination=plant.place("sample")),
        needs=[need],
        actor=plant.quinn,
    )
    return spice, product


def test_a_sound_ledger_has_no_findings(plant):
    live(plant)
    report = verify.verify()
    assert report.is_sound, report.findings
    assert len(report.counts) == len(verify.CHECKS)


@pytest.mark.parametrize("damage", SPOIL)
def test_the_verifier_finds(committed_plant, damage):
    live(committed_plant)
    assert verify.verify().is_sound
    sql, check = SPOIL[damage]
    with databases.owner() as cursor:
        _without_guards(cursor, sql)
    report = verify.verify()
    assert report.counts[check], report.counts


def test_a_tail_rewritten_with_right_hashes_is_found_by_a_checkpoint(committed_plant):
    live(committed_plant)
    kept = verify.verify()
    with databases.owner() as cursor:
        _without_guards(
            cursor,
            "DELETE FROM traceability_entrykey WHERE entry_id = (SELECT id FROM traceability_entry ORDER BY seq DESC LIMIT 1)",
        )
        _without_guards(cursor, "DELETE FROM traceability_requirement")
        _without_guards(
            cursor,
            "UPDATE traceability_balance b SET quantity = quantity + 1 FROM traceability_lot l WHERE l.id = b.lot_id AND l.number = 'S'",
        )
        _without_guards(
            cursor,
            "DELETE FROM traceability_movement WHERE entry_id = (SELECT id FROM traceability_entry ORDER BY seq DESC LIMIT 1)",
        )
        _without_guards(
            cursor, "DELETE FROM traceability_entry WHERE seq = (SELECT max(seq) FROM traceability_entry)"
        )
        _without_guards(
            cursor,
            "UPDATE traceability_ledgerhead SET seq = e.seq, chain = e.chain, recorded_at = e.recorded_at FROM (SELECT * FROM traceability_entry ORDER BY seq DESC LIMIT 1) AS e",
        )
    assert verify.verify().is_sound, (
        "the chain alone cannot see it: that is why checkpoints are kept elsewhere"
    )
    report = verify.verify(against=[(kept.seq, kept.chain)])
    assert report.counts["checkpoints_hold"] == 1


def test_a_lot_that_nobody_received_is_found(committed_plant):
    live(committed_plant)
    lot = Lot.objects.get(number="S")
    with databases.owner() as cursor:
        _without_guards(
            cursor,
            f"INSERT INTO traceability_lot SELECT 9999, 'GHOST', supplier_lot, supplier_lot_key, received_under, code_source, made_on, expires_on, is_serial, is_untracked, is_imported, item_id, owner_id, supplier_id FROM traceability_lot WHERE id = {lot.pk}",
        )
    assert verify.verify().counts["lots_are_as_born_and_amended"] == 1


def _without_guards(cursor, sql):
    """As somebody who owns the tables would do it: triggers off, keys off, damage, triggers on again."""
    tables = (
        "entry",
        "movement",
        "entrykey",
        "balance",
        "runlot",
        "delivered",
        "lot",
        "hold",
        "requirement",
        "reservation",
        "ledgerhead",
    )
    for table in tables:
        cursor.execute(f"ALTER TABLE traceability_{table} DISABLE TRIGGER USER")
    cursor.execute(KEYS_OFF)
    cursor.execute(sql)
    for table in tables:
        cursor.execute(f"ALTER TABLE traceability_{table} ENABLE TRIGGER USER")
