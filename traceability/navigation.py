"""What stands in the menu, on home and above it. Each app adds its own in `AppConfig.ready()`; nobody is imported for it.

    navigation.add(Link("Recalls", "recalls:list", "recalled", right="recalls.view", group=2, order=30, count=open_recalls))

A link whose address does not exist, or whose right the person lacks, is not shown. A count is the rows to be counted: all
counts of the menu are one query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from traceability.counting import count_each

if TYPE_CHECKING:
    from traceability.models import Person


SET_UP = 3
PERSONAL = 9
LONG = 6  # lines of other work, beyond which setting up is folded
LATE_HOURS = 24


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the menu. Groups: 1 work of the day, 2 looking things up, 3 setting up; `PERSONAL` is the person's own menu."""

    label: str
    url_name: str
    icon: str
    right: str
    group: int = 1
    order: int = 50
    count: Callable[[Person], QuerySet[Any] | int] | None = None
    is_alert: bool = False
    also: tuple[str, ...] = ()  # url names whose pages belong under this link
    shortcut: str = ""  # g and this letter open it


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of the menu that stand together. One with a title is folded; it is open where the page that is shown is in it."""

    rows: list[dict[str, Any]]
    title: str = ""

    @property
    def is_open(self) -> bool:
        return any(row["is_current"] for row in self.rows)


@dataclass(frozen=True, slots=True)
class Strip:
    """The black and yellow strip: an open real recall, nothing else."""

    number: str
    text: str
    url: str
    link: str = "Open the case"


@dataclass(frozen=True, slots=True)
class Metric:
    """An answer on top of home, with the list behind it."""

    label: str
    icon: str
    value: str
    unit: str
    note: str
    url: str
    is_alert: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """Something on home that waits for a decision."""

    title: str
    note: str
    url: str
    icon: str
    age: str = ""
    is_late: bool = False
    code: str = ""
    after: str = ""  # what stands behind the code
    hours: float = 0.0  # how long it waits; the longest stands first


@dataclass(frozen=True, slots=True)
class HomePanel:
    """A panel in the right column of home, drawn from a template of the app that knows it."""

    template: str
    context: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LotNote:
    """What another app knows of lots: shown as a chip, or as a link in the head of the lot's page."""

    status: str = ""
    label: str = ""
    url: str = ""


@dataclass(slots=True)
class Registry:
    links: list[Link] = field(default_factory=list)
    strips: list[Callable[[Person], Iterable[Strip]]] = field(default_factory=list)
    metrics: list[Callable[[Person], Iterable[Metric]]] = field(default_factory=list)
    tasks: list[Callable[[Person], Iterable[Task]]] = field(default_factory=list)
    actions: list[Link] = field(default_factory=list)
    home_panels: list[Callable[[Person], Iterable[HomePanel]]] = field(default_factory=list)
    lot_notes: list[Callable[[Person, list[int]], dict[int, list[LotNote]]]] = field(default_factory=list)


registry = Registry()


def add(*links: Link) -> None:
    registry.links += [link for link in links if link not in registry.links]


def add_action(*links: Link) -> None:
    """A button in the head of home."""
    registry.actions += [link for link in links if link not in registry.actions]


def add_strip(function: Callable[[Person], Iterable[Strip]]) -> None:
    registry.strips.append(function)


def add_metric(function: Callable[[Person], Iterable[Metric]]) -> None:
    registry.metrics.append(function)


def add_task(function: Callable[[Person], Iterable[Task]]) -> None:
    registry.tasks.append(function)


def age(since: datetime | None, *, late_after: float = LATE_HOURS) -> dict[str, Any]:
    """How long it waits, in words and as what tasks are sorted by."""
    if since is None:
        return {"age": "", "hours": 0.0, "is_late": False}
    hours = (timezone.now() - since).total_seconds() / 3600
    return {"age": age_words(hours), "hours": hours, "is_late": hours > late_after}


def age_words(hours: float) -> str:
    if hours < 1:
        return f"{max(0, int(hours * 60))} min"
    return f"{int(hours)} h" if hours < 48 else f"{int(hours // 24)} days"


def add_home_panel(function: Callable[[Person], Iterable[HomePanel]]) -> None:
    registry.home_panels.append(function)


def add_lot_note(function: Callable[[Person, list[int]], dict[int, list[LotNote]]]) -> None:
    """What another app says of lots, for one page of them: one query, whatever their number."""
    registry.lot_notes.append(function)


def address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def allowed(links: Iterable[Link], person: Person) -> list[dict[str, Any]]:
    rights = person.get_all_permissions()
    shown = [
        link
        for link in sorted(links, key=lambda link: (link.group, link.order, link.label))
        if not link.right or link.right in rights
    ]
    return [{"link": link, "url": url} for link in shown if (url := address(link.url_name))]


