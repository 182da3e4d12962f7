"""What a person has in hand: quantities and containers, kept in the page's address so that nothing is lost by a reload.

?hand=b12:40.5&hand=c7       40.5 of balance row 12, and the container 7 with all that is in it
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from traceability import inquiries, stock, units
from traceability.ledger import BadInput, plain
from traceability.models import Container, Location
from traceability.stock import Amount
from traceability.views.stock.lists import today, with_papers
from traceability.views.stock.scope import sites_of

MOST = 100
_CODE = re.compile(r"([bc])([0-9]{1,18})(?::(.{0,40}))?\Z", re.ASCII)


@dataclass(slots=True)
class InHand:
    """One thing in hand: a quantity (`row`, with what was typed), or a container with its content."""

    row: Any = None
    container: Container | None = None
    typed: str = ""
    unit: str = ""
    units: list[str] | None = None
    content: list[Any] | None = None
    stands: Location | None = None
    rest: str = ""  # the address without this one in hand

    @property
    def code(self) -> str:
        return f"c{self.container.pk}" if self.container else f"b{self.row.pk}"

    @property
    def name(self) -> str:
        return self.container.number if self.container else self.row.lot.number

    @property
    def most(self) -> Decimal:
        """What may be taken: all there, less what is promised to somebody."""
        return self.row.quantity - self.row.promised

    @property
    def shown(self) -> str:
        """The quantity as the form shows it."""
        return self.typed or plain(self.most).replace(",", "")

    def amount(self) -> Amount:
        """What is taken, in the base unit. Raises BadInput."""
        lot = self.row.lot
        text = self.shown
        quantity = units.to_base(lot.item, units.parse_quantity(text), self.unit or lot.item.unit, lot=lot)
        if quantity <= 0:
            raise BadInput(
                f"How much of {lot.number}?",
                now="Type a quantity above zero, or put the lot down.",
                fields={"quantity": text},
            )
        return Amount(
            lot=lot, quantity=quantity, location=self.row.location, status=self.row.status, container=self.row.container
        )  # fmt: skip


def in_hand(request: HttpRequest) -> list[InHand]:
    """What the address (or the sent form) says is in hand; what has gone meanwhile is left out."""
    sent = request.POST if request.method == "POST" else request.GET
    return read(sent, request)


def read(sent: QueryDict, request: HttpRequest) -> list[InHand]:
    wanted: dict[str, tuple[str, str]] = {}
    for code in sent.getlist("hand")[:MOST]:
        if found := _CODE.match(code):
            name = found[1] + found[2]
            typed = sent.get(f"quantity-{name}", found[3] or "").strip()[:40]
            wanted[name] = (typed, sent.get(f"unit-{name}", "").strip()[:12])
    rows = rows_by_id([int(name[1:]) for name in wanted if name[0] == "b"], request)
    boxes = Container.objects.filter(is_broken_up=False).in_bulk(
        [int(name[1:]) for name in wanted if name[0] == "c"]
    )
    stands = stock.whereabouts(boxes.values())
    held: list[InHand] = []
    for name, (typed, unit) in wanted.items():
        pk = int(name[1:])
        if name[0] == "b" and pk in rows:
            held.append(InHand(row=rows[pk], typed=typed, unit=unit, units=units.units_of(rows[pk].lot.item)))
        elif name[0] == "c" and pk in boxes:
            box = boxes[pk]
            content = stock.content_of(stock.tree_of(box))
            held.append(InHand(container=box, content=content, stands=stands.get(pk)))
    return held


def rows_by_id(ids: Iterable[int], request: HttpRequest) -> dict[int, Any]:
    rows = stock_rows(request).filter(pk__in=list(ids))
    return {row.pk: row for row in with_papers(list(rows))}


def stock_rows(request: HttpRequest) -> Any:
    """Every quantity that this person may take in hand."""
    return (
        inquiries.stock(today=today())
        .filter(location__site__in=sites_of(request))
        .select_related("lot__item", "lot__supplier", "location__site", "container")
    )


def address(held: Iterable[InHand], **rest: Any) -> str:
    """The query of a page with this in hand."""
    codes = [f"{one.code}:{one.typed}" if one.typed else one.code for one in held]
    units_typed = {f"unit-{one.code}": one.unit for one in held if one.unit}
    return urlencode({"hand": codes, **units_typed, **{k: v for k, v in rest.items() if v}}, doseq=True)
