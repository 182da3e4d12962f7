"""The book: entries, their movements, what they add up to, and the head that orders them."""

from collections.abc import Collection

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from traceability.models.reading import LedgerRows, ReadOnlyQuerySet


class EntryKind(models.TextChoices):
    OPENING = "opening", "Opening"
    RECEIPT = "receipt", "Receipt"
    RECEIPT_CORRECTION = "receipt_correction", "Receipt correction"
    SUPPLIER_RETURN = "supplier_return", "Supplier return"
    TRANSFER = "transfer", "Transfer"
    DISPOSITION = "disposition", "Disposition"
    SAMPLE = "sample", "Sample"
    ISSUE = "issue", "Issue"
    ISSUE_RETURN = "issue_return", "Issue return"
    REMOVAL = "removal", "Removal"
    OUTPUT = "output", "Output"
    SCRAP = "scrap", "Scrap"
    SHIPMENT = "shipment", "Shipment"
    CUSTOMER_RETURN = "customer_return", "Customer return"
    COUNT_ADJUSTMENT = "count_adjustment", "Count adjustment"
    AMEND = "amend", "Lot facts amended"
    HOLD = "hold", "Hold placed"
    LIFT = "lift", "Hold lifted"
    REVERSAL = "reversal", "Reversal"


class Status(models.TextChoices):
    """The quality decision about a quantity. A hold is about the lot and stands beside it."""

    QUARANTINE = "quarantine", "Quarantine"
    RELEASED = "released", "Released"
    REJECTED = "rejected", "Rejected"


class Evidence(models.TextChoices):
    SCANNED = "scanned", "Scanned"
    TYPED = "typed", "Typed"
    INFERRED = "inferred", "Inferred"
    IMPORTED = "imported", "Imported"


class EntryQuerySet(LedgerRows["Entry"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """Posted at the site, or moving something to or from it."""
        return Q(site__in=sites) | Q(
            Exists(Movement.objects.filter(MovementQuerySet.at_sites(sites), entry=OuterRef("pk")))
        )

    def after(self, seq: int) -> "EntryQuerySet":
        """The feed: entries later than seq, in the one order there is."""
        return self.filter(seq__gt=seq).order_by("seq")


class Entry(models.Model):
    """One posted fact. `seq` is dense (1…n) and in commit order; nothing here is ever changed."""

    id = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=20, choices=EntryKind.choices)
    site = models.ForeignKey(
        "traceability.Site", on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    document = models.CharField(max_length=40, blank=True, db_collation="C")
    party = models.ForeignKey(
        "traceability.Party", null=True, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        "traceability.Person", on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    second_person = models.ForeignKey(
        "traceability.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    client = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    after_the_fact = models.BooleanField(default=False)
    imported = models.BooleanField(default=False)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    payload = models.JSONField(default=dict)
    digest = models.BinaryField(max_length=32)
    chain = models.BinaryField(max_length=32)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-seq"]
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=Q(seq__gt=0), name="entry_seq_starts_at_one"),
            models.CheckConstraint(
                condition=Q(second_person__isnull=True) | ~Q(second_person=F("actor")),
                name="entry_second_person_is_another",
            ),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False)
                | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="entry_reverses_something_if_it_is_a_reversal",
            ),
        ]
        indexes = [
            models.Index(fields=["document"], condition=~Q(document=""), name="entry_by_document"),
            models.Index(fields=["recorded_at"], name="entry_by_recorded_at"),
            models.Index(fields=["party", "seq"], condition=Q(party__isnull=False), name="entry_by_party"),
            models.Index(fields=["kind", "seq"], name="entry_by_kind"),
        ]

    def __str__(self) -> str:
        return f"entry {self.seq}"


class EntryKey(models.Model):
    """(client, key) → entry, with the fingerprint of what the caller sent. Never forgotten."""

    client = models.CharField(max_length=64, db_collation="C")
    key = models.CharField(max_length=200, db_collation="C")
    fingerprint = models.BinaryField(max_length=32)
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="keys", db_constraint=False, db_index=False
    )

    objects = ReadOnlyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="entry_key_is_used_once")]

    def __str__(self) -> str:
        return f"{self.client}: {self.key}"


