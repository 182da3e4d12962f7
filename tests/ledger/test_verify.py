"""The verifier finds nothing in a sound ledger; and for each damage that somebody with the server's rights could do to the
rows, hashes made right again, exactly the check that is there for it speaks."""

import pytest
from django.db import connection

from tests.ledger.tampering import reseal, spoil, swap
from traceability.ledger import verify
from traceability.ledger.verify.invariants import GUARDED_OTHERWISE, NAMES

T = "traceability_"
# Done as it stands: the damage is to the guards themselves, or to a table that has none.
GUARDS = {
    "a disabled trigger": ("ALTER TABLE traceability_entry DISABLE TRIGGER entry_is_only_added_to", "the_guards_stand"),
    "a trigger that replication passes": ("ALTER TABLE traceability_movement ENABLE TRIGGER movement_is_written_by_the_door", "the_guards_stand"),
    "a trigger for fewer acts": (
        "DROP TRIGGER entry_is_only_added_to ON traceability_entry; CREATE TRIGGER entry_is_only_added_to BEFORE UPDATE ON traceability_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION lotline_refuse(); ALTER TABLE traceability_entry ENABLE ALWAYS TRIGGER entry_is_only_added_to", "the_guards_stand"),
    "a guard that does nothing": ("CREATE OR REPLACE FUNCTION lotline_door() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'", "the_guards_stand"),
    "a constraint dropped": ("ALTER TABLE traceability_balance DROP CONSTRAINT balance_is_never_negative", "the_guards_stand"),
    "an index dropped": ("DROP INDEX balance_of_a_serial_is_in_one_place", "the_guards_stand"),
    "changes that are noted no more": ("ALTER TABLE traceability_item DISABLE TRIGGER traceability_item_is_noted", "changes_are_noted"),
    "an attached file that is gone": (
        "INSERT INTO traceability_attachment (client, key, fingerprint, subject_kind, subject, kind, note, name, media_type, size, sha256, sent_sha256, stored_as,"
        " view_as, thumbnail_as, added_by_id, added_at, removed_because) SELECT 'x', 'y', '', 'lot', '1', 'other', '', 'COA.pdf', 'application/pdf', 1, '', '', 'nowhere',"
        " '', '', id, now(), '' FROM traceability_person LIMIT 1", "attachments_are_as_they_came"),
    "a right too many": ("GRANT DELETE ON traceability_movement TO lotline_app", "the_guards_stand"),
    "a pallet inside itself": ("UPDATE traceability_container c SET parent_id = o.id FROM traceability_container o WHERE o.id <> c.id", "containers_are_a_forest"),
    "a person who turns out to be an integration": ("UPDATE traceability_person SET roles = '{integration}' WHERE username = 'quentin'", "integrations_decided_nothing"),
}  # fmt: skip
# With the guards off, and hashes made right again. Names in brackets are ids of the story.
ROWS = {
    "a gap": ("UPDATE traceability_entry SET seq = seq + 1 WHERE id = %(last)s", "seq_is_dense"),
    "a head that takes imports again": ("UPDATE traceability_ledgerhead SET is_seeding = true", "the_head_is_the_last_entry"),
    "a time turned back": ("UPDATE traceability_entry SET recorded_at = recorded_at - interval '1 hour', occurred_at = occurred_at - interval '1 hour' WHERE id = %(scrapped)s", "time_goes_forward"),
    "recorded before it happened": ("UPDATE traceability_entry SET occurred_at = recorded_at + interval '1 hour' WHERE id = %(scrapped)s", "nothing_came_before_it_happened"),
    "an import among the entries": ("UPDATE traceability_entry SET imported = true WHERE id = %(scrapped)s", "imports_came_first"),
    "a line numbered anew": ("UPDATE traceability_movement SET line = 2 WHERE entry_id = %(scrapped)s", "entries_are_whole"),
    "a forgotten key": ("DELETE FROM traceability_entrykey WHERE entry_id = %(scrapped)s", "every_entry_has_its_key"),
    "a key of nothing": ("INSERT INTO traceability_entrykey (client, key, fingerprint, entry_id) VALUES ('x', 'y', '', 999999)", "every_entry_has_its_key"),
    "a reversal that is no negation": ("UPDATE traceability_movement SET evidence = 'scanned' WHERE entry_id = %(reversal)s", "reversals_are_exact"),
    "less than nothing typed": ("UPDATE traceability_movement SET entered_quantity = -1 WHERE entry_id = %(scrapped)s", "quantities_are_real"),
    "an edited balance": ("UPDATE traceability_balance SET quantity = quantity + 5 WHERE lot_id = %(s)s", "balances_are_what_movements_add_up_to every_lot_adds_up"),
    "a balance taken away": ("DELETE FROM traceability_balance WHERE lot_id = %(s)s", "balances_are_what_movements_add_up_to every_lot_adds_up"),
    "edited pieces": ("UPDATE traceability_balance SET pieces = pieces + 5 WHERE lot_id = %(s)s", "balances_are_what_movements_add_up_to"),
    "a serial that may be in two places": ("UPDATE traceability_balance SET is_serial = false WHERE lot_id = %(serial)s", "balances_are_what_movements_add_up_to"),
    "a split that is none": ("UPDATE traceability_run SET kind = 'split' WHERE id = %(run)s", "parts_add_up_to_the_whole"),
    "more promised than there is": ("UPDATE traceability_reservation SET quantity = 1000 WHERE id = %(promise)s", "promises_are_covered"),
    "a promise on a held lot": ("UPDATE traceability_reservation SET lot_id = %(p)s, quantity = 1 WHERE id = %(promise)s", "held_lots_are_not_promised"),
    "an edited source": ("UPDATE traceability_lot SET code_source = 'elsewhere' WHERE id = %(s)s", "lots_are_as_born_and_amended"),
    "an edited expiry": ("UPDATE traceability_lot SET expires_on = '2099-01-01' WHERE id = %(s)s", "lots_are_as_born_and_amended"),
    "an edited owner": ("UPDATE traceability_lot SET owner_id = supplier_id WHERE id = %(s)s", "lots_are_as_born_and_amended"),
    "a renamed lot": ("UPDATE traceability_lot SET number = 'Z' WHERE id = %(s)s", "lots_are_as_born_and_amended"),
    "a lot that nobody received": (
        "INSERT INTO traceability_lot (number, item_id, supplier_lot, supplier_lot_key, received_under, code_source, is_serial, is_untracked, is_imported)"
        " SELECT 'GHOST', item_id, '', '', '', '', false, false, false FROM traceability_lot WHERE id = %(s)s", "lots_are_as_born_and_amended"),
    "a supplier's number that is not found": ("UPDATE traceability_lot SET supplier_lot_key = 'CS26' WHERE id = %(s)s", "supplier_lots_are_found"),
    "a number used twice": (
        "ALTER TABLE traceability_lot DROP CONSTRAINT lot_number_is_unique_per_item; UPDATE traceability_lot SET number = 'S' WHERE number = 'T';"
        "UPDATE traceability_entry SET payload = replace(payload::text, '\"T\"', '\"S\"')::jsonb WHERE payload ? 'born'", "lot_numbers_are_used_once the_guards_stand"),
    "an edited reason of a hold": ("UPDATE traceability_hold SET reason = 'nothing' WHERE placed_in_id = %(scope)s", "holds_are_as_told"),
    "a hold that passes on no more": ("UPDATE traceability_hold SET cascades = false WHERE placed_in_id = %(hold)s", "holds_are_as_told"),
    "a hold lifted in silence": ("UPDATE traceability_hold SET lifted_in_id = %(last)s WHERE placed_in_id = %(scope)s", "holds_are_as_told"),
    "a hold taken away": ("DELETE FROM traceability_hold WHERE placed_in_id = %(hold)s", "holds_are_as_told"),
    "a requirement met in silence": ("UPDATE traceability_requirement SET met_in_id = opened_in_id", "requirements_are_as_told"),
    "a requirement taken away": ("DELETE FROM traceability_requirement", "requirements_are_as_told"),
    "an edited requirement": ("UPDATE traceability_requirement SET what = 'nothing'", "requirements_are_as_told"),
    "an edited link": ("UPDATE traceability_runlot SET quantity = quantity + 1 WHERE run_id = %(run)s AND role = 'output'", "runs_are_what_movements_add_up_to"),
    "a link taken away": ("DELETE FROM traceability_runlot WHERE run_id = %(run)s AND role = 'output'", "runs_are_what_movements_add_up_to"),
    "an edited time of a link": ("UPDATE traceability_runlot SET first_at = first_at + interval '1 second' WHERE run_id = %(run)s AND role = 'output'", "runs_are_what_movements_add_up_to"),
    "a link that no walk passes": ("UPDATE traceability_runlot SET is_passage = false WHERE run_id = %(run)s AND role = 'output'", "runs_are_what_movements_add_up_to"),
    "a run under another order": ("UPDATE traceability_run SET document = 'WO-9' WHERE id = %(run)s", "runs_keep_their_papers"),
    "an edited delivery": ("UPDATE traceability_delivered SET quantity = quantity + 1 WHERE document = 'SH-1'", "deliveries_are_what_movements_add_up_to"),
    "a delivery to another": ("UPDATE traceability_delivered SET party_id = (SELECT id FROM traceability_party WHERE code = 'C-2') WHERE document = 'SH-1'", "deliveries_are_what_movements_add_up_to"),
    "an edited time of a delivery": ("UPDATE traceability_delivered SET last_at = last_at - interval '1 day' WHERE document = 'SH-1'", "deliveries_are_what_movements_add_up_to"),
    "a reason taken away": ("UPDATE traceability_entry SET reason = '' WHERE id = %(scrapped)s", "entries_say_what_they_must"),
    "a party nobody needs to name": ("UPDATE traceability_entry SET kind = 'scrapping' WHERE id = %(sampled)s", "entries_say_what_they_must movements_follow_the_rules"),
    "a second person taken away": ("UPDATE traceability_entry SET second_person_id = NULL, actor_id = %(rhea)s WHERE id = %(lift)s", "two_persons_confirmed"),
    "a record after the fact by one": ("UPDATE traceability_entry SET second_person_id = NULL WHERE id = %(late)s", "two_persons_confirmed"),
    "a maker who decides": ("UPDATE traceability_entry SET actor_id = %(paul)s WHERE id = %(decided)s", "deciders_are_others"),
}  # fmt: skip
# Two entries change places: (one, other).
ORDERS = {
    "moved before it came": ("received", "moved", "nothing_was_ever_negative"),
    "given back before it was issued": ("issued", "returned", "no_run_gave_back_more_than_it_got"),
    "back before it was shipped": ("shipped", "came_back", "nobody_returned_more_than_was_delivered"),
}


