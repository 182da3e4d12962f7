"""A1 and whatever the database promises by itself: that its guards stand as the migrations set them up.

The checks of what is stored say that nothing went wrong; this one says that it still cannot.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from traceability.ledger.verify.findings import Query, check

APPEND_ONLY = ("entry", "movement", "entrykey")
PROJECTIONS = ("balance", "runlot", "delivered", "hold", "requirement", "reservation", "ledgerhead", "lot")
KEPT = ("run",)

# pg_trigger.tgtype: row 1, before 2, insert 4, delete 8, update 16, truncate 32.
TRIGGERS = (
    *((table, "is_only_added_to", 2 + 8 + 16 + 32, "lotline_refuse") for table in APPEND_ONLY),
    *((table, "is_written_by_the_door", 2 + 4, "lotline_door") for table in APPEND_ONLY),
    *((table, "is_never_deleted", 2 + 8 + 32, "lotline_refuse") for table in (*PROJECTIONS, *KEPT)),
    *((table, "is_written_by_the_door", 2 + 4 + 16, "lotline_door") for table in PROJECTIONS),
    ("lot", "changes_only_as_it_may", 1 + 2 + 16, "lotline_lot_keeps_its_identity"),
    ("hold", "changes_only_as_it_may", 1 + 2 + 16, "lotline_hold_is_lifted_once"),
    ("requirement", "changes_only_as_it_may", 1 + 2 + 16, "lotline_requirement_is_met_once"),
    ("ledgerhead", "changes_only_as_it_may", 1 + 2 + 16, "lotline_head_moves_by_one"),
)
# md5 of what each function does, as the migrations made it.
FUNCTIONS = {
    "lotline_refuse": "3430ec50bccbfd1c56d8e36b8804c47f",
    "lotline_door": "83732c4b47e91d78bb0a2168809e07db",
    "lotline_lot_keeps_its_identity": "a66753a738635577dd9fb1f43c34d513",
    "lotline_hold_is_lifted_once": "1188bbb453fb3a69184cd3406386e5e7",
    "lotline_requirement_is_met_once": "d0ed63d05fd82ca327e40f42abfff259",
    "lotline_head_moves_by_one": "60bd909036eeed40b9354c04b1e7ac76",
}
CONSTRAINTS = (
    "entry_seq_starts_at_one", "entry_second_person_is_another", "entry_reverses_something_if_it_is_a_reversal", "entry_key_is_used_once",
    "movement_quantity_is_positive", "movement_sign_is_plus_or_minus_one", "movement_with_a_run_role_names_its_run", "movement_entry_id_fk",
    "entrykey_entry_id_fk", "balance_is_one_row_per_place", "balance_is_never_negative", "balance_of_a_serial_is_at_most_one",
    "run_lot_is_one_row_per_role", "run_lot_is_never_negative", "run_lot_removes_at_most_what_went_in", "delivered_is_one_row_per_line",
    "delivered_is_never_negative", "delivered_returns_at_most_what_went", "lot_number_is_unique_per_item", "lot_supplier_lot_has_its_search_form",
    "reservation_is_never_negative", "ledger_head_is_one_row",
)  # fmt: skip
INDEXES = ("balance_of_a_serial_is_in_one_place", "lot_untracked_exists_once_per_item")


@check("A1", "A2", "B2", "B10", "C1")
def the_guards_stand() -> Iterable[Query]:
    """Triggers, constraints and the application's rights are as the migrations set them up."""
    yield Query(
        f"""
        SELECT want.tab || ': ' || want.name AS what
        FROM (VALUES {", ".join(f"('{table}', '{name}', {kind}, '{function}', '{FUNCTIONS[function]}')" for table, name, kind, function in TRIGGERS)})
            AS want (tab, name, kind, function, body)
        WHERE NOT EXISTS (
            SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE t.tgrelid = to_regclass('traceability_' || want.tab) AND t.tgname = want.tab || '_' || want.name
            AND t.tgtype = want.kind AND t.tgenabled = 'A' AND t.tgqual IS NULL AND p.proname = want.function AND md5(p.prosrc) = want.body)""",
        "The trigger {what} is missing, changed or disabled: the database would not refuse by itself.",
    )
    yield Query(
        """
        SELECT name FROM unnest(%(names)s::text[]) AS name
        WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = name AND c.convalidated AND c.connamespace = 'public'::regnamespace)
        UNION SELECT name FROM unnest(%(indexes)s::text[]) AS name
        WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = to_regclass(name) AND i.indisvalid AND i.indisunique)""",
        "The constraint {name} is missing or was never proved.",
        {"names": list(CONSTRAINTS), "indexes": list(INDEXES)},
    )
    # The owner of the tables may do everything: where one role serves for all, `check --deploy` says so.
    yield Query(
        """
        SELECT r.rolname AS role, t.name, p AS right FROM pg_roles r
        CROSS JOIN (SELECT unnest(%(added)s::text[]) AS name, ARRAY['UPDATE', 'DELETE', 'TRUNCATE'] AS rights
                    UNION ALL SELECT unnest(%(kept)s::text[]), ARRAY['DELETE', 'TRUNCATE']) AS t
        CROSS JOIN LATERAL unnest(t.rights) AS p JOIN pg_class c ON c.oid = to_regclass('traceability_' || t.name)
        WHERE r.rolname IN (%(app)s, current_user) AND NOT r.rolsuper AND NOT pg_has_role(r.oid, c.relowner, 'MEMBER')
        AND has_table_privilege(r.oid, c.oid, p)""",
        "The role {role} has the right to {right} on {name}.",
        {
            "added": list(APPEND_ONLY),
            "kept": [*PROJECTIONS, *KEPT],
            "app": os.environ.get("LOTLINE_APP_ROLE", "lotline_app"),
        },
    )
