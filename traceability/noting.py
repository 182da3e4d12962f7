"""SQL that makes the database note every change of a table of master data. Used by migrations.

    operations = [noting.table("traceability_item", kind="item"), noting.table("traceability_itemunit", kind="item", key="item_id")]

The trigger's function runs as the owner and only as a trigger, so the application, which may read the notes, can neither
write, change nor delete one; it catches bulk updates and raw SQL too. Who and why come from pghistory's context, which sends
them along with each statement.
"""

from __future__ import annotations

from django.db import migrations

FUNCTION = """
CREATE FUNCTION lotline_note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was jsonb; is_now jsonb; said jsonb; held jsonb; about text; part text;
    told_before jsonb; told_after jsonb;
BEGIN
    IF TG_OP <> 'INSERT' THEN was := to_jsonb(OLD) - string_to_array(TG_ARGV[3], ','); END IF;
    IF TG_OP <> 'DELETE' THEN is_now := to_jsonb(NEW) - string_to_array(TG_ARGV[3], ','); END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(key, value) INTO told_before FROM jsonb_each(was) WHERE is_now -> key IS DISTINCT FROM value;
        SELECT jsonb_object_agg(key, value) INTO told_after FROM jsonb_each(is_now) WHERE was -> key IS DISTINCT FROM value;
        IF told_before IS NULL AND told_after IS NULL THEN RETURN NULL; END IF;
    ELSE
        told_before := was; told_after := is_now;
    END IF;
    FOREACH part IN ARRAY string_to_array(TG_ARGV[2], ',') LOOP
        IF told_before ? part THEN told_before := jsonb_set(told_before, ARRAY[part], '"(hidden)"'); END IF;
        IF told_after ? part THEN told_after := jsonb_set(told_after, ARRAY[part], '"(hidden)"'); END IF;
    END LOOP;
    held := COALESCE(is_now, was);
    about := held ->> TG_ARGV[1];
    IF TG_NARGS > 4 THEN
        EXECUTE format('SELECT %I::text FROM %I WHERE id = $1', TG_ARGV[5], TG_ARGV[4]) INTO about USING about::bigint;
    END IF;
    said := NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb;
    INSERT INTO traceability_change (at, subject_kind, subject, "table", "row", verb, before, after, actor_id, reason, request, login)
    VALUES (clock_timestamp(), TG_ARGV[0], COALESCE(about, ''), TG_TABLE_NAME, held ->> 'id',
        CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END, told_before, told_after,
        CASE WHEN said ->> 'user' ~ '^[0-9]{1,18}$' THEN (said ->> 'user')::bigint END, COALESCE(said ->> 'reason', ''),
        CASE WHEN said IS NOT NULL THEN NULLIF(current_setting('pghistory.context_id', true), '')::uuid END, session_user);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION lotline_note_change() FROM PUBLIC;
CREATE TRIGGER change_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON traceability_change FOR EACH STATEMENT EXECUTE FUNCTION lotline_refuse();
ALTER TABLE traceability_change ENABLE ALWAYS TRIGGER change_is_only_added_to;
"""


def table(
    name: str,
    *,
    kind: str,
    key: str = "id",
    hidden: str = "",
    ignored: str = "",
    through: tuple[str, str] | None = None,
) -> migrations.RunSQL:
    """Note the changes of a table under a kind of subject. `key` is the column that names the subject.

    `hidden` columns are noted without their values, `ignored` ones not at all. `through` is (table, column) where `key`
    names a row whose column names the subject (a substitute → its component → the BOM).
    """
    arguments = ", ".join(f"'{word}'" for word in (kind, key, hidden, ignored, *(through or ())))
    return migrations.RunSQL(
        f"CREATE TRIGGER {name}_is_noted AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION lotline_note_change({arguments});"
        f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {name}_is_noted;",
        f"DROP TRIGGER {name}_is_noted ON {name};",
        elidable=False,
    )
