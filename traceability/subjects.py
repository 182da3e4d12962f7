"""What files, history and links are about: nouns and papers, each kind registered by the app that owns it.

    subjects.add(Kind(name="receipt", title="Receipt", model="receiving.Receipt", key="number",
                      url_name="receiving:receipt", right="receiving.view", site="site_id"))

Whoever stores a reference stores (kind, key) and needs no import of the owner. `find` is the one resolver: it checks the
right and the site, and an unknown subject and one that the person may not see are the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import BigIntegerField, Case, CharField, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Cast
from django.urls import NoReverseMatch, reverse

from traceability import permits
from traceability.models.parties import Party

if TYPE_CHECKING:
    from traceability.history import Event
    from traceability.models import Person
    from traceability.papers import Paper

_ID = re.compile(r"[0-9]{1,18}\Z", re.ASCII)


def _all_of_it(person: Person, noun: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`key` is the field by which one is named: pk for masters and lots, the number for papers. `site` is the way to its site.

    `right` opens its page; `files_right` is needed besides to see its files, where they tell more than the page does.
    `files_of` names further subjects whose files are shown with its own, such as the delivery behind a receipt.
    For papers: `prefix` of the numbers we give, `paper` for what is printed, `events` for what its app adds to the history.
    """

    name: str
    title: str
    model: str
    url_name: str
    right: str
    key: str = "pk"
    site: str = ""
    files_right: str = ""
    attach_rights: tuple[str, ...] = ("traceability.attach",)
    may_see: Callable[[Person, Any], bool] = _all_of_it
    url_field: str = "pk"
    prefix: str = ""
    paper: Callable[[Any, Person], Paper] | None = None
    events: Callable[[Any, Person], Iterable[Event]] | None = None
    finder: Callable[[str], Any] | None = None
    files_of: Callable[[str], Iterable[tuple[str, str]]] | None = None

    @property
    def is_master(self) -> bool:
        """Master data, whose changes the database notes."""
        return self.key == "pk" and self.name != "lot"

    def rows(self) -> Any:
        return apps.get_model(self.model)._default_manager.all()

    def get(self, key: str) -> Any:
        if self.finder:
            return self.finder(key)
        if self.key in ("pk", "seq") and not _ID.match(key):
            return None
        return self.rows().filter(**{self.key: key}).first()


@dataclass(frozen=True, slots=True)
class Subject:
    """One noun or paper, found."""

    kind: Kind
    key: str
    noun: Any

    @property
    def label(self) -> str:
        """Receipt RCV-000042."""
        return f"{self.kind.title} {self.noun}"

    @property
    def url(self) -> str:
        return reverse(self.kind.url_name, args=[getattr(self.noun, self.kind.url_field)])

    @property
    def url_or_nothing(self) -> str:
        """The address, or nothing where this kind has no page (yet)."""
        try:
            return self.url
        except NoReverseMatch:
            return ""

    @property
    def numbers(self) -> list[str]:
        """The paper's number as entries of the ledger name it; nothing for masters and lots."""
        return [self.key] if self.kind.key == "number" else []

    @property
    def site_id(self) -> int | None:
        return reduce(getattr, self.kind.site.split("."), self.noun) if self.kind.site else None


_kinds: dict[str, Kind] = {}


def add(*kinds: Kind) -> None:
    for kind in kinds:
        _kinds[kind.name] = kind


def changed(name: str, **more: Any) -> Kind:
    """A registered kind with something added to it."""
    return replace(_kinds[name], **more)


def kinds() -> list[Kind]:
    return list(_kinds.values())


def kind_named(name: str) -> Kind | None:
    return _kinds.get(name)


def of(name: str, noun: Any) -> Subject:
    """A subject from a row at hand, which somebody else has checked."""
    kind = _kinds[name]
    return Subject(kind, str(getattr(noun, kind.key)), noun)


def find(name: str, key: str, *, person: Person) -> Subject | None:
    """The subject, if it exists and the person may see it; None otherwise, whichever it is."""
    kind = _kinds.get(name)
    if kind is None or not person.has_perm(kind.right):
        return None
    noun = kind.get(key)
    if noun is None:
        return None
    subject = Subject(kind, key, noun)
    return subject if may_see(person, subject) else None


def several(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Subject]:
    """Many subjects at once, one query a kind; for lists whose rows are already limited to what the person may see."""
    keys: dict[str, set[str]] = {}
    for name, key in wanted:
        keys.setdefault(name, set()).add(key)
    found = {}
    for name, those in keys.items():
        kind = _kinds.get(name)
        if kind is None or kind.finder:
            continue
        valid = [key for key in those if kind.key not in ("pk", "seq") or _ID.match(key)]
        for noun in kind.rows().filter(**{f"{kind.key}__in": valid}):
            found[name, str(getattr(noun, kind.key))] = Subject(kind, str(getattr(noun, kind.key)), noun)
    return found


