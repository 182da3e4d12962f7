"""Sites and the places inside them."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms

from traceability.forms.base import MasterForm
from traceability.forms.fields import Code, Digits, Line
from traceability.models import BOUNDARIES, Balance, Location, LocationKind, Site

INSIDE = [(kind.value, kind.label) for kind in LocationKind if kind not in BOUNDARIES]


class SiteForm(MasterForm):
    code = Code(max_length=20)
    name = Line(max_length=120)
    place = Line(max_length=120, required=False, label="Town", help_text="As it stands on papers.")
    time_zone = forms.CharField(
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        help_text="Such as America/Chicago.",
    )
    production_day_starts = forms.TimeField(
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), input_formats=["%H:%M", "%H:%M:%S"], initial="00:00",
        help_text="What is made before it belongs to the day before.",
    )  # fmt: skip
    gln = Digits(length=13, what="GLN", required=False, label="GLN")
    gs1_company_prefix = Line(
        max_length=12,
        required=False,
        label="GS1 company prefix",
        help_text="6 to 12 digits. With it pallets get an SSCC.",
    )
    labels_after = forms.MultipleChoiceField(
        choices=[("receipt", "A receipt"), ("output", "An output")],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Labels print by themselves after",
    )

    groups = (
        ("The site", "", ("code", "confirm_alike", "name", "place", "gln")),
        ("Its labels", "", ("gs1_company_prefix", "labels_after")),
        (
            "Its time",
            "Pages, labels and production days are in the site's own time.",
            ("time_zone", "production_day_starts"),
        ),
    )

    class Meta:
        model = Site
        fields = [
            "code", "name", "place", "gln", "gs1_company_prefix", "labels_after", "time_zone", "production_day_starts",
        ]  # fmt: skip

    def clean_gs1_company_prefix(self) -> str:
        prefix: str = self.cleaned_data["gs1_company_prefix"]
        if prefix and not (prefix.isascii() and prefix.isdigit() and 6 <= len(prefix) <= 12):
            raise forms.ValidationError("A GS1 company prefix has 6 to 12 digits.")
        return prefix

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"].strip()
        if zone not in available_timezones():
            raise forms.ValidationError(
                "There is no time zone of this name. Choose one from the list, such as America/Chicago."
            )
        return zone


class LocationForm(MasterForm):
    site = forms.ModelChoiceField(queryset=Site.objects.all(), empty_label=None)
    code = Code(max_length=32, help_text="As it stands on its label.")
    name = Line(max_length=120, required=False)
    kind = forms.ChoiceField(choices=INSIDE)
    parent = forms.ModelChoiceField(
        queryset=Location.objects.none(), required=False, label="Inside of", empty_label="the site itself"
    )

    groups = (("The place", "", ("site", "code", "confirm_alike", "name", "kind", "parent")),)

    class Meta:
        model = Location
        fields = ["site", "code", "name", "kind", "parent"]

    def __init__(self, *args: Any, sites: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Site.objects.all() if sites is None else Site.objects.filter(pk__in=sites)
        self.among("site", own)
        self.among(
            "parent", Location.objects.inside().filter(is_active=True, site__in=own).select_related("site")
        )
        if self.instance.pk:
            # Movements name the place: it cannot go to another site.
            self.fields["site"].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        parent, site = data.get("parent"), data.get("site")
        if parent and site and parent.site_id != site.pk:
            self.add_error("parent", f"{parent.code} is at {parent.site}.")
        if parent and self.instance.pk and self._is_inside(parent):
            self.add_error("parent", "A place cannot be inside of itself.")
        if (
            self.instance.pk
            and data.get("kind")
            and data["kind"] != self.instance.kind
            and Balance.objects.filter(location=self.instance, quantity__gt=0).exists()
        ):
            self.add_error(
                "kind", "Something is there now. Move it first: what a place is decides what may stand in it."
            )
        if (
            site
            and data.get("code")
            and Location.objects.filter(site=site, code=data["code"]).exclude(pk=self.instance.pk).exists()
        ):
            self.add_error("code", f"{site} has a place of this code already.")
        return data

    def _is_inside(self, parent: Location | None) -> bool:
        seen: set[int] = set()
        while parent is not None and parent.pk not in seen:
            if parent.pk == self.instance.pk:
                return True
            seen.add(parent.pk)
            parent = parent.parent
        return False
