"""A drawing as the page needs it: every box with its words and where it leads, every level as a row of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from traceability.flow.content import Flow, Node
from traceability.flow.layout import Box, Drawing, draw
from traceability.models import Lot
from traceability.templatetags.lotline import signed

ROOM = 20
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """A box: title (shortened), two lines of note, and the whole of it for who cannot see it."""

    box: Box
    title: str
    note: str
    state: str
    label: str
    url: str
    at: dict[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    node: Node
    number: int
    level: str
    left: str
    lots: list[Lot]
    more: int


@dataclass(frozen=True, slots=True)
class FlowPage:
    drawing: Drawing
    boxes: list[Shown]
    rows: list[Row]
    parties: list[Node]

    @property
    def flow(self) -> Flow:
        return self.drawing.flow

    @property
    def drawn(self) -> int:
        return len(self.boxes)


def page_of(flow: Flow, *, names_parties: bool) -> FlowPage:
    """Without the right to see customers their boxes are counted and not named."""
    if not names_parties and flow.direction == "used":
        hide_parties(flow)
    drawing = draw(flow)
    numbers = {node.key: place for place, node in enumerate(flow.lots, start=1)}
    boxes = [_shown(box, numbers, flow) for box in sorted(drawing.boxes, key=lambda box: (box.x, box.y))]
    wanted = [pk for node in flow.nodes if node.sort != "party" for pk in node.lot_ids[:SHOWN]]
    lots = Lot.objects.in_bulk(wanted)
    rows = [
        Row(node, numbers.get(node.key, 0), flow.levels[node.level], left_words(node), [lots[pk] for pk in node.lot_ids[:SHOWN] if pk in lots], max(0, node.lots - SHOWN))
        for node in flow.nodes if node.sort != "party"
    ]  # fmt: skip
    return FlowPage(drawing, boxes, rows, [node for node in flow.nodes if node.sort == "party"])


def hide_parties(flow: Flow) -> None:
    place = 0
    for node in flow.nodes:
        if node.sort == "party" and not node.hidden:
            place += 1
            node.title = f"Customer {place}"


def left_words(node: Node) -> str:
    """What became of it: 440 shipped, 6 back, 40 used."""
    if node.sort != "lots":
        return ""
    words = [
        f"{signed(value)} {word}"
        for value, word in ((node.used, "used"), (node.out, "shipped"), (node.back, "back"))
        if value
    ]
    return ", ".join(words)


def _shown(box: Box, numbers: dict[Any, int], flow: Flow) -> Shown:
    node = box.node
    title = node.title if len(node.title) <= ROOM else f"{node.title[: ROOM - 1].rstrip()}…"
    at = {
        "text": box.x + 12,
        "title": box.y + 18,
        "note": box.y + 34,
        "state": box.y + 50,
        "icon": box.y + 39,
        "bar": box.y + 57,
    }
    if node.sort == "party":
        amounts = ", ".join(f"{signed(quantity)} {unit}" for unit, quantity in sorted(node.amounts.items()))
        back = f", {signed(node.back)} back" if node.back else ""
        at["title"], at["note"] = box.y + 17, box.y + 33
        return Shown(box, title, f"{amounts}{back}", "", f"{node.title}: {amounts}{back}", "#parties", at)
    if node.sort == "more":
        return Shown(
            box, title, f"{node.lots:,} lots", "", f"{node.title}, {node.lots:,} lots", "#flow-table", at
        )
    came = f"{signed(node.came)} {node.unit} {'in' if node.is_received else 'made'}"
    count = f"{node.lots:,} lot{'' if node.lots == 1 else 's'}"
    here = f"{signed(node.here)} {node.unit}"
    state = (
        "Used up"
        if node.chip == "used_up"
        else f"Hold, {here} here"
        if node.chip == "held"
        else f"{here} here"
    )
    label = f"{node.title}, {flow.levels[node.level].lower()}: {count}, {came}, {state.lower()}"
    url = (
        reverse("traceability:lot", args=[node.lot_ids[0]]) if node.lots == 1 else f"#row-{numbers[node.key]}"
    )
    return Shown(box, title, f"{count}, {came}", state, label, url, at)
