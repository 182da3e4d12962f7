"""Today at the plant: what stands on the screens when the demo opens, with the times of now.

A delivery is expected (PO-5130, the receiving drill), a shipment is being picked from lots that the recall will stop
(SH-7013), a work order waits for a blend that it will stop too (WO-26-1095), and the shrimp from the dock went into the
cooler. Anita has opened the recall and frozen its scope; nothing is held yet. The torn bags of salt of DEV-0042 are a
nonconformance: contained and reviewed, and the vendor's answer is waited for.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import production.services as production
import qc.services.reporting as reporting
import recalls.services as recalls
import receiving.services as receiving
import shipping.services as shipping
from recalls import complaining
from traceability import ledger
from traceability.ledger import Move
from traceability.models import Delivered, EntryKind, NumberSeries

if TYPE_CHECKING:
    from traceability.config.story.telling import Teller

DRILL = ("ING-BATTER", "ING-BRD-PANKO", "ING-PREDUST")
PICKS = (("F-261105-1", 20), ("F-261029-1", 24), ("F-261106-2", 15))


def add(teller: Teller) -> None:
    _expect_the_drill(teller)
    _begin_a_shipment(teller)
    _release_a_work_order(teller)
    _cool_the_shrimp(teller)
    _open_the_recall(teller)
    _write_down_the_complaints(teller)
    _report_the_torn_bags(teller)
    # The product's own numbers go on where the story's ended.
    NumberSeries.objects.bulk_create(
        [
            NumberSeries(prefix="SH-", last=7013),
            NumberSeries(prefix="RMA-", last=118),
            NumberSeries(prefix="DEV-", last=42),
            NumberSeries(prefix="CMP-", last=314),
        ]
    )


def _expect_the_drill(teller: Teller) -> None:
    """Three items, four pallets of 250 lb each."""
    receiving.order(
        number="PO-5130", supplier=teller.party("Delta Mill Breading"), ordered_on=teller.today - timedelta(days=6), expected_on=teller.today,
        lines=[receiving.OrderedItem(item=teller.item(code), quantity=Decimal(1000)) for code in DRILL], note="Four pallets of each",
        actor=teller.person("Rosa"), **teller.keys("order", "PO-5130"),
    )  # fmt: skip


def _begin_a_shipment(teller: Teller) -> None:
    marcus = teller.person("Marcus")
    lots = [(teller.lots[number], Decimal(quantity)) for number, quantity in PICKS]
    order = shipping.order(
        number="SO-7013", customer=teller.party("C-2006"), due_on=teller.today + timedelta(days=1), actor=marcus, **teller.keys("order", "SH-7013"),
        lines=[
            shipping.OrderedItem(item=item, quantity=sum((q for lot, q in lots if lot.item == item), Decimal(0)))
            for item in dict.fromkeys(lot.item for lot, _ in lots)
        ],
    )  # fmt: skip
    shipment = shipping.start_shipment(
        number="SH-7013",
        order=order,
        site=teller.masters.site,
        carrier="Ozark Cold Freight",
        actor=marcus,
        **teller.keys("shipment", "SH-7013"),
    )
    for position, (lot, quantity) in enumerate(lots, start=1):
        shipping.pick(
            shipment=shipment, lot=lot, quantity=quantity, location=teller.balance(lot, quantity).location, evidence="scanned", actor=marcus,
            **teller.keys("pick", "SH-7013", position),
        )  # fmt: skip


def _release_a_work_order(teller: Teller) -> None:
    linh, blend = teller.person("Linh"), teller.lots["BB-261104-1"]
    item = teller.item("FG-BRD-CAJ-2125")
    order = production.plan_work_order(
        number="WO-26-1095",
        item=item,
        line=teller.place("LINE-3"),
        planned_on=teller.today,
        planned_quantity=Decimal(170),
        actor=linh,
        **teller.keys("plan", "WO-26-1095"),
    )
    order = production.release(work_order=order, actor=linh, **teller.keys("release", "WO-26-1095"))
    take = production.Issued(
        lot=blend, quantity=Decimal(260), location=teller.balance(blend, Decimal(260)).location
    )
    production.reserve(work_order=order, lots=[take], actor=linh, **teller.keys("reserve", "WO-26-1095"))


def _cool_the_shrimp(teller: Teller) -> None:
    """The first entry with a time of its own: from here on nobody can bring the ledger another time."""
    lot = teller.lots["DK-261121-8"]
    move = Move(
        lot=lot,
        quantity=Decimal(1800),
        origin=teller.place("DOCK-1"),
        destination=teller.place("COOL-1"),
        evidence="scanned",
    )
    ledger.post(
        EntryKind.TRANSFER, moves=[move], actor=teller.person("Rosa"), **teller.keys("cool", lot.number)
    )


def _open_the_recall(teller: Teller) -> None:
    """Opened and frozen, not held: that is for the person at the demo to do."""
    notice, anita = teller.story["supplier_notice"], teller.person("Anita")
    case = recalls.open_recall(
        number=notice["recall"], title="Cajun spice CS-26-2874: possible Salmonella", hazard=notice["hazard"].replace("possible", "Possible", 1),
        starts=[teller.lots[number] for number in teller.story["expected"]["source_lots"]], supplier=teller.party(notice["supplier"]),
        notified_on=date.fromisoformat(notice["date"]) + teller.shift, actor=anita,
        reason=f"{notice['supplier']} wrote that lot {notice['supplier_lot']} may carry Salmonella; it came twice, in two spellings",
        **teller.keys("recall", notice["recall"]),
    )  # fmt: skip
    recalls.freeze_scope(recall=case, actor=anita, **teller.keys("freeze", notice["recall"]))


COMPLAINTS = (
    ("CMP-0311", 3, "Two people at one table were ill the day after. They had the breaded shrimp.", "injury"),
    ("CMP-0312", 2, "A cook was ill after tasting the boiled shrimp.", "injury"),
    ("CMP-0314", 1, "A kitchen reports stomach cramps after Thursday's lunch.", "critical"),
)


def _write_down_the_complaints(teller: Teller) -> None:
    """Three customers, three products: what they share is for the person at the demo to find."""
    lots = {row["complaint"]: teller.lots[row["lot"]] for row in teller.story["complaints"]}
    for number, days_ago, what, severity in COMPLAINTS:
        lot = lots[number]
        delivered = Delivered.objects.filter(lot=lot, direction="shipped").order_by("-quantity").first()
        complaining.record(
            number=number, what=what, severity=severity, code_read=lot.number, item=lot.item, customer=delivered.party if delivered else None,
            received_on=teller.today - timedelta(days=days_ago), actor=teller.person("Anita"), **teller.keys("complaint", number),
        )  # fmt: skip


def _report_the_torn_bags(teller: Teller) -> None:
    """What DEV-0042 released all the same is not forgotten: the vendor is asked, and the answer is due in a week."""
    lot, grace, dwayne = teller.lots["RM-261109-02"], teller.person("Grace"), teller.person("Dwayne")
    found = reporting.report(
        title="Two of eight bags of salt torn", source="receiving", severity="minor", defects=["TORN"], quantity="2 of 8 bags", lots=[lot],
        description="Seen on receipt; the torn bags were taken off the pallet. Released by concession DEV-0042.", actor=dwayne,
        inspection=lot.inspections.order_by("pk").first(), **teller.keys("report", lot.number),
    )  # fmt: skip
    reporting.contain(
        nonconformance=found,
        containment="Torn bags off the pallet and weighed out.",
        hold=False,
        actor=grace,
        **teller.keys("contain", lot.number),
    )
    reporting.review(
        nonconformance=found, decision="use_as_is", reason="The rest is clean and dry (DEV-0042).", root_cause="The pallet was strapped over the edge.",
        actor=dwayne, second_person=grace,
    )  # fmt: skip
    reporting.ask_for_action(
        nonconformance=found, kind="vendor", what="Edge protectors under the straps of every pallet", owner=grace,
        due_on=teller.today + timedelta(days=7), actor=dwayne, **teller.keys("scar", lot.number),
    )  # fmt: skip
