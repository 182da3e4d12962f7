"""Electronic signatures: who signed what, as it was, and what the signature meant. Only added to."""

from django.db import models
from django.db.models import Q

from traceability.models.keyed import Keyed


class Meaning(models.TextChoices):
    AUTHORSHIP = "authorship", "Drew it up"
    REVIEW = "review", "Reviewed it"
    APPROVAL = "approval", "Approved it"
    RELEASE = "release", "Released it"
    REJECTION = "rejection", "Rejected it"
    SECOND_PERSON = "second_person", "Agreed to it, as the second person"
    RESPONSIBILITY = "responsibility", "Takes responsibility for it"


class ProvedBy(models.TextChoices):
    PASSWORD = "password", "Password"
    NAME_AND_PASSWORD = "name_and_password", "Name and password"
    PIN = "pin", "Badge and PIN"


class SignatureQuerySet(models.QuerySet["Signature"]):
    def about(self, kind: str, key: object) -> "SignatureQuerySet":
        return self.filter(subject_kind=kind, subject=str(key))


class Signature(Keyed):
    """The printed name is copied, because a name may change. `sha256` is of `content`: what was signed, in canonical form."""

    Meaning = Meaning

    subject_kind = models.CharField(max_length=24, db_collation="C")
    subject = models.CharField(max_length=40, db_collation="C")
    version = models.CharField(
        max_length=40, blank=True, help_text="The revision of the record, if it has one."
    )
    content = models.TextField(help_text="What was signed: JSON with sorted names and no blanks.")
    sha256 = models.CharField(max_length=64, db_collation="C")
    meaning = models.CharField(max_length=16, choices=Meaning.choices)
    signer = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="signatures")
    printed_name = models.CharField(max_length=80)
    proved_by = models.CharField(max_length=20, choices=ProvedBy.choices)
    signed_at = models.DateTimeField(auto_now_add=True)
    time_zone = models.CharField(max_length=64, help_text="In which the signer reads the clock.")

    objects = SignatureQuerySet.as_manager()

    class Meta(Keyed.Meta):
        ordering = ["id"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(condition=~Q(printed_name=""), name="signature_has_a_printed_name"),
        ]
        indexes = [models.Index(fields=["subject_kind", "subject", "id"], name="signature_of_subject")]

    def __str__(self) -> str:
        return f"{self.printed_name}: {self.get_meaning_display().lower()}"
