"""Who changed what in a BOM, and why, is noted by the database."""

from django.db import migrations

from traceability import noting


class Migration(migrations.Migration):
    dependencies = [
        ("production", "0003_orders_stop_reopen_and_close_by_two"),
        ("traceability", "0014_changes_of_masters"),
    ]
    operations = [
        noting.table("production_bom", kind="bom"),
        noting.table("production_bomcomponent", kind="bom", key="bom_id"),
        noting.table("production_bomoutput", kind="bom", key="bom_id"),
        noting.table(
            "production_bomcomponent_alternatives",
            kind="bom",
            key="bomcomponent_id",
            through=("production_bomcomponent", "bom_id"),
        ),
    ]
