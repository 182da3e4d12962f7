"""Where a quantity can be: places inside a site, and the boundaries through which it comes and goes."""

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from traceability.models.reading import OfSites


class SiteQuerySet(OfSites["Site"]):
    site_path = "pk"


class Site(models.Model):
    code = models.CharField(max_length=20, unique=True, db_collation="C")
    name = models.CharField(max_length=120)
    place = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    production_day_starts = models.TimeField(default="00:00")
    gln = models.CharField("GLN", max_length=13, blank=True)
    gs1_company_prefix = models.CharField(
        "GS1 company prefix",
        max_length=12,
        blank=True,
        help_text="6 to 12 digits. With it, pallets get an SSCC; without, our own number.",
    )

    labels_after = ArrayField(
        models.CharField(max_length=8, choices=[("receipt", "A receipt"), ("output", "An output")]),
        default=list,
        blank=True,
        help_text="After these the labels of the new lots are printed by themselves.",
    )

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(gs1_company_prefix="") | Q(gs1_company_prefix__regex=r"^[0-9]{6,12}$"),
                name="site_gs1_prefix_is_6_to_12_digits",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class LocationKind(models.TextChoices):
    STORAGE = "storage", "Storage"
    QUARANTINE = "quarantine", "Quarantine area"
    LINE = "line", "Line"
    DOCK = "dock", "Dock"
    TANK = "tank", "Tank"
    TRANSIT = "transit", "In transit"
    THIRD_PARTY = "third_party", "Third party"
    SUPPLIER = "supplier", "Supplier"
    PRODUCTION = "production", "Production"
    CUSTOMER = "customer", "Customer"
    SCRAP = "scrap", "Scrap"
    ADJUSTMENT = "adjustment", "Adjustment"
    SAMPLE = "sample", "Sample"
    SUPPLY = "supply", "Supply"


BOUNDARIES = frozenset(
    {
        LocationKind.SUPPLIER,
        LocationKind.PRODUCTION,
        LocationKind.CUSTOMER,
        LocationKind.SCRAP,
        LocationKind.ADJUSTMENT,
        LocationKind.SAMPLE,
        LocationKind.SUPPLY,
    }
)


class LocationQuerySet(OfSites["Location"]):
    def inside(self) -> "LocationQuerySet":
        return self.exclude(kind__in=BOUNDARIES)

    def boundary(self, site: Site, kind: str) -> "Location":
        """The one boundary of this kind at the site; made with the site."""
        return self.get(site=site, kind=kind)


class Location(models.Model):
    """A place inside (storage, line, dock, tank …) or a boundary (supplier, production, customer …). Boundaries hold no balance."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="locations")
    code = models.CharField(max_length=32, db_collation="C")
    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=12, choices=LocationKind.choices)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    is_active = models.BooleanField(default=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="location_code_is_unique_in_its_site"),
            models.UniqueConstraint(
                fields=["site", "kind"],
                condition=Q(kind__in=sorted(BOUNDARIES)),
                name="location_boundary_exists_once_per_site",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_boundary(self) -> bool:
        return self.kind in BOUNDARIES
