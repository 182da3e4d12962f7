"""Files that belong to something: a certificate, a photo of a pallet, a packing list. Only added to; removed is a mark."""

from collections.abc import Iterable

from django.db import models
from django.db.models import Q

from traceability.models.keyed import Keyed


class AttachmentKind(models.TextChoices):
    CERTIFICATE = "certificate", "Certificate of analysis"
    PHOTO = "photo", "Photo"
    PACKING_LIST = "packing_list", "Packing list"
    LABORATORY = "laboratory", "Laboratory report"
    OTHER = "other", "Other"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def about(self, kind: str, key: object) -> "AttachmentQuerySet":
        return self.filter(subject_kind=kind, subject=str(key))

    def about_any(self, subjects: Iterable[tuple[str, object]]) -> "AttachmentQuerySet":
        found = Q(pk__in=[])
        for kind, key in subjects:
            found |= Q(subject_kind=kind, subject=str(key))
        return self.filter(found)

    def standing(self) -> "AttachmentQuerySet":
        return self.filter(removed_at__isnull=True)


class Attachment(Keyed):
    """One file about one subject. The file lies under MEDIA_ROOT by a random name; its SHA-256 stands here."""

    Kind = AttachmentKind

    subject_kind = models.CharField(
        max_length=24, db_collation="C", help_text="What it is about: lot, receipt …"
    )
    subject = models.CharField(
        max_length=40, db_collation="C", help_text="Which one: the number on the paper, or the id."
    )
    site = models.ForeignKey(
        "traceability.Site", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=12, choices=AttachmentKind.choices, default=AttachmentKind.OTHER)
    note = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=120, help_text="The file's own name, made harmless.")
    media_type = models.CharField(max_length=80)
    size = models.BigIntegerField(help_text="Bytes, as stored.")
    sha256 = models.CharField(max_length=64, db_collation="C", help_text="Of the file as stored.")
    sent_sha256 = models.CharField(
        max_length=64, db_collation="C", help_text="Of the file as it came; pictures are drawn anew."
    )
    stored_as = models.CharField(max_length=80, unique=True)
    view_as = models.CharField(max_length=80, blank=True)
    thumbnail_as = models.CharField(max_length=80, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    added_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    removed_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_because = models.CharField(max_length=200, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["-added_at", "-id"]
        constraints = [
            *Keyed.Meta.constraints,
            models.UniqueConstraint(
                fields=["subject_kind", "subject", "sent_sha256"],
                condition=Q(removed_at__isnull=True),
                name="attachment_is_on_its_subject_once",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by__isnull=True, removed_because="")
                | (Q(removed_at__isnull=False, removed_by__isnull=False) & ~Q(removed_because="")),
                name="attachment_is_removed_by_somebody_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject", "-id"], name="attachment_of_subject"),
            models.Index(fields=["added_by", "added_at"], name="attachment_by_person"),
            models.Index(fields=["sha256"], name="attachment_by_hash"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return bool(self.thumbnail_as)
