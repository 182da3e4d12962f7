"""Who changed what in a plan, and why, is noted by the database."""

from django.db import migrations

from traceability import noting


class Migration(migrations.Migration):
    dependencies = [("qc", "0002_results_are_only_added_to"), ("traceability", "0014_changes_of_masters")]
    operations = [
        noting.table("qc_plan", kind="plan"),
        noting.table("qc_plan_items", kind="plan", key="plan_id"),
        noting.table("qc_plan_locations", kind="plan", key="plan_id"),
        noting.table("qc_characteristic", kind="plan", key="plan_id"),
        noting.table(
            "qc_characteristiclimit",
            kind="plan",
            key="characteristic_id",
            through=("qc_characteristic", "plan_id"),
        ),
        noting.table("qc_instrument", kind="instrument"),
    ]
