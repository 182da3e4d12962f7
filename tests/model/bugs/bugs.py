"""The list: what was changed for the worse, and the scenario that falls. What a scenario says is true without the bug."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from production.services import making, using
from qc.services import disposing
from tests.model.bugs.changes import (
    RETURNS_RELEASED,
    STALE_CHAIN,
    Bug,
    added,
    as_sent,
    both,
    by_timestamp,
    chosen_before_the_lock,
    counted_twice,
    cut_at,
    entry,
    first_run_of_the_order,
    gate_in_the_statement_of_the_lock,
    in_floats,
    in_stock_alone,
    in_utc,
    no_deeper_than,
    nobody_else,
    nothing,
    one_client,
    only_outputs,
    own_order,
    quantities_left_out,
    value,
    without,
)
from tests.model.bugs.patching import instead, said
from tests.model.scenarios import gates, genealogy, keys, quantities, together
from traceability import genealogy as walks
from traceability.ledger import (
    claims,
    digest,
    gate,
    holding,
    inheritance,
    locks,
    posting,
    projections,
    promises,
    rules,
    writing,
)
from traceability.models import EntryKind


@dataclass(frozen=True)
class Deliberate:
    name: str
    bug: Bug
    caught_by: Callable[[Any], None]
    commits: bool = False  # the scenario needs connections of its own


BUGS: list[Deliberate] = [
    # Locks
    Deliberate("lots are not locked to use them", lambda: said(" FOR SHARE", ""), together.a_hold_waits_for_whoever_has_passed_the_gate, True),
    Deliberate("balances are not locked", lambda: said(" FOR UPDATE OF b", ""), together.two_shippers_of_one_pallet, True),
    Deliberate("runs are not locked while a hold passes through", lambda: instead(holding, "lock_runs", nothing()),
               together.nothing_slips_out_between_the_walk_and_the_hold, True),
    Deliberate("everybody locks in an order of their own", lambda: instead(locks, "_lock", own_order()),
               together.two_who_hold_the_same_lots_the_other_way_round, True),
    Deliberate("the gate is read in the statement that locks", gate_in_the_statement_of_the_lock, together.a_hold_that_comes_first_wins, True),
    Deliberate("an older picture may post", lambda: instead(claims, "_check_isolation", nothing()), together.who_looks_at_an_older_picture_posts_nothing, True),
    Deliberate("the chain is read before the head is locked", lambda: said("h.chain || sha256(", STALE_CHAIN),
               together.an_entry_follows_the_one_that_was_there_when_it_got_its_number, True),
    Deliberate("the lots of a hold are chosen before they are locked", lambda: instead(holding, "_new_holds", chosen_before_the_lock),
               together.one_paper_is_one_hold, True),
    Deliberate("a second sender does not wait for the key", lambda: said(" ON CONFLICT (client, key) DO NOTHING", ""),
               together.one_request_sent_twice_at_once_is_one_entry, True),
    Deliberate("whether it is reversed already is asked before the lock alone", lambda: instead(posting, "_as_refusal", lambda before: lambda error, drafts: error),
               together.a_count_is_reversed_once, True),
    # Gates
    Deliberate("the gate is forgotten", lambda: instead(gate, "check_usable", nothing()), gates.a_held_lot_is_neither_issued_nor_shipped),
    Deliberate("the gate forgets holds", lambda: said("EXISTS (SELECT FROM traceability_hold WHERE lot_id = ANY(%s) AND lifted_in_id IS NULL)",
                                                     "EXISTS (SELECT FROM traceability_hold WHERE lot_id = ANY(%s) AND false)"),
               gates.a_held_lot_is_neither_issued_nor_shipped),
    Deliberate("the gate forgets the status", lambda: instead(gate, "_check_status_and_expiry", nothing()), gates.what_is_not_released_is_not_used),
    Deliberate("a lot expires with the day in Greenwich", lambda: instead(gate, "local_day", in_utc), gates.a_lot_expires_with_the_day_of_the_site),
    Deliberate("the apps ask the gate, the line does not", lambda: instead(posting.gate, "ask", lambda before: lambda *args: gate.Facts(False, False, False)),
               gates.an_issue_by_the_line_is_gated_as_well),
    Deliberate("a record after the fact needs nobody", lambda: instead(rules, "_check_after_the_fact", nothing()),
               gates.a_record_after_the_fact_has_a_reason_and_a_second_person),
    Deliberate("the second person may be the same", lambda: instead(posting, "_check_draft", nobody_else), gates.the_second_person_is_another),
    Deliberate("the decider may be the receiver", lambda: instead(disposing, "check_persons", nothing()), gates.whoever_received_a_lot_does_not_decide_on_it),
    Deliberate("what comes back is released", lambda: entry(rules.RULES, EntryKind.CUSTOMER_RETURN, RETURNS_RELEASED),
               gates.what_comes_back_from_a_customer_waits_for_quality_control),
    Deliberate("a rejection is looked at again", lambda: added(rules.DECISIONS, ("rejected", "quarantine")),
               gates.what_is_rejected_does_not_go_back_to_be_looked_at),
    Deliberate("promises to others are ignored", lambda: instead(promises, "settle", nothing()), gates.a_promise_to_another_is_minded),
    Deliberate("a reversal passes the gate", lambda: instead(gate, "check_nothing_held_goes_out", nothing()),
               gates.a_reversal_does_not_put_a_held_lot_back_into_production),
    Deliberate("a hold is lifted as often as one likes", lambda: instead(writing, "_lift_holds", lambda before: lambda draft: sorted(h.pk for h in draft.lifts)),
               gates.a_hold_is_lifted_once),
    # Holds that pass on
    Deliberate("an output inherits no hold", lambda: instead(inheritance, "find", nothing({})), gates.what_is_made_of_a_held_lot_is_held),
    Deliberate("what was made of the output is forgotten", lambda: instead(inheritance, "_reached", only_outputs),
               gates.what_was_made_further_down_already_is_held_too),
    Deliberate("every hold cascades", lambda: instead(holding, "_new_holds", lambda before: lambda lots, **rest: before(lots, **(rest | {"cascades": True}))),
               gates.a_hold_that_does_not_cascade_stays_where_it_is),
    Deliberate("a scope hold reaches what is in stock alone", lambda: instead(holding, "where_used", in_stock_alone),
               gates.a_scope_hold_reaches_what_is_used_up_or_gone),
    # Quantities
    Deliberate("the balance is not checked", lambda: instead(projections, "check", nothing()), quantities.no_more_goes_than_is_there),
    Deliberate("quantities are floats", lambda: instead(projections, "check", in_floats), quantities.tenths_add_up_exactly),
    Deliberate("a reversal counts twice", lambda: instead(projections, "apply", counted_twice), quantities.a_reversed_shipment_is_back_once),
    Deliberate("the mass balance adds a reversal", lambda: said("r.id IS NOT NULL, SUM(m.quantity)", "false, SUM(m.quantity)"),
               quantities.the_mass_balance_takes_a_reversal_back),
    Deliberate("what a run got is not minded", lambda: instead(projections, "_check_link", nothing()), quantities.a_run_gives_back_no_more_than_it_got),
    Deliberate("what a customer got is not minded", lambda: instead(projections, "_check_line", nothing()),
               quantities.a_customer_sends_back_no_more_than_they_got),
    Deliberate("where a serial is, is not asked", lambda: instead(posting, "_check_serials", nothing()), quantities.a_serial_is_in_one_place),
    Deliberate("the digest is of what was sent", lambda: instead(digest, "exact", as_sent), quantities.what_is_hashed_is_what_is_stored),
    Deliberate("the door stays open", lambda: instead(writing, "write_entry", lambda before: lambda *args, is_last: before(*args, is_last=False)),
               quantities.after_a_post_the_door_is_shut),
    # Genealogy
    Deliberate("the walk has a limit", lambda: instead(walks, "_found", cut_at(100)), genealogy.a_fan_is_not_cut),
    Deliberate("the walk has a depth", lambda: instead(walks, "_found", no_deeper_than(50)), genealogy.no_depth_is_too_deep),
    Deliberate("links of nothing are followed", lambda: instead(walks, "_conditions", without("quantity > 0")), genealogy.what_was_returned_unused_was_never_in_it),
    Deliberate("a reversal leaves its link", lambda: instead(projections, "_apply_links", lambda before: lambda draft, *rest: draft.reverses or before(draft, *rest)),
               genealogy.what_was_reversed_does_not_lead_on),
    Deliberate("narrow includes what was inferred", lambda: instead(walks, "_conditions", without("inferred")), genealogy.narrow_leaves_inferred_links_out),
    Deliberate("contains now ignores what was taken out", lambda: instead(walks, "_conditions", without("removed")),
               genealogy.what_was_taken_out_is_not_in_it_now),
    Deliberate("what is late counts as timed", lambda: value(posting, "BACKDATED", timedelta(days=9999)),
               genealogy.what_is_written_down_late_may_have_happened_any_time),
    Deliberate("what is inferred counts as timed", lambda: value(projections, "Evidence", SimpleNamespace(INFERRED="never", IMPORTED="never")),
               genealogy.what_is_inferred_may_have_happened_any_time),
    Deliberate("time is forgotten", lambda: said("n.last_at >= w.since AND f.last_at >= GREATEST(w.since, n.first_at)", "true"),
               genealogy.what_came_out_before_the_suspect_went_in_is_clear),
    Deliberate("as of is a timestamp", lambda: value(walks, "_LATER", by_timestamp), genealogy.as_of_a_seq_is_what_was_on_record_then),
    Deliberate("a part is in every unit of the order", lambda: both(lambda: instead(using, "run_of", first_run_of_the_order),
                                                                   lambda: instead(making, "run_of", first_run_of_the_order))(),
               genealogy.a_part_is_in_its_unit_and_in_no_other_of_the_order),
    Deliberate("the walk goes through what is not tracked", lambda: instead(walks, "_conditions", without("is_passage")),
               genealogy.a_walk_stops_at_what_is_not_tracked_and_says_so),
    # Keys
    Deliberate("the fingerprint leaves the lines out", lambda: instead(posting, "_sent", quantities_left_out), keys.the_same_key_for_another_quantity_is_refused),
    Deliberate("a key is a key, whoever sends it", lambda: instead(posting, "claim", one_client), keys.two_clients_may_use_the_same_key),
]  # fmt: skip
