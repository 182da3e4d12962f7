"""Places inside a site, as a tree: a place may stand in one that the same file brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from traceability.importing.fields import Context, Field
from traceability.importing.masters import MasterImporter
from traceability.importing.posting import Posting
from traceability.importing.rows import Row
from traceability.models import BOUNDARIES, Balance, Location, LocationKind

KINDS = tuple((kind.value, kind.label) for kind in LocationKind if kind not in BOUNDARIES)


class Places(MasterImporter):
    name, title, order = "places", "Places", 30
    note = "Where stock can stand. A place may stand inside another one of the same file."
    right = "traceability.change_masters"
    model = Location
    needed_when_new = ("kind",)
    fields = (
        Field("code", "Location", "code", is_required=True, limit=32, also=("Place", "Code", "Bin"), examples=("DRY", "DRY-A-01", "COLD")),
        Field("name", "Name", limit=120, examples=("Dry store", "Row A, bay 1", "Cold store")),
        Field("kind", "Kind", "choice", choices=KINDS, examples=("Storage", "Storage", "Storage")),
        Field("parent", "Inside of", "code", limit=32, also=("Parent",), examples=("", "DRY", "")),
        Field("site", "Site", "text", limit=120, help="Its code or name; without it, your own site."),
        Field("is_active", "Active", "yes"),
    )  # fmt: skip

    def existing(self, codes: Sequence[str]) -> Any:
        rows = Location.objects.filter(site__in=self._sites, code__in=codes)
        return rows.select_related("site", "parent")

    def check(self, rows: Sequence[Row], context: Context) -> None:
        self._sites = context.sites
        super().check(rows, context)
        self._check_tree(rows)

    def prepare(self, rows: Sequence[Row], context: Context) -> None:
        parents = {row.values["parent"] for row in rows if row.has("parent")}
        known = Location.objects.filter(site__in=context.sites, code__in=parents).select_related("parent")
        self._parents = {place.code: place for place in known}
        self._in_file = {row.values["code"]: row for row in rows if row.has("code")}
        filled = Balance.objects.filter(location__code__in=self._in_file, location__site__in=context.sites, quantity__gt=0)  # fmt: skip
        self._filled = set(filled.values_list("location__code", flat=True))
        self._named = {
            name: site for site in context.sites for name in (site.code.lower(), site.name.lower())
        }

    def values_of(self, row: Row, noun: Any, context: Context) -> dict[str, tuple[str, Any]]:
        values = {name: (name, row.values[name]) for name in ("name", "kind", "is_active") if row.has(name)}
        site = self._named.get(row.get("site", context.sites[0].code).lower())
        if site is None:
            row.wrong("site", f"{row.values['site'][:40]} is not one of your sites.", "unknown_site")
        elif noun is None:
            values["site"] = ("site", site)
        elif row.has("site") and noun.site_id != site.pk:
            row.wrong("site", f"{noun.code} is at {noun.site}. A place does not change its site.", "unknown_site")  # fmt: skip
        if noun is not None and noun.is_boundary:
            row.wrong("code", f"{noun.code} is a boundary of its site.", "boundary")
        if noun and row.has("is_active") and not row.values["is_active"] and noun.code in self._filled:
            row.wrong("is_active", f"Stock stands at {noun.code}. Move it first.", "in_use")
        if row.has("parent"):
            code = row.values["parent"]
            if code in self._parents:
                values["parent"] = ("parent", self._parents[code])
            elif code not in self._in_file:
                row.wrong("parent", f"There is no place {code}, neither here nor in the file.", "unknown_place")  # fmt: skip
        return values

    def _check_tree(self, rows: Sequence[Row]) -> None:
        """No ring, followed through the file and what is there."""
        for row in rows:
            if not row.has("parent"):
                continue
            seen: set[str] = set()
            code = row.values.get("code")
            while code and code not in seen:
                seen.add(code)
                here = self._in_file.get(code)
                place = self._parents.get(code)
                above = place.parent.code if place and place.parent else None
                code = here.values.get("parent") or above if here else above
            if code:
                row.wrong("parent", f"{row.values['code']} would be inside itself.", "ring")

    def write_more(self, row: Row, noun: Any, posting: Posting) -> None:
        """A parent of the same file has its key only when all are made."""
        code = row.values.get("parent")
        if code and code not in self._parents:
            self._waiting.append((noun, code))

    def post(self, rows: Sequence[Row], posting: Posting) -> None:
        """A place before those inside of it, so that undoing, last first, meets them in the right order."""
        rows = sorted(rows, key=lambda row: (self._depth(row), row.number))
        self._waiting: list[tuple[Any, str]] = []
        super().post(rows, posting)
        wanted = {code for _, code in self._waiting}
        made = {place.code: place for place in Location.objects.filter(site__in=self._sites, code__in=wanted)}
        for noun, code in self._waiting:
            noun.parent = made[code]
        Location.objects.bulk_update([noun for noun, _ in self._waiting], ["parent"])

    def _depth(self, row: Row) -> int:
        depth = 0
        while (above := self._in_file.get(row.get("parent", ""))) is not None:
            row, depth = above, depth + 1
        return depth
