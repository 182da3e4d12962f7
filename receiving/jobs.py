"""Long work of receiving."""

from __future__ import annotations

from threading import Thread
from typing import Any

from django.db import connection

from receiving import services
from receiving.models import Delivery
from traceability.exports import csv_text
from traceability.jobs import Made, Progress
from traceability.models import Person

HEADER = ("Line", "Item", "Lot", "Supplier lot", "Quantity", "Unit", "Place", "Best by")


def post_delivery(params: dict[str, Any], progress: Progress, *, actor: Person) -> Made:
    """Post a delivery of many lots; the file is the list of its lots. Run twice, it gives the same receipt."""
    delivery = Delivery.objects.get(pk=params["delivery"])
    receipt = services.post_delivery(
        delivery=delivery,
        actor=actor,
        client=params["client"],
        note=params["note"],
        tell=_seen_meanwhile(progress),
    )
    rows = receipt.lines.select_related("lot__item", "location").order_by("position")
    content = csv_text(
        HEADER,
        (
            (row.position, row.lot.item.code, row.lot.number, row.lot.supplier_lot, row.quantity, row.unit, row.location.code, row.lot.expires_on)
            for row in rows
        ),
    )  # fmt: skip
    return Made(f"receipt-{receipt.number}.csv", "text/csv; charset=utf-8", content.encode())


def _seen_meanwhile(progress: Progress) -> Progress:
    """Told over a connection of its own: what is written in the open transaction nobody else can see yet."""

    def tell(done: int, total: int, unit: str) -> None:
        failed: list[BaseException] = []

        def act() -> None:
            try:
                progress(done, total, unit)
            except BaseException as error:
                failed.append(error)
            finally:
                connection.close()

        thread = Thread(target=act)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]

    return tell
