"""A verification tells how many findings each check has, why it broke off, and where its checkpoint was taken."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("traceability", "0009_cycle_counts")]
    operations = [
        migrations.AddField(
            "checkpoint", "counts", models.JSONField(null=True, help_text="How many, by check.")
        ),
        migrations.AddField(
            "checkpoint",
            "trouble",
            models.TextField(blank=True, default="", help_text="Why it broke off."),
            preserve_default=False,
        ),
        migrations.AddField(
            "checkpoint",
            "kept_in",
            models.CharField(
                blank=True, default="", max_length=300, help_text="The file it was taken away to."
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "checkpoint",
            "is_full",
            models.BooleanField(default=True, help_text="False: only the last checkpoint was compared."),
        ),
        migrations.AlterField(
            "checkpoint", "findings", models.JSONField(default=list, help_text="The first of them, in words.")
        ),
        migrations.AddIndex("checkpoint", models.Index(fields=["-at"], name="checkpoint_latest")),
    ]
