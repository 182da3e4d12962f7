"""Quality control at the screen: the queue, the bench, the decision, and holds."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from qc.models import Characteristic, CharacteristicKind, Inspection, Instrument, Plan, Result
from receiving import services as receiving
from tests.cast import PASSWORD
from traceability.ledger import Need
from traceability.models import Balance, Entry, EntryKind, Hold, Requirement, Stage


@pytest.fixture
def shrimp(plant):
    return plant.item("SHRIMP", default_location=plant.store, inspected_at=["receiving"])


@pytest.fixture
def plan(plant, shrimp):
    """Temperature 2 readings ≤ 4.4, salt without a limit, odour pass or fail, the count for information."""
    plan = Plan.objects.create(
        code="QP-001",
        name="Dock receipt",
        stage=Stage.RECEIVING,
        status="approved",
        approved_by=plant.rhea,
        approved_at=timezone.now(),
    )
    plan.items.add(shrimp)
    rows = [
        (
            "Flesh temperature",
            CharacteristicKind.MEASUREMENT,
            {"unit": "°C", "upper": Decimal("4.4"), "readings": 2},
        ),
        ("No decomposition odour", CharacteristicKind.PASS_FAIL, {}),
        ("Count per lb", CharacteristicKind.INFORMATION, {"is_mandatory": False}),
    ]
    for position, (name, kind, rest) in enumerate(rows, start=1):
        Characteristic.objects.create(plan=plan, position=position, name=name, kind=kind, **rest)
    return plan


def deliver(plant, item, supplier_lot, quantity=3400, **rest):
    line = receiving.ReceivedLot(item=item, quantity=Decimal(quantity), supplier_lot=supplier_lot, **rest)
    receipt = receiving.receive_delivery(
        lines=[line], supplier=plant.supplier, actor=plant.rita, client="t", key=f"d-{supplier_lot}"
    )
    return receipt.lines.get().lot


@pytest.fixture
def lot(plant, shrimp, plan):
    return deliver(plant, shrimp, "TT-1")


def begin(client, lot):
    need = Requirement.objects.open().get(lot=lot)
    client.post(f"/qc/needs/{need.pk}/", {"key": "b" * 32})
    return Inspection.objects.undecided().get(lot=lot)


def the(plan, name):
    return plan.characteristics.get(name=name).pk


def save(client, inspection, key="a" * 32, **found):
    sent = {"key": key} | {name.replace("_", "-"): value for name, value in found.items()}
    return client.post(f"/qc/inspections/{inspection.pk}/results", sent, follow=True)


def save_all(client, inspection, plan, temperatures=("3.1", "3.4"), odour="pass"):
    return save(
        client,
        inspection,
        **{
            f"v_{the(plan, 'Flesh temperature')}": list(temperatures),
            f"p_{the(plan, 'No decomposition odour')}": odour,
        },
    )


def sign(client, inspection, outcome, key="e" * 32, **rest):
    return client.post(
        f"/qc/inspections/{inspection.pk}/decision", {"key": key, "outcome": outcome, **rest}, follow=True
    )


def rows_of(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_every_page_has_its_right(lot, plan, browse, client):
    inspection = begin(browse("quinn"), lot)
    seen = [
        "/qc/",
        "/qc/inspections/",
        f"/qc/inspections/{inspection.pk}/",
        "/qc/plans/",
        f"/qc/plans/{plan.pk}/",
        f"/qc/lots/{lot.pk}/",
    ]
    nora, ada = browse("nora"), browse("ada")
    for address in seen:
        assert nora.get(address).status_code == 403, address
        assert client.get(address).headers["Location"].startswith("/login/"), address
        assert ada.get(address).status_code == 200, address
    for address in (
        f"/qc/inspections/{inspection.pk}/results",
        f"/qc/inspections/{inspection.pk}/decision",
        "/qc/scan",
        f"/qc/lots/{lot.pk}/retest",
    ):
        assert browse("paul").post(address, {"key": "0" * 32}).status_code == 403, address
    assert nora.get(f"/lots/{lot.pk}/hold/").status_code == 403
    assert browse("ada").get(f"/lots/{lot.pk}/lift/").status_code == 403


def test_the_queue_shows_first_what_holds_somebody_up_then_what_expires_first(plant, shrimp, browse):
    today = timezone.localdate(timezone=plant.site.zone)
    deliver(plant, shrimp, "NO-DATE", 10)
    deliver(plant, shrimp, "LATE", 20, expires_on=today + timedelta(days=200))
    deliver(plant, shrimp, "SOON", 30, expires_on=today + timedelta(days=5))
    made = plant.output("MADE", plant.run("WO-1"), 5, needs=[])
    plant.post(EntryKind.DISPOSITION, actor=plant.quinn, site=plant.site, needs=[
        Need(stage=Stage.FINAL, what="Final inspection", lot=made), Need(stage=Stage.IN_PROCESS, what="Metal detector", run=plant.run("WO-1"), is_blocking=True),
        Need(stage=Stage.SHIPPING, what="Truck temperature", document="SH-1"),
    ])  # fmt: skip
    page = browse("quinn").get("/qc/")
    shown = [(cells[1].value, cells[6].value) for cells in page.context["rows"]]
    assert shown == [
        ("WO-1", "Blocks the next step; Made on a run that goes on"),
        ("SH-1", "A truck waits at the dock"),
        ("SOON", "Just arrived: nobody may use it yet; expires in 5 days"),
        ("LATE", "Just arrived: nobody may use it yet"),
        ("NO-DATE", "Just arrived: nobody may use it yet"),
        ("MADE", "Finished: it may not be shipped yet"),
    ]
    assert "6 open checks" in page.content.decode()


def test_the_csv_equals_the_table(plant, shrimp, lot, plan, browse):
    quinn = browse("quinn")
    sign(quinn, begin(quinn, lot), "rejected", reason="Smells")
    deliver(plant, shrimp, "TT-2", 50)
    for address in ("/qc/", "/qc/inspections/", "/qc/plans/", f"/qc/plans/{plan.pk}/"):
        page = quinn.get(address)
        found = rows_of(quinn.get(f"{address}?format=csv"))
        assert len(found) - 1 == page.context["total"] == len(page.context["rows"]) > 0
        for line, cells in zip(found[1:], page.context["rows"], strict=True):
            for cell in cells:
                if isinstance(cell.value, str):
                    assert cell.value in line


def test_nothing_is_chosen_beforehand(lot, plan, browse):
    quinn = browse("quinn")
    page = quinn.get(f"/qc/inspections/{begin(quinn, lot).pk}/").content.decode()
    assert " checked" not in page
    assert page.count('type="radio"') == 2 + 4 + 4
    assert "Sign, 2 open" in page
    assert "<strong>≤ 4.4</strong>, any reading out fails" in page
    refused = sign(quinn, Inspection.objects.get(), "")
    assert (refused.status_code, "What becomes of it?" in refused.content.decode()) == (422, True)


def test_readings_are_judged_against_the_limits_as_they_are_saved(lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    page = save_all(quinn, inspection, plan, ("3.1", "6.1")).content.decode()
    assert "6.1 °C. Limit is 4.4 or less." in page
    assert "2 of 2 read; mean 4.6, 3.1 to 6.1." in page
    assert list(
        Result.objects.filter(value__isnull=False).order_by("reading_no").values_list("is_within", flat=True)
    ) == [True, False]


def test_saving_twice_writes_each_reading_once(lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    for _ in range(2):
        save_all(quinn, inspection, plan)
    assert Result.objects.count() == 3


def test_a_refused_save_keeps_what_was_typed(lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    response = save_all(quinn, inspection, plan, ("3,1", "3.4"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "is not a quantity" in page
    assert 'value="3,1"' in page
    assert 'value="pass" checked' in page
    assert not Result.objects.exists()


def test_a_retest_keeps_both_and_needs_its_reason(lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    save_all(quinn, inspection, plan, ("3.1", "6.1"))
    c = the(plan, "Flesh temperature")
    refused = save(quinn, inspection, key="c" * 32, **{f"rv_{c}": ["3.0", "3.1"]})
    assert "reason_required" in refused.content.decode()
    page = save(
        quinn, inspection, key="d" * 32, **{f"rv_{c}": ["3.0", "3.1"], f"why_{c}": "Probe was warm"}
    ).content.decode()
    assert "2 retests, 1 fail on record" in page
    assert "Sign the decision" in page
    assert Result.objects.filter(characteristic=c).count() == 4


def test_a_good_lot_is_released_and_the_requirement_is_met(lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    save_all(quinn, inspection, plan)
    page = sign(quinn, inspection, "released").content.decode()
    assert f"TT-1: released under {inspection.number}." in page
    assert Balance.objects.get(lot=lot, quantity__gt=0).status == "released"
    assert not Requirement.objects.open().exists()
    assert sign(quinn, inspection, "released").status_code == 200
    assert Entry.objects.filter(kind=EntryKind.DISPOSITION).count() == 1


def test_a_release_with_something_open_is_refused_and_the_input_kept(lot, plan, browse):
    quinn = browse("quinn")
    response = sign(quinn, begin(quinn, lot), "released", reason="looks fine")
    page = response.content.decode()
    assert response.status_code == 409
    assert '<span class="banner-code">not_within_limits</span>' in page
    assert "looks fine" in page
    assert 'value="released" checked' in page


def test_whoever_received_it_is_told_and_cannot_decide(plant, lot, plan, browse):
    plant.rita.roles = ["receiver", "qc"]
    plant.rita.save()
    rita = browse("rita")
    inspection = begin(rita, lot)
    save_all(rita, inspection, plan)
    page = rita.get(f"/qc/inspections/{inspection.pk}/").content.decode()
    assert "You received or made this lot." in page
    assert "disabled>Sign: somebody else has to decide" in page
    refused = sign(rita, inspection, "released")
    assert refused.status_code == 403
    assert '<span class="banner-code">same_person</span>' in refused.content.decode()
    assert Balance.objects.get(lot=lot).status == "quarantine"


def test_a_part_is_released_and_the_rest_waits(plant, lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    save_all(quinn, inspection, plan)
    balance = Balance.objects.get(lot=lot)
    page = sign(
        quinn,
        inspection,
        "divided",
        **{f"release-{balance.pk}": "3000", f"reject-{balance.pk}": "100", "reason": "One tote warm"},
    ).content.decode()
    assert "A part is decided" in page
    assert dict(Balance.objects.filter(lot=lot, quantity__gt=0).values_list("status", "quantity")) == {
        "released": 3000,
        "rejected": 100,
        "quarantine": 300,
    }
    assert Requirement.objects.open().filter(lot=lot).exists()
    rest = Balance.objects.get(lot=lot, status="quarantine")
    page = sign(quinn, inspection, "divided", key="f" * 32, **{f"release-{rest.pk}": "300"}).content.decode()
    assert f"TT-1: divided under {inspection.number}" in page
    assert not Requirement.objects.open().filter(lot=lot).exists()


def test_a_concession_takes_a_second_person_and_a_deviation(lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    save_all(quinn, inspection, plan, ("3.1", "6.1"))
    alone = sign(quinn, inspection, "concession", reason="To be cooked at once")
    assert "second_person_required" in alone.content.decode()
    wrong = sign(
        quinn,
        inspection,
        "concession",
        reason="To be cooked",
        second_username="quentin",
        second_password="guess-it",
    )
    assert wrong.status_code == 403
    assert "guess-it" not in wrong.content.decode()
    assert 'value="quentin"' in wrong.content.decode()
    page = sign(
        quinn,
        inspection,
        "concession",
        reason="To be cooked",
        second_username="quentin",
        second_password=PASSWORD,
        deviation="DEV-0042",
    ).content.decode()
    assert "Deviation DEV-0042." in page
    assert Entry.objects.get(kind=EntryKind.DISPOSITION).second_person.username == "quentin"


def test_a_scanned_lot_opens_its_inspection_and_a_scanned_probe_is_taken_in_hand(lot, plan, browse):
    Instrument.objects.create(code="TH-07", name="Probe", calibrated_until=date(2020, 1, 1))
    quinn = browse("quinn")
    response = quinn.post("/qc/scan", {"code": "TT-1"}, follow=True)
    inspection = Inspection.objects.get()
    assert response.redirect_chain[0][0] == f"/qc/inspections/{inspection.pk}/"
    page = quinn.post("/qc/scan", {"code": "th-07", "back": inspection.pk}, follow=True).content.decode()
    assert "The calibration of TH-07 ended on 2020-01-01." in page
    assert (
        "No lot or probe is called NOPE."
        in quinn.post("/qc/scan", {"code": "NOPE"}, follow=True).content.decode()
    )


def test_the_panel_is_a_fragment_for_the_lots_page_and_a_page_by_itself(lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    save_all(quinn, inspection, plan)
    sign(quinn, inspection, "released")
    fragment = quinn.get(f"/qc/lots/{lot.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "mean 3.25, 3.1 to 3.4 (2)" in fragment
    assert inspection.number in fragment
    page = quinn.get(f"/qc/lots/{lot.pk}/").content.decode()
    assert "<html" in page
    assert "Open a retest" in page


def test_a_decided_lot_is_looked_at_again_in_an_inspection_of_its_own(lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    save_all(quinn, inspection, plan)
    sign(quinn, inspection, "released")
    again = sign(quinn, inspection, "rejected", key="f" * 32, reason="Too late")
    assert "already_decided" in again.content.decode()
    page = quinn.post(f"/qc/lots/{lot.pk}/retest", {"key": "9" * 32}, follow=True).content.decode()
    assert "No plan was in force for it." in page
    assert Inspection.objects.filter(lot=lot).count() == 2


def test_a_hold_is_placed_once_and_lifted_by_two(plant, lot, browse):
    sam = browse("sam")
    for _ in range(2):
        done = sam.post(
            f"/lots/{lot.pk}/hold/",
            {
                "key": "1" * 32,
                "reason": "Torn bags",
                "cause": "quality",
                "reference": "NC-7",
                "cascades": "yes",
            },
            follow=True,
        )
    assert "TT-1 is on hold." in done.content.decode()
    hold = Hold.objects.get()
    assert (hold.reference, hold.cascades) == ("NC-7", True)
    quinn, address = browse("quinn"), f"/lots/{lot.pk}/lift/"
    sent = {"key": "2" * 32, "hold": hold.pk, "reason": "Repacked"}
    alone = quinn.post(address, sent)
    assert (
        alone.status_code,
        "second_person_required" in alone.content.decode(),
        "Repacked" in alone.content.decode(),
    ) == (422, True, True)
    with_paul = quinn.post(address, sent | {"second_username": "paul", "second_password": PASSWORD})
    assert "not_permitted" in with_paul.content.decode()
    done = quinn.post(
        address, sent | {"second_username": "quentin", "second_password": PASSWORD}, follow=True
    )
    assert "A hold on TT-1 is lifted." in done.content.decode()
    assert not Hold.objects.standing().exists()


def test_a_hold_without_a_reason_is_refused_and_the_input_kept(lot, browse):
    response = browse("rita").post(
        f"/lots/{lot.pk}/hold/", {"key": "1" * 32, "reason": " ", "cause": "papers", "reference": "NC-8"}
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "reason_required" in page
    assert 'value="NC-8"' in page
    assert 'value="papers" selected' in page


def test_ninety_ten_and_five_by_concession_tell_one_story_everywhere(plant, lot, plan, browse):
    """3,400 lb: 3,390 released, 10 rejected, then 5 of them by concession: balances, page, history, list and CSV agree."""
    quinn = browse("quinn")
    first = begin(quinn, lot)
    save_all(quinn, first, plan)
    [waiting] = Balance.objects.filter(lot=lot)
    sign(
        quinn,
        first,
        "divided",
        reason="10 torn",
        disposal="return",
        **{f"release-{waiting.pk}": "3390", f"reject-{waiting.pk}": "10"},
    )
    quinn.post(f"/qc/lots/{lot.pk}/retest", {"key": "c" * 32})
    again = Inspection.objects.undecided().get(lot=lot)
    rejected = Balance.objects.get(lot=lot, status="rejected")
    page = quinn.get(f"/qc/inspections/{again.pk}/").content.decode()
    assert f'name="release-{rejected.pk}"' in page
    assert f'name="reject-{rejected.pk}"' not in page
    alone = sign(quinn, again, "divided", "f" * 32, reason="Usable", **{f"release-{rejected.pk}": "5"})
    assert "What was rejected is released by concession alone." in alone.content.decode()
    both = {"second_username": "quentin", "second_password": PASSWORD}
    done = sign(
        quinn, again, "divided", "g" * 32, reason="Usable", **both, **{f"release-{rejected.pk}": "5"}
    ).content.decode()
    again.refresh_from_db()
    assert {row.status: row.quantity for row in Balance.objects.filter(lot=lot, quantity__gt=0)} == {
        "released": 3395,
        "rejected": 5,
    }
    assert again.deviation in done
    assert "Quinn and Quentin" in done
    told = rows_of(browse("ada").get("/qc/inspections/?format=csv&columns=all"))
    by_number = {row[0]: row for row in told}
    assert again.deviation in by_number[again.number]
    assert "Return to vendor" in quinn.get(f"/qc/inspections/{first.pk}/").content.decode()
    history = browse("ada").get(f"/lots/{lot.pk}/").content.decode()
    assert first.number in history
    assert again.number in history


def test_a_slip_keeps_what_was_typed_and_one_touch_converts_it(lot, plan, browse):
    look = plan.characteristics.get(name="Flesh temperature")
    look.gross_upper = Decimal(35)
    look.save()
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    asked = save(quinn, inspection, **{f"v_{look.pk}": ["41.2", "3.0"]})
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "41.2 looks like °F" in page
    assert 'value="41.2"' in page
    assert "Convert (5.1 °C)" in page
    assert not Result.objects.exists()
    save(quinn, inspection, "k" * 32, convert=str(look.pk), **{f"v_{look.pk}": ["41.2", "3.0"]})
    assert [float(r.value) for r in Result.objects.order_by("reading_no")] == [5.1, 3.0]


def test_a_sample_leaves_the_stock_and_a_laboratory_is_waited_for(plant, lot, plan, browse):
    quinn = browse("quinn")
    inspection = begin(quinn, lot)
    [here] = Balance.objects.filter(lot=lot)
    sent = {"key": "s" * 32, "sample_quantity": "2", "balance": str(here.pk), "purpose": "Salmonella"}
    for _ in range(2):
        quinn.post(f"/qc/inspections/{inspection.pk}/sample", sent)
    assert Balance.objects.get(pk=here.pk).quantity == 3398
    assert Entry.objects.get(kind=EntryKind.SAMPLE).document == inspection.number
    quinn.post(f"/qc/inspections/{inspection.pk}/laboratory", {"laboratory": "Gulf Lab"})
    assert "Gulf Lab" in quinn.get("/qc/laboratory").content.decode()
    rows = f"inspection,characteristic,passed\n{inspection.number},No decomposition odour,pass\n"
    quinn.post("/qc/laboratory", {"key": "t" * 32, "text": rows})
    assert Result.objects.get().source == "Gulf Lab"
    wrong = quinn.post("/qc/laboratory", {"key": "u" * 32, "text": rows.replace("odour", "colour")})
    assert (wrong.status_code, "does not ask for No decomposition colour" in wrong.content.decode()) == (
        422,
        True,
    )
