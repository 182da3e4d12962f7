"""Notices to customers, and all that was said about each. What was said is only added to."""

from collections.abc import Collection

from django.db import models
from django.db.models import Q

from recalls.models.cases import Recall, RecallQuerySet
from traceability.models.keyed import Keyed
from traceability.models.reading import OfSites


class NoticeQuerySet(OfSites["Notice"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        return Q(recall__in=Recall.objects.filter(RecallQuerySet.at_sites(sites)))


class Notice(models.Model):
    """To one customer, of one frozen revision: `lines` are their own lots and quantities only, as they were then."""

    recall = models.ForeignKey("recalls.Recall", on_delete=models.PROTECT, related_name="notices")
    revision = models.ForeignKey("recalls.ScopeRevision", on_delete=models.PROTECT, related_name="notices")
    party = models.ForeignKey("traceability.Party", on_delete=models.PROTECT, related_name="recall_notices")
    lines = models.JSONField(default=list)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["party__code", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "party"], name="notice_is_made_once_for_a_customer")
        ]

    def __str__(self) -> str:
        return f"{self.recall}, {self.party}"


class Contact(models.TextChoices):
    LETTER = "letter", "Letter sent"
    EMAIL = "email", "E-mail sent"
    CALL = "call", "Called, reached"
    NO_ANSWER = "no_answer", "Called, no answer"
    REPLY = "reply", "Reply received"


class NoticeEvent(Keyed):
    """One letter, mail, call or reply. `amounts` of a reply, by unit: on_hand, destroyed, passed_on."""

    Kind = Contact

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=9, choices=Contact.choices)
    at = models.DateTimeField()
    recorded_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    spoke_to = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    amounts = models.JSONField(default=dict)

    class Meta(Keyed.Meta):
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.notice}"
