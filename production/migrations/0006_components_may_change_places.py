"""Two components of a BOM may change places in one transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("production", "0005_revisions_of_boms")]

    operations = [
        migrations.RemoveConstraint(model_name="bomcomponent", name="bom_component_has_its_position"),
        migrations.AddConstraint(
            model_name="bomcomponent",
            constraint=models.UniqueConstraint(
                fields=("bom", "position"),
                name="bom_component_has_its_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ),
    ]