def may_see(person: Person, subject: Subject) -> bool:
    """By right, by site, and by what the kind itself says."""
    kind = subject.kind
    return (
        person.has_perm(kind.right)
        and permits.is_at(person, subject.site_id)
        and _is_of_their_sites(person, subject)
        and kind.may_see(person, subject.noun)
    )


def _is_of_their_sites(person: Person, subject: Subject) -> bool:
    """What is at several sites, as a lot is, says itself who sees it."""
    rows = subject.kind.rows()
    if person.reach.everywhere or subject.kind.finder or not hasattr(rows, "for_actor"):
        return True
    return bool(rows.for_actor(person).filter(pk=subject.noun.pk).exists())


def files_seen_by(person: Person) -> Iterable[str]:
    """The kinds whose files this person may see at all."""
    return [
        kind.name
        for kind in _kinds.values()
        if person.has_perm(kind.right) and (not kind.files_right or person.has_perm(kind.files_right))
    ]


def rows_seen(rows: QuerySet[Any], person: Person) -> QuerySet[Any]:
    """Of rows that name their subject as (subject_kind, subject): those of kinds, sites and parties that this person may see."""
    kinds = [kind for kind in _kinds.values() if person.has_perm(kind.right)]
    rows = rows.filter(subject_kind__in=[kind.name for kind in kinds])
    if not person.reach.everywhere:
        rows = _of_their_sites(rows, kinds, person)
    if person.has_perm("traceability.view_customers"):
        return rows
    customers = Party.objects.filter(is_supplier=False).annotate(as_text=Cast("pk", CharField()))
    return rows.exclude(subject_kind="party", subject__in=customers.values("as_text"))


def _of_their_sites(rows: QuerySet[Any], kinds: list[Kind], person: Person) -> QuerySet[Any]:
    """Each kind that belongs to sites asks for its own row; the others are everybody's."""
    numbered = [kind.name for kind in kinds if kind.key in ("pk", "seq")]
    rows = rows.annotate(
        subject_id=Case(When(subject_kind__in=numbered, then=Cast("subject", BigIntegerField())))
    )
    seen, bound = Q(), []
    for kind in kinds:
        nouns = kind.rows()
        if hasattr(nouns, "for_actor"):
            nouns = nouns.for_actor(person)
        elif kind.site:
            nouns = nouns.filter(
                **{f"{kind.site.replace('.', '__').removesuffix('_id')}__in": person.reach.ids}
            )
        else:
            continue
        field = "document" if kind.finder else kind.key
        named = OuterRef("subject_id" if kind.name in numbered else "subject")
        seen |= Q(Exists(nouns.filter(**{field: named})), subject_kind=kind.name)
        bound.append(kind.name)
    return rows.filter(~Q(subject_kind__in=bound) | seen)


def _sees_party(person: Person, party: Any) -> bool:
    return party.is_supplier or person.has_perm("traceability.view_customers")


MASTERS = ("traceability.attach", "traceability.change_masters")
T = "traceability:"
add(
    Kind(name="lot", title="Lot", model="traceability.Lot", url_name=T + "lot", right="traceability.view_ledger"),
    Kind(
        name="entry", title="Entry", model="traceability.Entry", key="seq", url_name=T + "entry", url_field="seq",
        right="traceability.view_ledger", site="site_id",
    ),
    Kind(name="item", title="Item", model="traceability.Item", url_name=T + "item", right="traceability.view_masters", attach_rights=MASTERS),
    Kind(
        name="party", title="Party", model="traceability.Party", url_name=T + "party", right="traceability.view_masters",
        attach_rights=MASTERS, may_see=_sees_party,
    ),
    Kind(
        name="site", title="Site", model="traceability.Site", url_name=T + "site", right="traceability.view_masters", attach_rights=MASTERS, site="pk",
    ),
    Kind(
        name="person", title="Person", model="traceability.Person", url_name=T + "person", right="traceability.view_security",
        attach_rights=("traceability.manage_people",),
    ),
    Kind(name="category", title="Category", model="traceability.Category", url_name=T + "category", right="traceability.view_masters", attach_rights=MASTERS),
    Kind(name="reason", title="Reason", model="traceability.ReasonCode", url_name=T + "reason", right="traceability.view_masters", attach_rights=MASTERS),
    Kind(
        name="location", title="Location", model="traceability.Location", url_name=T + "location", right="traceability.view_masters",
        attach_rights=MASTERS, site="site_id",
    ),
)  # fmt: skip