def menu(
    person: Person, current: str, besides: Sequence[QuerySet[Any]] = ()
) -> tuple[list[Group], list[int]]:
    """The groups of the menu for a person; `current` is the url name of the page that is shown.

    What is set up rarely is folded away for those who have other work, so that all of their work is seen without scrolling.
    All counts are one query; `besides` are counted in the same one.
    """
    groups: dict[int, list[dict[str, Any]]] = {}
    app = current.partition(":")[0]
    rows = allowed([link for link in registry.links if link.group != PERSONAL], person)
    exact = any(current == row["link"].url_name or current in row["link"].also for row in rows)
    for row in rows:
        link: Link = row["link"]
        here = current == link.url_name or current in link.also
        if not exact and app not in ("traceability", ""):
            # A page that belongs under no link: the first of its app.
            here = app == link.url_name.partition(":")[0]
            app = "" if here else app
        row["is_current"] = here
        row["count"] = link.count(person) if link.count else 0
        groups.setdefault(link.group, []).append(row)
    waiting = [row for row in rows if isinstance(row["count"], QuerySet)]
    numbers = count_each([*(row["count"] for row in waiting), *besides])
    for row, number in zip(waiting, numbers, strict=False):
        row["count"] = number
    is_long = len(rows) - len(groups.get(SET_UP, ())) >= LONG
    shown = [
        Group(groups[number], "Set up" if number == SET_UP and is_long else "") for number in sorted(groups)
    ]
    return shown, numbers[len(waiting) :]


def personal(person: Person) -> list[dict[str, Any]]:
    """What stands in the person's own menu."""
    return allowed([link for link in registry.links if link.group == PERSONAL], person)


def strips(person: Person) -> list[Strip]:
    return [strip for function in registry.strips for strip in function(person)]


def metrics(person: Person) -> list[Metric]:
    return [metric for function in registry.metrics for metric in function(person)]


def tasks(person: Person) -> list[Task]:
    return [task for function in registry.tasks for task in function(person)]


def home_panels(person: Person) -> list[HomePanel]:
    return [panel for function in registry.home_panels for panel in function(person)]


def lot_notes(person: Person, lots: list[int]) -> dict[int, list[LotNote]]:
    found: dict[int, list[LotNote]] = {}
    if not lots:
        return found
    for function in registry.lot_notes:
        for lot, notes in function(person, lots).items():
            found.setdefault(lot, []).extend(notes)
    return found


T = "traceability:"
add(
    Link("Home", T + "home", "home", "", 1, 0, shortcut="h"),
    Link(
        "Stock",
        T + "stock",
        "packages",
        "traceability.view_ledger",
        1,
        60,
        also=tuple(
            T + f"stock_{name}" for name in ("item", "places", "quantities", "expiry", "away", "in_process")
        )
        + tuple(
            T + name
            for name in (
                "containers",
                "container",
                "build_container",
                "hold_container",
                "split_lot",
                "pool_lots",
                "repack",
                "counts",
                "count",
                "open_count",
                "post_count",
                "count_accuracy",
                "count_sheet",
            )
        ),
    ),
    Link(
        "Lots and serials",
        T + "lots",
        "box",
        "traceability.view_ledger",
        2,
        10,
        also=(T + "lot", T + "where_used", T + "where_from", T + "lot_flow"),
        shortcut="l",
    ),
    Link(
        "Ledger",
        T + "entries",
        "list-details",
        "traceability.view_ledger",
        2,
        20,
        also=(T + "entry",),
        shortcut="e",
    ),
    Link("What I am told", T + "alert_settings", "bell", "", PERSONAL, 10),
    Link("Saved views", T + "views", "bookmark", "", PERSONAL, 20, also=(T + "view",)),
    Link("Keyboard", T + "keyboard", "keyboard", "", PERSONAL, 90),
    Link(
        "Items",
        T + "items",
        "tag",
        "traceability.view_masters",
        3,
        10,
        also=tuple(T + name for name in ("item", "new_item", "change_item", "copy_item", "retire_item")),
        shortcut="i",
    ),
    Link(
        "Verifications",
        T + "verifications",
        "shield-check",
        "traceability.verify",
        3,
        90,
        also=(T + "verification",),
    ),
    Link("Scanner check", T + "scanner_check", "barcode", "", 3, 80, also=(T + "scanner_commands",)),
    Link("Scans", T + "scans", "scan", "traceability.view_security", 3, 85),
    Link(
        "Files",
        T + "attachments",
        "paperclip",
        "traceability.view_ledger",
        2,
        40,
        also=(T + "attachment", T + "attach", T + "attachment_remove"),
    ),
    Link(
        "Locations",
        T + "locations",
        "map-pin",
        "traceability.view_masters",
        3,
        30,
        also=tuple(
            T + name
            for name in ("location", "new_location", "change_location", "copy_location", "retire_location")
        ),
    ),
    Link(
        "Sites",
        T + "sites",
        "building-factory-2",
        "traceability.view_masters",
        3,
        35,
        also=(T + "site", T + "new_site", T + "change_site"),
    ),
    Link(
        "Categories",
        T + "categories",
        "versions",
        "traceability.view_masters",
        3,
        60,
        also=(T + "category", T + "new_category", T + "change_category", T + "retire_category"),
    ),
    Link(
        "Reasons",
        T + "reasons",
        "message-report",
        "traceability.view_masters",
        3,
        70,
        also=(T + "reason", T + "new_reason", T + "change_reason", T + "retire_reason"),
    ),
    Link(
        "Imports",
        T + "imports",
        "package-import",
        "traceability.change_masters",
        3,
        80,
        also=(T + "import", T + "new_import"),
    ),
    Link("Changes", T + "changes", "history", "traceability.view_masters", 3, 90, also=(T + "history",)),
    Link(
        "Suppliers, customers",
        T + "parties",
        "users",
        "traceability.view_masters",
        3,
        40,
        also=tuple(T + name for name in ("party", "new_party", "change_party", "copy_party", "retire_party")),
    ),
)
