"""Label printers of the plant, and every label that was printed: by whom, when, what it said, and why again."""

from django.db import models
from django.db.models import Q

from traceability.models.keyed import Keyed


class PrinterKind(models.TextChoices):
    ZPL = "zpl", "Label printer (ZPL)"
    PDF = "pdf", "Printer that takes PDF"


class Printer(models.Model):
    """A printer in the plant's own network, reached by its address on a port from 9100."""

    Kind = PrinterKind

    site = models.ForeignKey("traceability.Site", on_delete=models.PROTECT, related_name="printers")
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=3, choices=PrinterKind.choices, default=PrinterKind.ZPL)
    address = models.GenericIPAddressField(help_text="In a private network; never a name.")
    port = models.PositiveIntegerField(default=9100)
    dpi = models.PositiveSmallIntegerField(
        "dots to the inch", default=203, choices=[(203, "203"), (300, "300")]
    )
    size = models.CharField(max_length=10, default="4x3", help_text="The labels that are in it.")
    is_default = models.BooleanField(
        default=False, help_text="Takes the labels that are printed by themselves at its site."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["site", "name"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="printer_name_is_unique_in_its_site"),
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(is_default=True, is_active=True),
                name="printer_by_itself_is_one_per_site",
            ),
            models.CheckConstraint(
                condition=Q(port__gte=9100, port__lte=9109), name="printer_port_is_9100_to_9109"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PrintState(models.TextChoices):
    WAITING = "waiting", "Waiting for the printer"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent to the printer"
    OPENED = "opened", "Opened in the browser"
    FAILED = "failed", "Failed"


class LabelPrint(Keyed):
    """One act of printing, of one label or many. `content` is what was sent; it goes after some days, the record stays."""

    State = PrintState

    site = models.ForeignKey(
        "traceability.Site", null=True, on_delete=models.PROTECT, related_name="label_prints"
    )
    printer = models.ForeignKey(Printer, null=True, on_delete=models.PROTECT, related_name="prints")
    size = models.CharField(max_length=10)
    copies = models.PositiveSmallIntegerField(default=1)
    labels = models.PositiveSmallIntegerField(default=0, help_text="How many different ones.")
    document = models.CharField(max_length=40, blank=True, db_collation="C")
    is_reprint = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=7, choices=PrintState.choices)
    content = models.BinaryField(default=b"")
    by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="label_prints")
    at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta(Keyed.Meta):
        ordering = ["-id"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(is_reprint=False) | ~Q(reason=""), name="label_printed_again_says_why"
            ),
            models.CheckConstraint(
                condition=Q(copies__gte=1, copies__lte=500), name="label_copies_are_1_to_500"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state__in=["waiting", "sending"]), name="label_print_waiting"),
            models.Index(fields=["-id"], condition=Q(state="failed"), name="label_print_failed"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.labels} labels, {self.get_state_display().lower()}"


class LabelPrinted(models.Model):
    """One label of an act: what it was of, and what its symbol said."""

    act = models.ForeignKey(LabelPrint, on_delete=models.PROTECT, related_name="printed")
    kind = models.CharField(max_length=9)
    code = models.CharField(max_length=250, db_collation="C")
    heading = models.CharField(max_length=80)
    lot = models.ForeignKey("traceability.Lot", null=True, on_delete=models.PROTECT, related_name="labels")
    item = models.ForeignKey("traceability.Item", null=True, on_delete=models.PROTECT, related_name="labels")
    location = models.ForeignKey(
        "traceability.Location", null=True, on_delete=models.PROTECT, related_name="labels"
    )
    container = models.ForeignKey(
        "traceability.Container", null=True, on_delete=models.PROTECT, related_name="labels"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lot__isnull=False) | Q(item__isnull=False) | Q(location__isnull=False) | Q(container__isnull=False),
                name="label_is_of_something",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code
