"""One traceable identity of an item. A serial is a lot of exactly one."""

import unicodedata
from collections.abc import Collection

from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum

from traceability.models.reading import LedgerRows


def search_key(supplier_lot: str) -> str:
    """The form in which two spellings of one supplier lot meet: NFKC, upper case, letters and digits only.

    Never empty for a non-empty number: a number of signs alone keeps them.
    """
    folded = unicodedata.normalize("NFKC", supplier_lot).upper()
    kept = "".join(sign for sign in folded if sign.isalnum())
    return kept or folded.strip()


class LotQuerySet(LedgerRows["Lot"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """A lot is seen where it is or ever was: its balance stays there, at zero."""
        from traceability.models.ledger import Balance

        return Q(Exists(Balance.objects.filter(lot=OuterRef("pk"), location__site__in=sites)))

    def awaiting_inspection(self) -> "LotQuerySet":
        from traceability.models.requirements import Requirement

        return self.filter(Exists(Requirement.objects.open().filter(lot=OuterRef("pk"))))

    def on_hold(self) -> "LotQuerySet":
        from traceability.models.holds import Hold

        return self.filter(Exists(Hold.objects.standing().filter(lot=OuterRef("pk"))))

    def same_supplier_lot(self, *, supplier_id: int, item_id: int, key: str) -> "LotQuerySet":
        return self.filter(supplier_id=supplier_id, item_id=item_id, supplier_lot_key=key)

    def with_on_hand(self) -> "LotQuerySet":
        return self.annotate(on_hand=Sum("balances__quantity", default=0))


class Lot(models.Model):
    """Identity (item, number, supplier) never changes; supplier lot and dates change by an *amend* entry only."""

    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(max_length=20, db_collation="C")
    supplier = models.ForeignKey(
        "traceability.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="lots_supplied"
    )
    supplier_lot = models.CharField(max_length=80, blank=True, help_text="As printed by the supplier.")
    supplier_lot_key = models.CharField(max_length=80, blank=True, db_collation="C")
    owner = models.ForeignKey(
        "traceability.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="lots_owned"
    )
    received_under = models.CharField(max_length=40, blank=True, db_collation="C")
    code_source = models.CharField(
        max_length=160, blank=True, help_text="Traceability lot code source, 21 CFR 1.1310."
    )
    made_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    is_serial = models.BooleanField(default=False)
    is_untracked = models.BooleanField(default=False)
    is_imported = models.BooleanField(
        default=False, help_text="History before go-live is unknown: a trace boundary, never a leaf."
    )

    objects = LotQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="lot_number_is_unique_per_item"),
            models.UniqueConstraint(
                fields=["item"], condition=Q(is_untracked=True), name="lot_untracked_exists_once_per_item"
            ),
            models.CheckConstraint(condition=~Q(number=""), name="lot_has_a_number"),
            models.CheckConstraint(
                condition=Q(supplier_lot="") | ~Q(supplier_lot_key=""),
                name="lot_supplier_lot_has_its_search_form",
            ),
        ]
        indexes = [
            models.Index(fields=["number"], name="lot_by_number"),
            models.Index(
                fields=["supplier_lot_key"], condition=~Q(supplier_lot_key=""), name="lot_by_supplier_lot"
            ),
            models.Index(fields=["expires_on"], condition=Q(expires_on__isnull=False), name="lot_by_expiry"),
        ]

    def __str__(self) -> str:
        return self.number


class LotUnit(models.Model):
    """A lot's own factor where the item's does not hold (density, catch weight): one unit is numerator/denominator base units."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="units")
    unit = models.CharField(max_length=12)
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "unit"], name="lot_unit_is_named_once"),
            models.CheckConstraint(
                condition=Q(numerator__gt=0, denominator__gt=0), name="lot_unit_factor_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.unit
