"""A delivery with all that its questions need: orders and how far they are, lots taken in, the supplier's terms. Read once a request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from receiving.models import Delivery, DeliveryHand, DeliveryLine, PurchaseOrder
from receiving.services.hand import Hand
from receiving.services.progress import Factors, Progress, base, factors_of, progress_of
from receiving.services.terms import Terms, over_percent, terms_of
from traceability import attributes
from traceability.models import Item, Location, LotAttribute, Party

if TYPE_CHECKING:
    from traceability.models import Person


@dataclass
class Desk:
    delivery: Delivery
    person: Person
    # What was read does not hold any more: something was rolled back after it.
    is_stale: bool = False

    @property
    def supplier(self) -> Party:
        return self.delivery.supplier

    @cached_property
    def orders(self) -> list[PurchaseOrder]:
        return list(self.delivery.orders.order_by("pk"))

    @property
    def title(self) -> str:
        """What people call this delivery."""
        return ", ".join(order.number for order in self.orders) or f"{self.supplier}, no order"

    @cached_property
    def today(self) -> date:
        return timezone.now().astimezone(self.delivery.site.zone).date()

    @cached_property
    def lines(self) -> list[DeliveryLine]:
        """What stands ready to post, in order."""
        found = self.delivery.lines.standing().select_related(
            "item", "order_line__item", "location", "approved_by", "added_by"
        )
        return list(found.order_by("position"))

    @cached_property
    def _came(self) -> list[Progress]:
        """Each line of the orders with what was posted on it. A scan changes nothing of it."""
        found = progress_of(self.orders)
        return [row for order in self.orders for row in found.get(order.pk, [])]

    @cached_property
    def progress(self) -> list[Progress]:
        """Each line of the orders, with what stands in this delivery counted in."""
        rows = [replace(row) for row in self._came]
        by_line = {row.line.pk: row for row in rows}
        for row in rows:
            row.percent = over_percent(self.terms, row.line.item)
        for line in self.lines:
            row_of = by_line.get(line.order_line_id or 0)
            if row_of:
                row_of.drafted += self.base(line.item, line.quantity, line.unit)
                row_of.drafted_lots += 1
        return rows

    @cached_property
    def ordered_items(self) -> dict[int, Item]:
        return {row.line.item_id: row.line.item for row in self._came}

    @cached_property
    def terms(self) -> Terms:
        return terms_of(self.supplier, {*self.ordered_items, *(line.item_id for line in self.lines)})

    @cached_property
    def factors(self) -> Factors:
        return factors_of([*self.ordered_items.values(), *(line.item for line in self.lines)])

    @cached_property
    def attributes(self) -> dict[int, list[LotAttribute]]:
        """By item, what its category asks of a lot when it is received."""
        return attributes.asked_of([*self.ordered_items.values(), *(line.item for line in self.lines)])

    def wants(self, item: Item, given: dict[str, str]) -> list[LotAttribute]:
        """What is required of a lot and was not said."""
        return [
            one for one in self.attributes.get(item.pk, []) if one.is_required and not given.get(str(one.pk))
        ]

    def base(self, item: Item, quantity: Decimal, unit: str) -> Decimal:
        return base(item, quantity, unit, self.factors)

    def learn(self, item: Item) -> Item:
        """An item that stands on no order of the delivery: its terms and units are read now."""
        if item.pk not in self.ordered_items:
            self.terms.update(terms_of(self.supplier, [item.pk]))
            self.factors.update(factors_of([item]))
            self.attributes.update(attributes.asked_of([item]))
        return item

    def item_of(self, hand: Hand) -> Item | None:
        if hand.item is None:
            return None
        known = self.ordered_items.get(hand.item)
        if known is None:
            found = (
                Item.objects.select_related("default_location__site")
                .filter(pk=hand.item, is_active=True)
                .first()
            )
            known = self.learn(found) if found else None
        return known

    def row_for(self, item_id: int, *, chosen: int | None = None) -> Progress | None:
        """The order line a lot of this item counts on: the one that was chosen, else the first that wants more, else the last."""
        own = [row for row in self.progress if row.line.item_id == item_id]
        if chosen is not None:
            return next((row for row in own if row.line.pk == chosen), None)
        return next((row for row in own if not row.is_complete), own[-1] if own else None)

    def open_items(self) -> list[Item]:
        """Items of which something is still to come."""
        return list(
            {row.line.item_id: row.line.item for row in self.progress if not row.is_complete}.values()
        )

    def place_of(self, hand: Hand, item: Item) -> Location | None:
        if hand.location is not None:
            return self.places().filter(pk=hand.location).first()
        place = item.default_location
        return place if place and place.site_id == self.delivery.site_id else None

    def places(self) -> QuerySet[Location]:
        return (
            Location.objects.inside()
            .filter(site=self.delivery.site_id, is_active=True)
            .select_related("site")
        )

    def lot_lines(self, item: Item, key: str) -> list[DeliveryLine]:
        return [
            line for line in self.lines if line.item_id == item.pk and key and line.supplier_lot_key == key
        ]

    def number_of(self, line: DeliveryLine) -> int:
        """The line's number as the screen counts: from the first that stands."""
        return self.lines.index(line) + 1

    # The lot in hand.

    @cached_property
    def _kept(self) -> DeliveryHand:
        return DeliveryHand.objects.get_or_create(delivery=self.delivery, person=self.person)[0]

    @cached_property
    def hand(self) -> Hand:
        return Hand.from_json(self._kept.now)

    def hold(self, hand: Hand) -> None:
        """Keep what is in hand now."""
        self.hand = hand
        self._kept.now = hand.to_json()
        self._kept.save(update_fields=["now", "changed_at"])

    def forget(self) -> None:
        """What stands here is read anew: something was added or taken off."""
        for name in ("lines", "progress"):
            self.__dict__.pop(name, None)
