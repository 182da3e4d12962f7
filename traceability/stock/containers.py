"""Pallets, drums and totes: build, pack, take out, move, nest, break up, hold. What they hold moves in one entry.

The trees involved are locked at their roots before they are read, in one order: nothing is packed into a pallet while it
is being moved, and two containers are never put into each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from traceability import ledger
from traceability.keyed import once
from traceability.ledger import BadInput, Move, Refusal
from traceability.models import (
    Balance,
    Container,
    ContainerChange,
    ContainerKind,
    ContainerVerb,
    Entry,
    EntryKind,
    Evidence,
    Location,
    Lot,
)
from traceability.numbering import next_number, next_sscc
from traceability.stock.amounts import Amount, require, sent

if TYPE_CHECKING:
    from traceability.models import Person, Site

LEVELS = 6
PREFIXES = {
    ContainerKind.PALLET: "PLT-",
    ContainerKind.DRUM: "DRM-",
    ContainerKind.TOTE: "TOT-",
    ContainerKind.CASE: "CASE-",
}


class ContainerStuck(Refusal):
    """It cannot be done with this container: broken up, elsewhere, or inside itself."""

    code = "container_stuck"


def build(
    *,
    kind: str,
    location: Location,
    actor: Person,
    client: str,
    key: str,
    number: str = "",
    amounts: Sequence[Amount] = (),
    **times: Any,
) -> Container:
    """A new container at a place, empty or with quantities packed into it. Its number is an SSCC where the site has a prefix.

    `number` is one that stands on it already (a drum's own). Raises BadInput when that is taken.
    """
    require(actor, "traceability.move")
    if kind not in ContainerKind.values:
        raise BadInput("Which kind of container?", fields={"kind": kind[:20]})
    if location.is_boundary:
        raise BadInput("A container stands inside a site.", fields={"location": location.code})

    def make(keys: dict[str, Any]) -> ContainerChange:
        own = ledger.check_code(number, field="number", limit=20) if number else ""
        if own and Container.objects.filter(number=own).exists():
            raise _taken(own)
        try:
            with transaction.atomic():
                box = Container.objects.create(
                    number=own or next_container_number(location.site, kind), kind=kind, location=location
                )
        except IntegrityError as error:
            raise _taken(own) from error
        entry = _transfer(amounts, to=location, into=box, actor=actor, keys=keys, **times)
        return _noted(box, ContainerVerb.BUILT, keys, actor, entry)

    told = {"kind": kind, "number": number, "at": location.pk, "amounts": [sent(a) for a in amounts]}
    return _once("build", told, make, client=client, key=key)


def pack(
    *,
    container: Container,
    amounts: Sequence[Amount],
    actor: Person,
    client: str,
    key: str,
    evidence: str = Evidence.SCANNED,
    **times: Any,
) -> Container:
    """Put quantities into a container; they go to where it stands."""
    require(actor, "traceability.move")

    def make(keys: dict[str, Any]) -> ContainerChange:
        box = _locked(container)
        to = whereabouts([box]).get(box.pk) or amounts[0].location
        entry = _transfer(amounts, to=to, into=box, actor=actor, keys=keys, evidence=evidence, **times)
        return _noted(box, ContainerVerb.PACKED, keys, actor, entry, location=to)

    told = {"into": container.pk, "amounts": [sent(a) for a in amounts]}
    return _once("pack", told, make, client=client, key=key)


def take_out(
    *,
    container: Container,
    amounts: Sequence[Amount],
    actor: Person,
    client: str,
    key: str,
    to: Location | None = None,
    **times: Any,
) -> Container:
    """Take quantities out of a container; they stand loose where it is, or at `to`."""
    require(actor, "traceability.move")

    def make(keys: dict[str, Any]) -> ContainerChange:
        box = _locked(container)
        target = to or whereabouts([box]).get(box.pk)
        if target is None:
            raise ContainerStuck(f"{box.number} is empty.", now="There is nothing to take out.")
        entry = _transfer(amounts, to=target, into=None, actor=actor, keys=keys, **times)
        return _noted(box, ContainerVerb.TAKEN_OUT, keys, actor, entry)

    told = {"out": container.pk, "amounts": [sent(a) for a in amounts], "to": to and to.pk}
    return _once("take_out", told, make, client=client, key=key)


def move_container(
    *,
    container: Container,
    to: Location,
    actor: Person,
    client: str,
    key: str,
    into: Container | None = None,
    evidence: str = Evidence.SCANNED,
    **times: Any,
) -> Container:
    """Move a container with all that is in it to a place, out of what it stood in, or into another one there.

    Raises ContainerStuck where `into` stands elsewhere or is inside the container itself.
    """
    require(actor, "traceability.move")

    def make(keys: dict[str, Any]) -> ContainerChange:
        box = _locked(container, *([into] if into else []))
        target = Container.objects.get(pk=into.pk) if into else None
        inner = tree_of(box)
        _check_target(box, target, to, inner)
        before = {"location": box.location_id, "parent": box.parent_id}
        moves = [
            Move(
                lot=row.lot, quantity=row.quantity, pieces=row.pieces or None, origin=row.location, origin_status=row.status,
                origin_container=row.container, destination=to, destination_status=row.status, destination_container=row.container, evidence=evidence,
            )
            for row in content_of(inner) if row.location_id != to.pk
        ]  # fmt: skip
        if not moves and (box.parent_id, box.location_id) == (target and target.pk, to.pk):
            raise ContainerStuck(f"{box.number} stands there already.", now="Scan another place.")
        entry = _post(moves, actor=actor, keys=keys, **times)
        box.parent = target
        box.save(update_fields=["parent"])
        Container.objects.filter(pk__in=[one.pk for one in inner]).update(location=to)
        box.location = to
        return _noted(box, ContainerVerb.MOVED, keys, actor, entry, location=to, parent=target, before=before)

    told = {"move": container.pk, "to": to.pk, "into": into and into.pk}
    return _once("move", told, make, client=client, key=key)


def break_up(*, container: Container, actor: Person, client: str, key: str, **times: Any) -> Container:
    """Take a container apart: what was in it stands loose, or in what it stood in. Its number is not used again."""
    require(actor, "traceability.move")

    def make(keys: dict[str, Any]) -> ContainerChange:
        box = _locked(container)
        rows = content_of([box])
        moves = [
            Move(
                lot=row.lot, quantity=row.quantity, pieces=row.pieces or None, origin=row.location, origin_status=row.status,
                origin_container=box, destination=row.location, destination_status=row.status, destination_container=box.parent,
            )
            for row in rows
        ]  # fmt: skip
        entry = _post(moves, actor=actor, keys=keys, **times)
        inner = list(box.children.values_list("pk", flat=True))
        before = {"location": box.location_id, "parent": box.parent_id, "inner": inner}
        box.children.update(parent=box.parent)
        box.parent, box.is_broken_up = None, True
        box.save(update_fields=["parent", "is_broken_up"])
        return _noted(box, ContainerVerb.BROKEN_UP, keys, actor, entry, before=before)

    return _once("break_up", {"break_up": container.pk}, make, client=client, key=key)


def hold_container(*, container: Container, reason: str, actor: Person, client: str, key: str) -> Entry:
    """Hold every lot that is in it, in one entry. A hold is about the whole lot, also where it stands elsewhere."""
    require(actor, "traceability.place_hold")
    with transaction.atomic():
        before = ContainerChange.objects.filter(client=client, key=f"{key}/box").first()
        if before and before.entry:
            return before.entry
        box = _locked(container, is_broken_ok=True)
        rows = content_of(tree_of(box))
        if not rows:
            raise ContainerStuck(f"{box.number} is empty.", now="Hold the lots themselves.")
        lots = {row.lot_id: row.lot for row in rows}
        entry = ledger.place_hold(
            lots.values(),
            reason=reason,
            actor=actor,
            client=client,
            key=key,
            site=rows[0].location.site,
        )
        ContainerChange.objects.create(
            client=client, key=f"{key}/box", fingerprint=b"", container=box, verb=ContainerVerb.HELD, entry=entry, by=actor
        )  # fmt: skip
        return entry


# What is in them, and where they stand


def tree_of(container: Container) -> list[Container]:
    """The container and all that stand in it, to any depth: one query a level."""
    found, level = [container], [container.pk]
    for _ in range(LEVELS):
        below = list(Container.objects.filter(parent__in=level))
        if not below:
            break
        found += below
        level = [one.pk for one in below]
    return found


def content_of(containers: Iterable[Container]) -> list[Balance]:
    """What is in these containers at this moment."""
    rows = Balance.objects.filter(container__in=[one.pk for one in containers], quantity__gt=0)
    return list(
        rows.select_related("lot__item", "location__site", "container").order_by(
            "lot__item__code", "lot__number", "pk"
        )
    )


def whereabouts(containers: Iterable[Container]) -> dict[int, Location]:
    """Where each container stands: where its content is, else where it stood last. Two queries."""
    wanted = {one.pk: one for one in containers}
    found: dict[int, Location] = {}
    rows = Balance.objects.filter(container__in=wanted, quantity__gt=0).select_related("location__site")
    for row in rows:
        found[row.container_id] = row.location  # type: ignore[index]
    rest = {one.location_id for one in wanted.values() if one.pk not in found and one.location_id}
    places = {place.pk: place for place in Location.objects.filter(pk__in=rest).select_related("site")}
    for one in wanted.values():
        if one.pk not in found and one.location_id:
            found[one.pk] = places[one.location_id]
    return found


def next_container_number(site: Site, kind: str) -> str:
    """An SSCC where the site has a GS1 company prefix, else our own number."""
    if site.gs1_company_prefix:
        return next_sscc(site.gs1_company_prefix)
    return next_number(PREFIXES[ContainerKind(kind)])


# Within


def _once(
    verb: str,
    told: dict[str, Any],
    make: Callable[[dict[str, Any]], ContainerChange],
    *,
    client: str,
    key: str,
) -> Container:
    change = once(ContainerChange, client=client, key=key, sent={"verb": verb, **told}, make=make)
    return Container.objects.get(pk=change.container_id)


def _locked(container: Container, *others: Container, is_broken_ok: bool = False) -> Container:
    """Lock the trees at their roots, then read the container anew. Roots that changed meanwhile are locked too."""
    wanted = [container.pk, *(other.pk for other in others)]
    held: set[int] = set()
    while True:
        roots = {_root(pk) for pk in wanted}
        if roots <= held:
            break
        held |= roots
        list(Container.objects.select_for_update().filter(pk__in=held).order_by("pk"))
    for one in Container.objects.filter(pk__in=wanted):
        if one.is_broken_up and not is_broken_ok:
            raise ContainerStuck(
                f"{one.number} was broken up.",
                "What was in it stands loose.",
                "Scan another container, or build a new one.",
                fields={"container": one.number},
            )
    return Container.objects.get(pk=container.pk)


def _root(pk: int) -> int:
    for _ in range(LEVELS + 1):
        parent = Container.objects.filter(pk=pk).values_list("parent_id", flat=True).first()
        if parent is None:
            return pk
        pk = parent
    return pk


def _check_target(box: Container, into: Container | None, to: Location, inner: list[Container]) -> None:
    if into is None:
        return
    if into.pk in {one.pk for one in inner}:
        raise ContainerStuck(
            f"{box.number} cannot go into {into.number}.",
            f"{into.number} is {box.number} itself or stands in it.",
            "Scan another container.",
        )
    stands = whereabouts([into]).get(into.pk)
    if stands and stands.pk != to.pk:
        raise ContainerStuck(
            f"{into.number} stands at {stands}, not at {to}.",
            now="Scan the place where it stands, or move it first.",
        )
    depth = len(_path_up(into)) + max(len(_path_up(one)) for one in inner) - len(_path_up(box)) + 1
    if depth > LEVELS:
        raise ContainerStuck("That would be more than six containers inside each other.")


def _path_up(container: Container) -> list[int]:
    path: list[int] = []
    pk = container.parent_id
    while pk and len(path) <= LEVELS:
        path.append(pk)
        pk = Container.objects.filter(pk=pk).values_list("parent_id", flat=True).first()
    return path


def _transfer(
    amounts: Sequence[Amount],
    *,
    to: Location,
    into: Container | None,
    actor: Person,
    keys: dict[str, Any],
    evidence: str = Evidence.SCANNED,
    **times: Any,
) -> Entry | None:
    moves = [
        Move(
            lot=a.lot, quantity=a.quantity, origin=a.location, origin_status=a.status, origin_container=a.container, destination=to,
            destination_status=a.status, destination_container=into, evidence=evidence,
        )
        for a in amounts
    ]  # fmt: skip
    return _post(moves, actor=actor, keys=keys, **times)


def _post(moves: Sequence[Move], *, actor: Person, keys: dict[str, Any], **times: Any) -> Entry | None:
    if not moves:
        return None
    return ledger.post(
        EntryKind.TRANSFER, moves=moves, document=next_number("MV-"), actor=actor, client=keys["client"], key=f"{keys['key']}/entry", **times
    )  # fmt: skip


def _noted(
    box: Container,
    verb: str,
    keys: dict[str, Any],
    actor: Person,
    entry: Entry | None,
    *,
    location: Location | None = None,
    parent: Container | None = None,
    before: dict[str, Any] | None = None,
) -> ContainerChange:
    if location and box.location_id != location.pk:
        Container.objects.filter(pk=box.pk).update(location=location)
    return ContainerChange.objects.create(
        **keys, container=box, verb=verb, entry=entry, by=actor, location=location or box.location, parent=parent, before=before or {}
    )  # fmt: skip


def _taken(number: str) -> BadInput:
    return BadInput(
        f"There is a container {number} already.",
        "A container's number is used once, for ever.",
        "Scan the number on it again, or let us give it one.",
        fields={"number": number},
    )


def lots_in(container: Container) -> list[Lot]:
    """The lots in a container and in all that stand in it, each once."""
    return list({row.lot_id: row.lot for row in content_of(tree_of(container))}.values())
