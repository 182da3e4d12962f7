"""Ten thousand serials of one delivery: asked for once, posted in the background, with progress on the way."""

import pytest

from receiving import jobs, services
from receiving.models import DeliveryStep
from tests.receiving.dock import make_order
from traceability.models import Balance, Entry, EntryKind, Job, Lot, Tracking


@pytest.fixture
def many(dock, plant):
    stem = plant.item("STEM", tracking=Tracking.SERIAL, unit="ea", default_location=plant.store)
    dock.delivery.orders.set([make_order(plant, "PO-V", (stem, 10_000))])
    assert dock.scan("PV-26-000001..010000").plain == "Stem PV-26-000001 … PV-26-010000 (10,000), 10,000 ea."
    return dock


def test_ten_thousand_serials_are_one_entry_with_progress_told(many, plant):
    job = services.post_later(delivery=many.delivery, actor=plant.rita, client="session:rita")
    assert services.post_later(delivery=many.delivery, actor=plant.rita, client="session:rita") == job
    with pytest.raises(services.DeliveryClosed, match="It is being posted"):
        many.scan("PV-26-010001")
    told = []
    made = jobs.post_delivery(job.params, lambda *how_far: told.append(how_far), actor=plant.rita)
    assert told[0] == (0, 10_000, "lots")
    assert told[-1] == (10_000, 10_000, "lots")
    assert len(told) > 10
    receipt = Lot.objects.filter(item__code="STEM").values_list("received_under", flat=True).distinct().get()
    assert Balance.objects.filter(lot__received_under=receipt, quantity=1).count() == 10_000
    assert Entry.objects.get(kind=EntryKind.RECEIPT, document=receipt).movements.count() == 10_000
    assert made.content.decode().count("\n") == 10_001
    assert jobs.post_delivery(job.params, lambda *how_far: None, actor=plant.rita).filename == made.filename
    assert Lot.objects.filter(item__code="STEM").count() == 10_000


def test_a_job_that_failed_is_asked_for_anew(many, plant):
    first = services.post_later(delivery=many.delivery, actor=plant.rita, client="session:rita")
    Job.objects.filter(pk=first.pk).update(state="failed")
    assert services.post_later(delivery=many.delivery, actor=plant.rita, client="session:rita") != first


def test_the_button_leads_to_the_job(many, browse):
    answer = browse("rita").post(f"/receiving/deliveries/{many.delivery.pk}/post")
    job = Job.objects.get()
    assert (answer["Location"], job.title) == (f"/jobs/{job.pk}/", "Post PO-V: 10,000 lots")
    assert browse("rita").get(f"/receiving/deliveries/{many.delivery.pk}/")["Location"] == f"/jobs/{job.pk}/"
    assert DeliveryStep.objects.count() == 1
