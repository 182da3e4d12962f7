"""Writers who send each act with its key until they are answered, and what must be true of it all afterwards."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from tests.ledger.rich import move
from traceability import ledger, stock
from traceability.ledger import Draft, Move, verify
from traceability.models import Entry, EntryKey, EntryKind, Hold, Lot

K = EntryKind


@dataclass
class Answers:
    """Who was told what: key → seq of the entry, or the code of the refusal."""

    seqs: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unanswered: int = 0  # sendings without an answer, each followed by another with the same key
    failures: list[BaseException] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Writer:
    """Posts whatever a plant posts, on lots of its own and on one that all share."""

    def __init__(self, plant: Any, name: str, shared: Lot, answers: Answers) -> None:
        self.plant, self.name, self.answers = plant, name, answers
        self.random = random.Random(name)
        self.number = 0
        self.shared = shared
        self.flour = self.received("0", 100_000)
        self.run = plant.run(f"WO-{name}")
        self.bread: Lot | None = None
        self.shipped = False

    # Acts. Each is a function that may be called again: the same objects, the same key.

    def receive(self, key: str) -> Any:
        lot = Lot(item=self.plant.item(), number=f"{self.name}-{self.number}", supplier=self.plant.supplier)
        incoming = Move(lot=lot, quantity=Decimal(50), origin=self.plant.place("supplier"), destination=self.plant.store, destination_status="released")  # fmt: skip
        return lambda: ledger.post(
            K.RECEIPT,
            moves=[incoming],
            party=self.plant.supplier,
            document=f"RCV-{key}",
            **self.by("rita", key),
        )

    def transfer(self, key: str) -> Any:
        moves = [move(self.plant, lot, 1, to=self.plant.store_2) for lot in (self.flour, self.shared)]
        return lambda: ledger.post(K.TRANSFER, moves=moves, **self.by("rita", key))

    def issue(self, key: str) -> Any:
        into = move(self.plant, self.flour, 2, to=self.plant.place("production"), run=self.run)
        return lambda: ledger.post(K.ISSUE, moves=[into], document=self.run.document, **self.by("paul", key))

    def output(self, key: str) -> Any:
        bread = self.bread or Lot(item=self.plant.item("BREAD"), number=f"B{self.name}")
        made = Move(lot=bread, quantity=Decimal(20), origin=self.plant.place("production"), destination=self.plant.store, destination_status="released", run=self.run)  # fmt: skip
        return lambda: ledger.post(K.OUTPUT, moves=[made], document=self.run.document, **self.by("paul", key))

    def ship(self, key: str) -> Any:
        gone = move(self.plant, self.shared, 1, to=self.plant.place("customer"))
        return lambda: ledger.post(
            K.SHIPMENT,
            moves=[gone],
            party=self.plant.customer,
            document=f"SH-{self.name}",
            **self.by("sam", key),
        )

    def take_back(self, key: str) -> Any:
        back = move(self.plant, self.shared, 1, origin=self.plant.place("customer"), to=self.plant.store, against=f"SH-{self.name}")  # fmt: skip
        return lambda: ledger.post(
            K.CUSTOMER_RETURN, moves=[back], party=self.plant.customer, document=f"RET-{key}", reason="too many", **self.by("rita", key)
        )  # fmt: skip

    def scrap(self, key: str) -> Any:
        torn = move(self.plant, self.flour, 1, to=self.plant.place("scrap"))
        return lambda: ledger.post(K.SCRAP, moves=[torn], reason="torn", **self.by("paul", key))

    def two_at_once(self, key: str) -> Any:
        """Two entries that stand or fall together."""
        into = move(self.plant, self.flour, 1, to=self.plant.place("production"), run=self.run)
        back = move(
            self.plant,
            self.flour,
            1,
            origin=self.plant.place("production"),
            to=self.plant.store,
            run=self.run,
        )
        by = self.by("paul", key)
        return lambda: ledger.post_all(
            [
                Draft(kind=K.ISSUE, moves=[into], document=self.run.document, **by),
                Draft(
                    kind=K.ISSUE_RETURN,
                    moves=[back],
                    document=self.run.document,
                    **by | {"key": f"{key}/back"},
                ),
            ]
        )[0]

    def split(self, key: str) -> Any:
        source = stock.Amount(lot=self.flour, quantity=Decimal(3), location=self.plant.store)
        part = f"S{self.name}-{self.number}"

        def act() -> Any:
            stock.split_lot(source=source, into=[(part, Decimal(3))], **self.by("paul", key))
            return Entry.objects.get(keys__client="w", keys__key=f"{key}/issue")

        return act

    def hold(self, key: str) -> Any:
        lot = self.bread or self.flour
        reference = f"QH-{key}"
        return lambda: ledger.place_hold(
            [lot],
            reason="odd",
            reference=reference,
            cascades=False,
            site=self.plant.site,
            **self.by("quinn", key),
        )

    def lift(self, key: str) -> Any:
        held = list(Hold.objects.standing().filter(lot__in=[self.bread or self.flour, self.flour]).select_related("placed_in__site"))  # fmt: skip
        if not held:
            return self.transfer(key)
        return lambda: ledger.lift_hold(
            held, reason="well", second_person=self.plant.quentin, **self.by("quinn", key)
        )

    def reverse(self, key: str) -> Any:
        last = Entry.objects.filter(keys__key__startswith=f"{self.name}.", kind__in=[K.SCRAP, K.TRANSFER], reversed_by=None).first()  # fmt: skip
        if last is None:
            return self.scrap(key)
        return lambda: ledger.reverse(last, reason="wrong", **self.by("paul", key))

    ACTS: tuple[Callable[..., Any], ...] = (
        receive, transfer, transfer, issue, output, ship, take_back, scrap, two_at_once, split, hold, lift, lift, reverse,
    )  # fmt: skip

    def by(self, person: str, key: str) -> dict[str, Any]:
        return {"actor": self.plant.people[person], "client": "w", "key": key}

    def received(self, number: str, quantity: int) -> Lot:
        return self.plant.receive(f"F{self.name}-{number}", quantity)

    # Sending

    def write(self, enough: Callable[[], bool]) -> None:
        """Act after act until it is enough; a sending that is not answered is sent again."""
        try:
            while not enough():
                self.number += 1
                key = f"{self.name}.{self.number}"
                act = self._until_answered(lambda key=key: self.random.choice(self.ACTS)(self, key))
                try:
                    entry = self._until_answered(act)
                except ledger.Refusal as refusal:
                    self.answers.refused[key] = refusal.code
                    continue
                self.answers.seqs[key] = entry.seq
                if entry.kind == K.OUTPUT and self.bread is None:
                    self.bread = self._until_answered(lambda: Lot.objects.select_related("item").get(number=f"B{self.name}"))  # fmt: skip
        except BaseException as error:
            self.answers.failures.append(error)
        finally:
            connection.close()

    def _until_answered(self, act: Callable[[], Any]) -> Any:
        while True:
            try:
                return act()
            except (OperationalError, InterfaceError):
                with self.answers.lock:
                    self.answers.unanswered += 1
                connection.close()


def make_writers(plant: Any, count: int) -> tuple[list[Writer], Answers]:
    answers, shared = Answers(), plant.receive("SHARED", 1_000_000)
    return [Writer(plant, name, shared, answers) for name in "abcdefgh"[:count]], answers


def run(writers: list[Writer], enough: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
    """All writers at once, and `meanwhile` in this thread until it is enough."""
    threads = [threading.Thread(target=writer.write, args=(enough,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        while not enough() and any(thread.is_alive() for thread in threads):
            meanwhile()
    finally:
        for thread in threads:
            thread.join(300)
    assert not any(thread.is_alive() for thread in threads)
    connection.close()  # This thread's own session may be among the dead.


def check(before: int, answers: Answers) -> None:
    """Every acknowledged entry is there exactly once and nothing else is; the ledger is sound."""
    assert answers.failures == []
    keys = dict(EntryKey.objects.filter(client="w").values_list("key", "entry__seq"))
    lost = {key: seq for key, seq in answers.seqs.items() if _seq_of(keys, key) != seq}
    assert lost == {}
    # What one act posts besides, under keys derived from its own.
    derived = {key.partition("/")[0] for key in keys if "/" in key}
    extra = {key.partition("/")[0] for key in keys} - set(answers.seqs)
    assert extra == set()
    assert derived <= set(answers.seqs)
    assert Entry.objects.count() == before + len(keys)
    assert not set(answers.refused) & {key.partition("/")[0] for key in keys}
    report = verify.verify()
    assert report.is_sound, report.findings


def _seq_of(keys: dict[str, int], key: str) -> int | None:
    return keys.get(key, keys.get(f"{key}/issue"))