def spoken():
    report = verify.verify()
    assert set(report.counts) == {check.name for check in verify.CHECKS}
    assert {finding.check for finding in report.findings} == {
        name for name, count in report.counts.items() if count
    }
    return {name for name, count in report.counts.items() if count}


def test_a_sound_ledger_has_no_findings(story):
    assert verify.verify().findings == []
    reseal()
    assert verify.verify().findings == [], "and sealing it again, as the damage below does, changes nothing"


@pytest.mark.parametrize("damage", GUARDS)
def test_it_finds_a_guard_that_does_not_stand(story, damage):
    statement, check = GUARDS[damage]
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert spoken() == {check}


@pytest.mark.parametrize("damage", ROWS)
def test_it_finds(story, damage):
    statement, checks = ROWS[damage]
    spoil(statement, ids(story))
    reseal()
    assert spoken() == set(checks.split())


@pytest.mark.parametrize("damage", ORDERS)
def test_it_finds_in_the_order(story, damage):
    one, other, check = ORDERS[damage]
    swap(getattr(story, one).seq, getattr(story, other).seq)
    reseal()
    assert spoken() == {check}


def test_without_the_right_hashes_the_chain_speaks_first(story):
    spoil("UPDATE traceability_entry SET reason = 'another' WHERE seq = 2", {})
    report = verify.verify()
    assert {finding.check for finding in report.findings} == {"chain_is_intact"}
    assert "Entry 2 is not what was posted" in report.findings[0].sentence


