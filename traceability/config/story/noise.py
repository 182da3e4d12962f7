"""Ordinary trouble, with lots of its own that take no part in the recall: `background_events` of the data.

A rejected dock lot, a lot that must be labelled for sulfites, a concession (DEV-0042), a metal detector that failed, and a
pallet of predust that expired behind the others. The overdue thermometer TH-07 is in `masters`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from traceability import ledger
from traceability.config.story.timetable import DELIVERIES, ON_RECEIPT, OPENING, Step
from traceability.ledger import Move
from traceability.models import EntryKind, Hold, Lot, Status

if TYPE_CHECKING:
    from traceability.config.story.telling import Teller


def _delivery(
    document: str,
    supplier: str,
    lot: str,
    item: str,
    supplier_lot: str,
    quantity: str,
    expiry: str | None,
    location: str,
) -> dict[str, Any]:
    line = {
        "lot": lot,
        "item": item,
        "supplier_lot": supplier_lot,
        "quantity": quantity,
        "unit": "lb",
        "expiry": expiry,
        "location": location,
    }
    kind = "trip_ticket" if document.startswith("TRIP") else "purchase_order"
    return {"document": document, "document_type": kind, "supplier": supplier, "lines": [line]}


def steps() -> list[Step]:
    first, concession, crabs = date(2026, 10, 10), date(2026, 11, 9), date(2026, 11, 11)
    warm, sulfites = date(2026, 11, 14), date(2026, 11, 21)
    too_warm = "Flesh temperature 6.1 °C; the limit is 4.4 °C"
    return [
        Step(first, OPENING, "take_over", {"lot": "RM-260520-02", "item": "ING-PREDUST", "supplier": "Delta Mill Breading", "supplier_lot": "DM-D-0987",
                                           "quantity": "250", "expiry": "2026-11-15"}),
        Step(concession, DELIVERIES, "receive", _delivery("PO-5122", "Bay Chem Supply", "RM-261109-02", "ING-SALT", "BC-88311", "400", None, "ING-DRY")),
        Step(concession, ON_RECEIPT, "begin_inspection", {"lot": "RM-261109-02", "stage": "receiving", "found": {"bag integrity": False}}),
        Step(concession, ON_RECEIPT + 50, "release_lot", {
            "lot": "RM-261109-02", "second": "Grace", "deviation": "DEV-0042",
            "reason": "Two of eight bags torn; torn bags taken off the pallet, the rest is clean and dry"}),
        Step(crabs, DELIVERIES, "receive", _delivery("PO-5123", "Dauphin Co-Packing", "XC-261111-01", "COP-CRAB-CAKE", "DCP-3107", "960", "2027-05-01", "RAW-FRZ")),
        Step(crabs, 10 * 60 + 45, "hold_and_lift", {
            "lot": "XC-261111-01", "minutes": 155, "reason": "Metal detector challenge failed at 10:40 (Fe 2.0 mm); 40 minutes of product since the last good one",
            "lifted": "Run again over MD-01 after repair; all challenges passed, nothing found"}),
        Step(warm, DELIVERIES, "receive", _delivery("TRIP-4456", "F/V Miss Odessa", "DK-261114-7", "RAW-SHR-BRN-HO", "TT-26-4456", "2200", None, "DOCK-1")),
        Step(warm, ON_RECEIPT, "begin_inspection", {"lot": "DK-261114-7", "stage": "receiving", "by": "Grace", "found": {"flesh temperature": "6.1"}}),
        Step(warm, ON_RECEIPT + 10, "reject_lot", {"lot": "DK-261114-7", "by": "Grace", "reason": too_warm}),
        Step(warm, ON_RECEIPT + 60, "send_back", {"lot": "DK-261114-7", "quantity": "2200", "reason": too_warm}),
        Step(sulfites, DELIVERIES, "receive", _delivery("TRIP-4470", "F/V Capt Elroy", "DK-261121-8", "RAW-SHR-BRN-HO", "TT-26-4470", "1800", None, "DOCK-1")),
        Step(sulfites, ON_RECEIPT, "begin_inspection", {"lot": "DK-261121-8", "stage": "receiving", "found": {"sulfite residual": "31"}}),
        Step(sulfites, ON_RECEIPT + 10, "release_lot", {"lot": "DK-261121-8", "reason": "Sulfites 31 ppm: below the limit of 100, must be labelled"}),
    ]  # fmt: skip


def take_over(teller: Teller, moment: datetime, what: dict[str, Any]) -> None:
    """Stock on hand when Lotline began: where it came from before that is not known here, and a trace says so."""
    lot = Lot(
        item=teller.item(what["item"]), number=what["lot"], supplier=teller.party(what["supplier"]), supplier_lot=what["supplier_lot"],
        expires_on=teller.day(what["expiry"]), is_imported=True,
    )  # fmt: skip
    move = Move(
        lot=lot, quantity=Decimal(what["quantity"]), origin=teller.place("ADJUSTMENT"), destination=teller.place("ING-DRY"),
        destination_status=Status.RELEASED, evidence="imported",
    )  # fmt: skip
    ledger.post(
        EntryKind.OPENING, moves=[move], document="OPENING", reason="Stock on hand when Lotline began", actor=teller.person("Grace"),
        **teller.keys("opening", lot.number), **teller.times(moment),
    )  # fmt: skip
    teller.remember([lot])


def hold_and_lift(teller: Teller, moment: datetime, what: dict[str, Any]) -> None:
    lot, dwayne = teller.lots[what["lot"]], teller.person("Dwayne")
    site = teller.masters.site
    ledger.place_hold(
        [lot],
        reason=what["reason"],
        actor=dwayne,
        site=site,
        **teller.keys("hold", lot.number),
        **teller.times(moment),
    )
    later = moment + timedelta(minutes=what["minutes"])
    ledger.lift_hold(
        list(Hold.objects.standing().filter(lot=lot).select_related("placed_in__site")), reason=what["lifted"], actor=dwayne,
        second_person=teller.person("Grace"), **teller.keys("lift", lot.number), **teller.times(later),
    )  # fmt: skip
