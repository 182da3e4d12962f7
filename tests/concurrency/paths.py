"""The posting paths: one for each kind of the rules table, and the verbs that take more than one step. Each is an act on a
scene on which it goes through alone, and on which it wants what the others want too.

    supplier ──30──▶ L ──10──▶ run ──10──▶ P        10 of L are in the run, 10 at the customer, 10 released and 10 undecided
                     └──10──▶ customer              at STORE-1, and everybody who takes some takes 7 (a reversal takes 8)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from traceability import ledger, stock
from traceability.ledger import Move
from traceability.models import Entry, EntryKind, Hold, Location, Lot, Run

K = EntryKind
LIFE = date(2031, 1, 1)
ALL = Decimal(10)
SEVEN = Decimal(7)


@dataclass(slots=True)
class Scene:
    """What one race is about. `side` tells two acts on it apart, so that they do not meet on a paper by chance."""

    number: str
    lot: Lot
    run: Run
    product: Lot
    counted: Entry | None = None  # +8, to be reversed
    hold: Hold | None = None  # to be lifted

    def paper(self, kind: str, side: int) -> str:
        return f"{kind}-{self.number}-{side}"


class Stage:
    """Makes scenes by the hundred, in a handful of entries, and knows the places, so that nobody has to ask for them."""

    def __init__(self, plant: Any) -> None:
        self.plant, self.item = plant, plant.item()
        self.places: dict[str, Location] = {
            place.code: place for place in Location.objects.filter(site=plant.site).select_related("site")
        }
        self.made = 0

    def __getitem__(self, kind: str) -> Location:
        return self.places[f"{kind.upper()}-1"]

    @property
    def store(self) -> Location:
        return self.places["STORE-1"]

    def scenes(self, count: int, *, counted: bool = False, held: bool = False) -> list[Scene]:
        """`counted`: each with an entry of its own that can be reversed. `held`: each with a hold that can be lifted."""
        numbers = [str(n) for n in range(self.made, self.made + count)]
        self.made += count
        runs = Run.objects.bulk_create(
            Run(document="WO", number=int(number) + 1, site=self.plant.site) for number in numbers
        )
        lot = lambda number, **rest: Lot(item=self.item, number=number, **rest)
        scenes = [
            Scene(number, lot(f"L-{number}", supplier=self.plant.supplier, expires_on=LIFE), run, lot(f"P-{number}"))
            for number, run in zip(numbers, runs, strict=True)
        ]  # fmt: skip
        self._fill(scenes)
        if counted:
            for scene in scenes:
                scene.counted = self._count([scene])
        else:
            self._count(scenes)
        if held:
            self.plant.hold(*[scene.lot for scene in scenes], reference="QH-0")
            holds = {hold.lot_id: hold for hold in Hold.objects.filter(lot__in=[s.lot for s in scenes])}
            for scene in scenes:
                scene.hold = holds[scene.lot.pk]
        return scenes

    def _fill(self, scenes: Sequence[Scene]) -> None:
        plant, store = self.plant, self.store
        each = lambda make: [move for scene in scenes for move in make(scene)]
        plant.post(
            K.RECEIPT,
            *each(
                lambda s: [
                    self.move(s, 22, "supplier", store, destination_status="released"),
                    self.move(s, 10, "supplier", store, destination_status="quarantine"),
                ]
            ),
            party=plant.supplier,
            document="RCV",
        )
        plant.post(K.ISSUE, *each(lambda s: [self.move(s, 10, store, "production", run=s.run)]))
        output = [
            Move(lot=s.product, quantity=ALL, origin=self["production"], destination=store, destination_status="released", run=s.run)
            for s in scenes
        ]  # fmt: skip
        plant.post(K.OUTPUT, *output)
        plant.post(
            K.SHIPMENT,
            *each(lambda s: [self.move(s, 10, store, "customer")]),
            party=plant.customer,
            document="SH",
        )

    def _count(self, scenes: Sequence[Scene]) -> Entry:
        found = [self.move(s, 8, "adjustment", self.store, destination_status="released") for s in scenes]
        return self.plant.post(K.COUNT_ADJUSTMENT, *found, reason="found")

    def move(self, scene: Scene, quantity: Any, origin: Any, destination: Any, **rest: Any) -> Move:
        place = lambda at: at if isinstance(at, Location) else self[at]
        return Move(lot=scene.lot, quantity=Decimal(quantity), origin=place(origin), destination=place(destination), **rest)  # fmt: skip


Act = Callable[[Stage, Scene, int], Any]
PATHS: dict[str, Act] = {}
GONE = timezone.now().date() - timedelta(days=3)


def path(act: Act) -> Act:
    PATHS[act.__name__] = act
    return act


def key(scene: Scene, name: str, side: int) -> dict[str, Any]:
    return {"client": "race", "key": f"{name}-{scene.number}-{side}"}


def born(stage: Stage, scene: Scene, origin: str, **rest: Any) -> Move:
    """Five of a lot under a number that the others want as well."""
    lot = Lot(item=stage.item, number=f"N-{scene.number}")
    return Move(lot=lot, quantity=Decimal(5), origin=stage[origin], destination=stage.store, destination_status="released", **rest)  # fmt: skip


def takes(kind: str, to: str | Callable[[Stage, int], Location], **rest: Any) -> Act:
    """Seven of the ten released at STORE-1 go somewhere."""

    def act(stage: Stage, scene: Scene, side: int) -> Entry:
        goes = to(stage, side) if callable(to) else stage[to]
        given = {name: value(stage, scene) if callable(value) else value for name, value in rest.items()}
        of_move = {
            name: given.pop(name) for name in ("run", "against", "destination_status") if name in given
        }
        move = stage.move(scene, SEVEN, stage.store, goes, origin_status="released", **of_move)
        given.setdefault("document", scene.run.document if "run" in of_move else scene.paper("D", side))
        return stage.plant.post(kind, move, **given, **key(scene, kind, side))

    act.__name__ = str(kind)
    return act


the_supplier = lambda stage, scene: stage.plant.supplier
its_run = lambda stage, scene: scene.run

path(takes(K.RECEIPT_CORRECTION, "supplier", party=the_supplier, reason="miscounted", against="RCV"))
path(takes(K.SUPPLIER_RETURN, "supplier", party=the_supplier, reason="wet", against="RCV"))
path(takes(K.TRANSFER, lambda stage, side: stage.places["STORE-2"] if side else stage["dock"]))
path(takes(K.SAMPLE, "sample"))
path(takes(K.ISSUE, "production", run=its_run))
path(takes(K.SCRAP, "scrap", reason="spilt"))
path(takes(K.SHIPMENT, "customer", party=lambda stage, scene: stage.plant.customer))
path(takes(K.COUNT_ADJUSTMENT, "adjustment", reason="missing"))


@path
def disposition(stage: Stage, scene: Scene, side: int) -> Entry:
    decided = takes(K.DISPOSITION, lambda stage, side: stage.store, destination_status="quarantine" if side else "rejected", reason="mould", actor=lambda stage, scene: stage.plant.quinn)  # fmt: skip
    return decided(stage, scene, side)


@path
def staging(stage: Stage, scene: Scene, side: int) -> Entry:
    """A transfer on the way out: the lot must be usable."""
    return takes(K.TRANSFER, "line" if side else "transit")(stage, scene, side)


@path
def opening(stage: Stage, scene: Scene, side: int) -> Entry:
    return stage.plant.post(K.OPENING, born(stage, scene, "adjustment"), reason="go-live", **key(scene, "op", side))  # fmt: skip


@path
def receipt(stage: Stage, scene: Scene, side: int) -> Entry:
    move = born(stage, scene, "supplier")
    return stage.plant.post(K.RECEIPT, move, party=stage.plant.supplier, document=scene.paper("RCV", side), **key(scene, "rc", side))  # fmt: skip


@path
def output(stage: Stage, scene: Scene, side: int) -> Entry:
    move = born(stage, scene, "production", run=scene.run)
    return stage.plant.post(K.OUTPUT, move, document=scene.run.document, **key(scene, "out", side))


@path
def more_output(stage: Stage, scene: Scene, side: int) -> Entry:
    """More of what the run made before."""
    move = Move(lot=scene.product, quantity=Decimal(5), origin=stage["production"], destination=stage.store, destination_status="released", run=scene.run)  # fmt: skip
    return stage.plant.post(K.OUTPUT, move, document=scene.run.document, **key(scene, "more", side))


@path
def late_issue(stage: Stage, scene: Scene, side: int) -> Entry:
    """It went in already, and is written down only now: held or not."""
    move = stage.move(scene, SEVEN, stage.store, "production", origin_status="released", run=scene.run)
    return stage.plant.post(
        K.ISSUE, move, document=scene.run.document, after_the_fact=True, reason="the log says so", second_person=stage.plant.quentin,
        **key(scene, "late", side),
    )  # fmt: skip


@path
def issue_return(stage: Stage, scene: Scene, side: int) -> Entry:
    move = stage.move(scene, SEVEN, "production", stage.store, destination_status="released", run=scene.run)
    return stage.plant.post(K.ISSUE_RETURN, move, document=scene.run.document, **key(scene, "ir", side))


@path
def removal(stage: Stage, scene: Scene, side: int) -> Entry:
    move = stage.move(scene, SEVEN, "production", stage.store, destination_status="quarantine", run=scene.run)
    return stage.plant.post(
        K.REMOVAL, move, document=scene.run.document, reason="worn", **key(scene, "rm", side)
    )


@path
def customer_return(stage: Stage, scene: Scene, side: int) -> Entry:
    move = stage.move(scene, SEVEN, "customer", stage.store, destination_status="quarantine", against="SH")
    return stage.plant.post(K.CUSTOMER_RETURN, move, party=stage.plant.customer, document=scene.paper("RET", side), reason="late", **key(scene, "cr", side))  # fmt: skip


@path
def amend(stage: Stage, scene: Scene, side: int) -> Entry:
    """Its life is cut: it has expired."""
    lot = Lot.objects.select_related("item").get(pk=scene.lot.pk)
    return ledger.amend(lot, expires_on=GONE, reason="retest", actor=stage.plant.quinn, site=stage.plant.site, **key(scene, "am", side))  # fmt: skip


@path
def hold(stage: Stage, scene: Scene, side: int) -> Entry:
    return ledger.place_hold(
        [scene.lot], reason="smell", reference="QH-1", actor=stage.plant.quinn, site=stage.plant.site, **key(scene, "ho", side)
    )  # fmt: skip


@path
def lift(stage: Stage, scene: Scene, side: int) -> Entry:
    assert scene.hold is not None
    return ledger.lift_hold(
        [scene.hold], reason="all well", actor=stage.plant.quinn, second_person=stage.plant.quentin, site=stage.plant.site, **key(scene, "li", side)
    )  # fmt: skip


@path
def reversal(stage: Stage, scene: Scene, side: int) -> Entry:
    assert scene.counted is not None
    return ledger.reverse(
        scene.counted, reason="counted twice", actor=stage.plant.rita, **key(scene, "re", side)
    )


@path
def hold_scope(stage: Stage, scene: Scene, side: int) -> Entry:
    return ledger.hold_scope(
        [scene.lot], reason="glass", reference="RC-1", actor=stage.plant.rhea, site=stage.plant.site, **key(scene, "sc", side)
    )  # fmt: skip


@path
def reserve(stage: Stage, scene: Scene, side: int) -> Any:
    move = stage.move(scene, SEVEN, stage.store, "customer")
    return ledger.reserve(
        moves=[move], document=scene.paper("SO", side), actor=stage.plant.sam, now=timezone.now()
    )


@path
def split(stage: Stage, scene: Scene, side: int) -> list[Lot]:
    """Two entries that stand or fall together."""
    source = stock.Amount(lot=scene.lot, quantity=SEVEN, location=stage.store)
    return stock.split_lot(source=source, into=[(f"N-{scene.number}", SEVEN)], actor=stage.plant.rita, **key(scene, "sp", side))  # fmt: skip


# Whoever is held up, is held up here: when it has locked and checked, and before it writes.
BEFORE_IT_WRITES = {"reserve": ("promises", "_standing")}
NEEDS_COUNT, NEEDS_HOLD = {"reversal"}, {"lift"}


def scenes_for(stage: Stage, count: int, *names: str) -> list[Scene]:
    return stage.scenes(count, counted=bool(NEEDS_COUNT & set(names)), held=bool(NEEDS_HOLD & set(names)))
