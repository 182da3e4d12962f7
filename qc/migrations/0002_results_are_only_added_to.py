"""A result is evidence: the database itself refuses to change or delete one."""

from django.db import migrations

GUARD = """
CREATE TRIGGER qc_result_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON qc_result FOR EACH STATEMENT EXECUTE FUNCTION lotline_refuse();
ALTER TABLE qc_result ENABLE ALWAYS TRIGGER qc_result_is_only_added_to;
"""


class Migration(migrations.Migration):
    dependencies = [("qc", "0001_plans_inspections_results"), ("traceability", "0002_guard_the_ledger")]
    operations = [
        migrations.RunSQL(GUARD, "DROP TRIGGER qc_result_is_only_added_to ON qc_result;", elidable=False)
    ]
