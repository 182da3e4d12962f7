"""Recall cases: what they start from, the frozen revisions of their scope, and the log. Revisions and log are only added to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from traceability.models import Balance, Hold
from traceability.models.reading import OfSites

if TYPE_CHECKING:
    from recalls.scope import Scope


class RecallStatus(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class RecallQuerySet(OfSites["Recall"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """A case concerns a site when it starts from a lot that was there, or holds one."""
        here = Balance.objects.filter(location__site__in=sites)
        starts = RecallStart.objects.filter(recall=OuterRef("pk"), lot__in=here.values("lot"))
        held = Hold.objects.filter(reference=OuterRef("number"), lot__in=here.values("lot"))
        return Q(Exists(starts)) | Q(Exists(held))

    def open(self) -> RecallQuerySet:
        return self.filter(status=RecallStatus.OPEN)


class Recall(models.Model):
    """A case. A mock runs on the same road, holds nothing unless asked, and says so everywhere."""

    Status = RecallStatus

    number = models.CharField(max_length=40, unique=True, db_collation="C", help_text="RC-26-004")
    title = models.CharField(max_length=160)
    hazard = models.CharField(max_length=160)
    reason = models.TextField(blank=True)
    is_mock = models.BooleanField(default=False)
    status = models.CharField(max_length=6, choices=RecallStatus.choices, default=RecallStatus.OPEN)
    supplier = models.ForeignKey(
        "traceability.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="recalls"
    )
    notified_on = models.DateField(
        null=True, blank=True, help_text="When the supplier, customer or agency told us."
    )
    depth = models.CharField(
        max_length=60,
        blank=True,
        help_text="How far down the chain customers pass it on: wholesale, retail, consumers (21 CFR 7.42).",
    )
    owner = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="recalls_owned")
    opened_by = models.ForeignKey(
        "traceability.Person", on_delete=models.PROTECT, related_name="recalls_opened"
    )
    opened_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_second = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = RecallQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True)
                | Q(status="closed", closed_at__isnull=False),
                name="recall_is_closed_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status="open")
                | (
                    Q(closed_by__isnull=False)
                    & Q(closed_second__isnull=False)
                    & ~Q(closed_by=F("closed_second"))
                ),
                name="recall_is_closed_by_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.status == RecallStatus.OPEN

    @property
    def latest_revision(self) -> ScopeRevision | None:
        return self.revisions.order_by("-number").first()


class StartQuerySet(OfSites["RecallStart"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        return Q(Exists(Balance.objects.filter(lot=OuterRef("lot"), location__site__in=sites)))

    def included(self) -> StartQuerySet:
        return self.filter(is_included=True)


class RecallStart(models.Model):
    """A lot that the case starts from. An excluded one stays, with the reason."""

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="starts")
    lot = models.ForeignKey("traceability.Lot", on_delete=models.PROTECT, related_name="recall_starts")
    why = models.CharField(max_length=240, help_text="Supplier lot CS-26-2874 of Crescent Spice.")
    is_included = models.BooleanField(default=True)
    excluded_because = models.CharField(max_length=240, blank=True)
    added_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    objects = StartQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["recall", "lot"], name="recall_start_is_named_once"),
            models.CheckConstraint(
                condition=Q(is_included=True) | ~Q(excluded_because=""),
                name="recall_start_is_excluded_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.lot)


class ScopeRevision(models.Model):
    """The scope as somebody froze it: a function of `seq`, the starts and the reading. Never changed.

    `content` is canonical JSON with two parts: facts (the ledger alone) and names (a snapshot of names, addresses and
    contacts). `sha256` seals all of it; `facts_sha256` the facts, so that it can be made again at its seq and compared.
    """

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    seq = models.BigIntegerField()
    start_lots = models.JSONField(default=list, help_text="Ids of the start lots.")
    reading = models.JSONField(default=dict)
    content = models.TextField()
    sha256 = models.CharField(max_length=64, db_collation="C")
    facts_sha256 = models.CharField(max_length=64, db_collation="C")
    counts = models.JSONField(default=dict)
    changes = models.JSONField(default=dict, help_text="What differs from the revision before.")
    frozen_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["recall", "number"], name="scope_revision_is_numbered_within_its_recall"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recall.number} rev {self.number}"

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.content)

    @property
    def scope(self) -> Scope:
        """The same object that a live scope is, for the same pages and exports."""
        from recalls.scope import Scope

        return Scope.from_content(self.data)

    @property
    def is_intact(self) -> bool:
        return hashlib.sha256(self.content.encode()).hexdigest() == self.sha256


class RecallLog(models.Model):
    """Who did what when, one row a verb; its key makes a repeated request safe. Never changed."""

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="log")
    at = models.DateTimeField()
    actor = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    second_person = models.ForeignKey(
        "traceability.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    verb = models.CharField(max_length=24)
    what = models.TextField()
    revision = models.ForeignKey(ScopeRevision, null=True, on_delete=models.PROTECT, related_name="log")
    entry = models.ForeignKey(
        "traceability.Entry", null=True, on_delete=models.PROTECT, related_name="recall_log"
    )
    client = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, db_collation="C")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="recall_log_key_is_used_once")]

    def __str__(self) -> str:
        return self.what