class MovementQuerySet(LedgerRows["Movement"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        return Q(origin__site__in=sites) | Q(destination__site__in=sites)


class Movement(models.Model):
    """One line of an entry: a positive quantity (base unit of the item) from an origin to a destination.

    `run_role` and `delivery` say which projection it counts in, `sign` whether it adds (+1) or takes back (-1), so that
    every projection is one sum over movements. `against` is the document whose delivery it counts towards (a return
    names the shipment it came from).
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="movements", db_constraint=False)
    line = models.PositiveIntegerField()
    lot = models.ForeignKey(
        "traceability.Lot",
        on_delete=models.PROTECT,
        related_name="movements",
        db_constraint=False,
        db_index=False,
    )
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    pieces = models.IntegerField(null=True)
    origin = models.ForeignKey(
        "traceability.Location",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    origin_status = models.CharField(max_length=10, blank=True, choices=Status.choices)
    origin_container = models.ForeignKey(
        "traceability.Container",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    destination = models.ForeignKey(
        "traceability.Location",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    destination_status = models.CharField(max_length=10, blank=True, choices=Status.choices)
    destination_container = models.ForeignKey(
        "traceability.Container",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    run = models.ForeignKey(
        "traceability.Run",
        null=True,
        on_delete=models.PROTECT,
        related_name="movements",
        db_constraint=False,
        db_index=False,
    )
    run_role = models.CharField(max_length=7, blank=True, help_text="input, output, removed, or empty.")
    sign = models.SmallIntegerField(default=1)
    delivery = models.CharField(
        max_length=13, blank=True, help_text="received, received_back, shipped, shipped_back, or empty."
    )
    against = models.CharField(max_length=40, blank=True, db_collation="C")
    against_line = models.PositiveIntegerField(default=0)
    entered_quantity = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    entered_unit = models.CharField(max_length=12, blank=True)
    evidence = models.CharField(max_length=8, choices=Evidence.choices, default=Evidence.TYPED)

    objects = MovementQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="movement_quantity_is_positive"),
            models.CheckConstraint(condition=Q(sign__in=[1, -1]), name="movement_sign_is_plus_or_minus_one"),
            models.CheckConstraint(
                condition=Q(run_role="") | Q(run__isnull=False), name="movement_with_a_run_role_names_its_run"
            ),
        ]
        indexes = [
            models.Index(fields=["lot", "-id"], name="movement_of_lot"),
            models.Index(fields=["run", "lot"], condition=Q(run__isnull=False), name="movement_of_run"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}:{self.line}"


class BalanceQuerySet(LedgerRows["Balance"]):
    site_path = "location__site"


class Balance(models.Model):
    """What movements add up to, per lot, inside location, status and container. Boundaries have none."""

    lot = models.ForeignKey(
        "traceability.Lot",
        on_delete=models.PROTECT,
        related_name="balances",
        db_constraint=False,
        db_index=False,
    )
    location = models.ForeignKey(
        "traceability.Location",
        on_delete=models.PROTECT,
        related_name="balances",
        db_constraint=False,
        db_index=False,
    )
    status = models.CharField(max_length=10, choices=Status.choices)
    container = models.ForeignKey(
        "traceability.Container",
        null=True,
        on_delete=models.PROTECT,
        related_name="balances",
        db_constraint=False,
        db_index=False,
    )
    quantity = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    pieces = models.IntegerField(default=0)
    is_serial = models.BooleanField(default=False)

    objects = BalanceQuerySet.as_manager()

    class Meta:
        ordering = ["lot", "location"]
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "location", "status", "container"],
                nulls_distinct=False,
                name="balance_is_one_row_per_place",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="balance_is_never_negative"),
            models.CheckConstraint(
                condition=Q(is_serial=False) | Q(quantity__lte=1), name="balance_of_a_serial_is_at_most_one"
            ),
            models.UniqueConstraint(
                fields=["lot"],
                condition=Q(is_serial=True, quantity__gt=0),
                name="balance_of_a_serial_is_in_one_place",
            ),
        ]
        indexes = [
            models.Index(fields=["location", "lot"], condition=Q(quantity__gt=0), name="balance_by_place"),
            models.Index(
                fields=["container"],
                condition=Q(container__isnull=False, quantity__gt=0),
                name="balance_by_container",
            ),
            models.Index(fields=["status", "lot"], condition=Q(quantity__gt=0), name="balance_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.lot_id} at {self.location_id}, {self.status}"


class LedgerHead(models.Model):
    """The one row that orders everything. Held from the last step of a posting to its commit, so seq order is commit order."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    chain = models.BinaryField(max_length=32)
    recorded_at = models.DateTimeField(null=True)
    is_seeding = models.BooleanField(
        default=True, help_text="Only while true may an entry bring its own recorded_at."
    )

    objects = ReadOnlyQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_head_is_one_row")]

    def __str__(self) -> str:
        return f"entry {self.seq}"


class Checkpoint(models.Model):
    """The result of a verification: how far, with which chain, and what was found."""

    seq = models.BigIntegerField()
    chain = models.BinaryField(max_length=32)
    at = models.DateTimeField(auto_now_add=True)
    findings = models.JSONField(default=list, help_text="The first of them, in words.")
    counts = models.JSONField(null=True, help_text="How many, by check.")
    seconds = models.FloatField(default=0)
    trouble = models.TextField(blank=True, help_text="Why it broke off.")
    kept_in = models.CharField(max_length=300, blank=True, help_text="The file it was taken away to.")
    is_full = models.BooleanField(default=True, help_text="False: only the last checkpoint was compared.")

    class Meta:
        ordering = ["-at"]
        get_latest_by = "at"
        indexes = [models.Index(fields=["-at"], name="checkpoint_latest")]

    def __str__(self) -> str:
        return f"entry {self.seq} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def found(self) -> int:
        """How many findings, told or not."""
        return sum(self.counts.values()) if self.counts else len(self.findings)