def test_findings_say_where_in_words_and_are_counted_beyond_the_hundred_that_are_told(story):
    spoil("UPDATE traceability_movement SET entered_quantity = -1 WHERE lot_id = %(s)s", ids(story))
    spoil("INSERT INTO traceability_entrykey (client, key, fingerprint, entry_id) SELECT 'x', 'y' || n, '', 10000 + n FROM generate_series(1, 250) AS n", {})  # fmt: skip
    report = verify.verify(only=["quantities_are_real", "every_entry_has_its_key"])
    assert report.counts["every_entry_has_its_key"] == 250
    assert len([f for f in report.findings if f.check == "every_entry_has_its_key"]) == verify.SHOWN
    said = next(f for f in report.findings if f.check == "quantities_are_real")
    assert (said.seq, said.lot) == (1, "S")
    assert said.sentence == "Entry 1 moves 100 of S, which is no quantity of it."


def test_a_check_that_does_not_exist_is_not_passed_over(story):
    with pytest.raises(KeyError):
        verify.verify(only=["everything_is_fine"])


def test_every_invariant_has_a_check_or_a_reason_and_every_check_a_damage():
    from tests.ledger.test_verify_gates import GATES

    # A4 is proved by comparing with checkpoints: tests/ledger/test_checkpoints.py.
    proved = {invariant for check in verify.CHECKS for invariant in check.invariants} | {"A4"}
    assert proved <= set(NAMES)
    assert set(NAMES) - proved - set(GUARDED_OTHERWISE) == set()
    assert set(GUARDED_OTHERWISE) <= set(NAMES)
    tried = {check for _, checks in (GUARDS | ROWS).values() for check in checks.split()}
    tried |= {check for _, _, check in ORDERS.values()} | {gate.speaks for gate in GATES.values()}
    assert {check.name for check in verify.CHECKS} - tried == {"chain_is_intact"}
    assert all(check.promise.endswith(".") for check in verify.CHECKS)


def ids(story):
    nouns = {name: noun.pk for name, noun in vars(story).items() if hasattr(noun, "pk") and name != "plant"}
    return nouns | {name: person.pk for name, person in story.plant.people.items()}
