"""What a person wants to be told, how far they have looked, and the mail of the day. The alerts themselves are asked of the facts."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q


class AlertSetting(models.Model):
    """One person and one kind of alert. Empty means as usual for that kind."""

    person = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="alert_settings")
    kind = models.CharField(max_length=40)
    is_on = models.BooleanField(null=True, blank=True)
    by_mail = models.BooleanField(null=True, blank=True)
    threshold = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Hours or days, as the kind counts."
    )
    seen_until = models.DateTimeField(null=True, blank=True, help_text="Everything up to here has been seen.")
    seen_keys = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="Seen one by one, after that moment."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="alert_setting_is_made_once"),
        ]

    def __str__(self) -> str:
        return self.kind


class Digest(models.Model):
    """The mail of the day for one person. `covered_until` moves only after a mail has left, so nothing is left out."""

    person = models.OneToOneField("traceability.Person", on_delete=models.PROTECT, related_name="digest")
    is_on = models.BooleanField(default=True)
    hour = models.PositiveSmallIntegerField(
        default=7, validators=[MaxValueValidator(23)], help_text="At the person's site."
    )
    covered_until = models.DateTimeField(null=True, blank=True)
    looked_on = models.DateField(null=True, blank=True, help_text="The day this was last looked at.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(hour__lte=23), name="digest_hour_is_an_hour"),
        ]

    def __str__(self) -> str:
        return f"Digest of {self.person_id}"
