"""What a scan of a paper of receiving means: an order or a receipt, by the number on it."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from receiving.models import PurchaseOrder, Receipt
from traceability.scanning import Asked, Candidate, Kind, Reading, add_finder


def orders(reading: Reading, asked: Asked) -> Iterable[Candidate]:
    number = reading.code or reading.order
    if not number:
        return []
    return [
        Candidate(
            kind=Kind.DOCUMENT, code=order.number, title=f"{order.get_kind_display()} {order.number}", facts=(str(order.supplier), "closed" if order.is_closed else "open"),
            url=reverse("receiving:order", args=[order.pk]), record=order,
        )
        for order in PurchaseOrder.objects.filter(number=number).select_related("supplier")
    ]  # fmt: skip


def receipts(reading: Reading, asked: Asked) -> Iterable[Candidate]:
    if not reading.code:
        return []
    return [
        Candidate(
            kind=Kind.DOCUMENT, code=receipt.number, title=f"Receipt {receipt.number}", facts=(str(receipt.supplier),),
            url=reverse("receiving:receipt", args=[receipt.pk]), record=receipt,
        )
        for receipt in Receipt.objects.filter(number=reading.code, site__in=asked.person.reach.sites).select_related("supplier")
    ]  # fmt: skip


def register() -> None:
    add_finder(Kind.DOCUMENT, orders, right="receiving.view")
    add_finder(Kind.DOCUMENT, receipts, right="receiving.view")
