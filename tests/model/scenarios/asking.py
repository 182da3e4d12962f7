"""Small words for the stories."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from traceability import ledger
from traceability.ledger import Move, verify
from traceability.models import Balance, Hold


def end_of(act: Callable[[], Any]) -> str:
    """Through, the code of a refusal, or the name of another error (which nobody should see)."""
    try:
        act()
    except ledger.Refusal as refusal:
        return refusal.code
    except Exception as error:
        return type(error).__name__
    return "through"


def refused(code: str, act: Callable[[], Any]) -> None:
    found = end_of(act)
    assert found == code, f"{found} instead of {code}"


def goes_through(act: Callable[[], Any]) -> None:
    refused("through", act)


def on_hand(lot: Any) -> Decimal:
    return sum(Balance.objects.filter(lot=lot).values_list("quantity", flat=True), Decimal(0))


def held() -> set[str]:
    return set(Hold.objects.standing().values_list("lot__number", flat=True))


def move(plant: Any, lot: Any, quantity: Any, origin: str, destination: str, **rest: Any) -> Move:
    return Move(
        lot=lot,
        quantity=Decimal(quantity),
        origin=plant.place(origin),
        destination=plant.place(destination),
        **rest,
    )


def is_sound() -> None:
    report = verify.verify()
    assert report.is_sound, report.findings
