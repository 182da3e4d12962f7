"""The queue with thousands of inspections: as many queries as with one, whatever waits."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from qc import services as qc
from traceability.ledger import Need
from traceability.models import Lot


def wait(plant, numbers):
    item = plant.item("SHRIMP")
    lots = [plant.receive(number, 10, item=item, status="quarantine") for number in numbers]
    needs = [Need(stage="receiving", what="Receiving inspection", lot=lot) for lot in lots]
    plant.post("disposition", site=plant.site, needs=needs)


def queries(client):
    with CaptureQueriesContext(connection) as told:
        assert client.get("/qc/").status_code == 200
    return len(told)


def test_the_queue_asks_as_often_for_a_page_of_many_as_for_one(plant, client, count):
    client.force_login(plant.quinn, backend="traceability.roles.RoleBackend")
    wait(plant, ["L-0"])
    qc.open_inspection(lot=Lot.objects.get(), stage="receiving", actor=plant.quinn, client="t", key="one")
    client.get("/qc/")
    few = queries(client)
    wait(plant, [f"L-{n}" for n in range(1, count(60, 5_000))])
    assert queries(client) == few
