"""The database refuses by itself: append-only tables, the door's flag, foreign keys in time, and what each role may do.

Triggers are ENABLE ALWAYS, so that `session_replication_role = replica` does not pass them, and they mind TRUNCATE.
"""

import os

from django.db import migrations

from traceability.ledger.digest import GENESIS

APPEND_ONLY = ("entry", "movement", "entrykey")
PROJECTIONS = ("balance", "runlot", "delivered", "hold", "requirement", "reservation", "ledgerhead", "lot")
KEPT = ("run",)

# (table, column, target, deferred): checked when the row is written, so that nothing is left to check under the head lock.
# Only the entry itself comes after its movements.
KEYS = (
    ("movement", "entry_id", "entry", True),
    ("movement", "lot_id", "lot", False),
    ("movement", "origin_id", "location", False),
    ("movement", "destination_id", "location", False),
    ("movement", "origin_container_id", "container", False),
    ("movement", "destination_container_id", "container", False),
    ("movement", "run_id", "run", False),
    ("entrykey", "entry_id", "entry", True),
    ("balance", "lot_id", "lot", False),
    ("balance", "location_id", "location", False),
    ("balance", "container_id", "container", False),
    ("runlot", "run_id", "run", False),
    ("runlot", "lot_id", "lot", False),
    ("delivered", "party_id", "party", False),
    ("delivered", "lot_id", "lot", False),
)

FUNCTIONS = """
CREATE FUNCTION lotline_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Refused: % on %. The ledger is only added to, through traceability.ledger.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LL001';
END $$;

CREATE FUNCTION lotline_door() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF COALESCE(current_setting('lotline.door', true), '') <> 'open' THEN
        RAISE EXCEPTION 'Refused: % on % outside traceability.ledger.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LL002';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION lotline_lot_keeps_its_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.item_id, NEW.number, NEW.supplier_id, NEW.owner_id, NEW.is_serial, NEW.is_untracked)
       IS DISTINCT FROM (OLD.id, OLD.item_id, OLD.number, OLD.supplier_id, OLD.owner_id, OLD.is_serial, OLD.is_untracked) THEN
        RAISE EXCEPTION 'Refused: a lot keeps its identity.' USING ERRCODE = 'LL003';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION lotline_hold_is_lifted_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.lifted_in_id IS NOT NULL OR (NEW.id, NEW.lot_id, NEW.cause, NEW.reason, NEW.reference, NEW.cascades, NEW.inherited_from_id, NEW.placed_in_id)
       IS DISTINCT FROM (OLD.id, OLD.lot_id, OLD.cause, OLD.reason, OLD.reference, OLD.cascades, OLD.inherited_from_id, OLD.placed_in_id) THEN
        RAISE EXCEPTION 'Refused: a hold changes only by being lifted, once.' USING ERRCODE = 'LL003';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION lotline_requirement_is_met_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.met_in_id IS NOT NULL OR (NEW.id, NEW.lot_id, NEW.run_id, NEW.document, NEW.stage, NEW.what, NEW.is_blocking, NEW.opened_in_id)
       IS DISTINCT FROM (OLD.id, OLD.lot_id, OLD.run_id, OLD.document, OLD.stage, OLD.what, OLD.is_blocking, OLD.opened_in_id) THEN
        RAISE EXCEPTION 'Refused: a requirement changes only by being met, once.' USING ERRCODE = 'LL003';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION lotline_head_moves_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> OLD.seq + 1 OR NEW.recorded_at < OLD.recorded_at OR (NEW.is_seeding AND NOT OLD.is_seeding) THEN
        RAISE EXCEPTION 'Refused: the head moves by one entry, forward in time.' USING ERRCODE = 'LL003';
    END IF;
    RETURN NEW;
END $$;
"""

ROW_GUARDS = (
    ("lot", "lotline_lot_keeps_its_identity"),
    ("hold", "lotline_hold_is_lifted_once"),
    ("requirement", "lotline_requirement_is_met_once"),
    ("ledgerhead", "lotline_head_moves_by_one"),
)


def guard(apps, editor):
    run = editor.execute
    run("CREATE SEQUENCE traceability_entry_id AS bigint")
    for table, column, target, deferred in KEYS:
        when = "DEFERRABLE INITIALLY DEFERRED" if deferred else "NOT DEFERRABLE"
        run(
            f"ALTER TABLE traceability_{table} ADD CONSTRAINT {table}_{column}_fk FOREIGN KEY ({column})"
            f" REFERENCES traceability_{target} (id) {when}"
        )
    run("INSERT INTO traceability_ledgerhead (id, seq, chain, is_seeding) VALUES (1, 0, %s, true)", [GENESIS])
    run(FUNCTIONS.replace("%", "%%"), [])
    for table in APPEND_ONLY:
        trigger(
            run,
            table,
            "is_only_added_to",
            "BEFORE UPDATE OR DELETE OR TRUNCATE",
            "STATEMENT",
            "lotline_refuse",
        )
        trigger(run, table, "is_written_by_the_door", "BEFORE INSERT", "STATEMENT", "lotline_door")
    for table in PROJECTIONS:
        trigger(run, table, "is_never_deleted", "BEFORE DELETE OR TRUNCATE", "STATEMENT", "lotline_refuse")
        trigger(run, table, "is_written_by_the_door", "BEFORE INSERT OR UPDATE", "STATEMENT", "lotline_door")
    for table in KEPT:
        trigger(run, table, "is_never_deleted", "BEFORE DELETE OR TRUNCATE", "STATEMENT", "lotline_refuse")
    for table, function in ROW_GUARDS:
        trigger(run, table, "changes_only_as_it_may", "BEFORE UPDATE", "ROW", function)
    grant(editor)


def trigger(run, table, name, when, level, function):
    run(
        f"CREATE TRIGGER {table}_{name} {when} ON traceability_{table} FOR EACH {level} EXECUTE FUNCTION {function}()"
    )
    run(f"ALTER TABLE traceability_{table} ENABLE ALWAYS TRIGGER {table}_{name}")


def grant(editor):
    """The application's role: all on ordinary tables, INSERT and SELECT on the ledger, no DELETE on what it adds up to."""
    role = os.environ.get("LOTLINE_APP_ROLE", "lotline_app")
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
        owner, exists = cursor.fetchone()
    if not exists or owner == role:
        return  # One role for all, as on a developer's own server: the triggers still hold. `check --deploy` says so.
    app, run = editor.quote_name(role), editor.execute
    run(f"GRANT USAGE ON SCHEMA public TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}")
    run(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}")
    run(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}")
    run(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}")
    for table in APPEND_ONLY:
        run(f"REVOKE UPDATE, DELETE, TRUNCATE ON traceability_{table} FROM {app}")
    run(f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {app}")
    for table in (*PROJECTIONS, *KEPT):
        run(f"REVOKE DELETE, TRUNCATE ON traceability_{table} FROM {app}")


class Migration(migrations.Migration):
    dependencies = [("traceability", "0001_initial")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop, elidable=False)]
