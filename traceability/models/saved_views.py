"""Lists as people keep them: named views with their filters, and each person's columns, page length and first view."""

from urllib.parse import urlencode

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Audience(models.TextChoices):
    ME = "me", "Only me"
    ROLE = "role", "My role"
    ALL = "all", "Everybody"


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def seen_by(self, person: object) -> "SavedViewQuerySet":
        """Own ones, those for a role of the person, and those for everybody."""
        roles = getattr(person, "roles", [])
        return self.filter(
            Q(owner=person) | Q(audience=Audience.ALL) | Q(audience=Audience.ROLE, role__in=roles)
        )


class SavedView(models.Model):
    """A list with its filters and sorting under a name. What it shows is asked anew each time it is opened."""

    Audience = Audience

    list_name = models.CharField(
        max_length=80, help_text="The name of the list's address, such as traceability:lots."
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, help_text="Filters and sorting, as in the address.")
    columns = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    owner = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="saved_views")
    audience = models.CharField(max_length=4, choices=Audience.choices, default=Audience.ME)
    role = models.CharField(max_length=24, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["list_name", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list_name", "name"], name="saved_view_is_named_once_per_person"
            ),
            models.CheckConstraint(
                condition=Q(audience="role") & ~Q(role="") | ~Q(audience="role") & Q(role=""),
                name="saved_view_names_a_role_where_it_is_for_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def asked(self) -> str:
        """The query with the view's own number, so that the list knows which view is open."""
        own = urlencode({"view": self.pk})
        return f"{self.query}&{own}" if self.query else own


class ListChoice(models.Model):
    """How one person has a list, or one view of it: columns in order, rows on a page, and which view opens first."""

    person = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="list_choices")
    list_name = models.CharField(max_length=80)
    view = models.ForeignKey(
        SavedView,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="choices",
        help_text="Empty: the list itself.",
    )
    columns = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    page_size = models.PositiveSmallIntegerField(null=True, blank=True)
    first_view = models.ForeignKey(
        SavedView, null=True, blank=True, on_delete=models.PROTECT, related_name="opened_first_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "list_name", "view"], name="list_choice_is_made_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.list_name
