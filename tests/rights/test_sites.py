"""Two sites: each sees its own, both see what went between them, and nobody who runs a recall is told less than all.

PLANT:  F ──▶ W1 ──▶ B          B is carried to the annex
ANNEX:               B ──▶ W2 ──▶ C ──▶ Magnolia Foodservice
"""

import csv
import io
from decimal import Decimal

import pytest
from django.test import Client

from recalls import services as recalls
from tests.cast import make_site
from traceability import genealogy, reach
from traceability.ledger import Move
from traceability.models import EntryKind, Location, Lot


@pytest.fixture
def annex(plant):
    site = make_site("ANNEX")
    site.name = "Annex"
    site.save()
    return site


@pytest.fixture
def sites(plant, annex):
    """Rhea and Ada see both sites; Quinn and Rita the plant; Quentin and Sam the annex."""
    for name in ("rhea", "ada", "paul", "sam", "rita"):
        plant.people[name].sites.add(annex)
    flour = plant.receive("F", 100)
    blend = plant.output("B", plant_run(plant, flour), 50, item=plant.item("BLEND"))
    there = Location.objects.select_related("site").get(site=annex, code="STORE-1")
    plant.post(
        EntryKind.TRANSFER,
        Move(lot=blend, quantity=Decimal(20), origin=plant.store, destination=there),
        document="TR-1",
    )
    production = Location.objects.select_related("site").get(site=annex, kind="production")
    customer = Location.objects.select_related("site").get(site=annex, kind="customer")
    run = plant.run("W2")
    run.site = annex
    run.save()
    plant.post(
        EntryKind.ISSUE,
        Move(lot=blend, quantity=Decimal(20), origin=there, destination=production, run=run),
        document="W2",
        actor=plant.paul,
    )
    cake = Lot(item=plant.item("CAKE"), number="C")
    plant.post(
        EntryKind.OUTPUT, Move(lot=cake, quantity=Decimal(10), origin=production, destination=there, destination_status="released", run=run),
        document="W2", actor=plant.paul,
    )  # fmt: skip
    plant.post(
        EntryKind.SHIPMENT, Move(lot=cake, quantity=Decimal(4), origin=there, destination=customer), document="SH-ANNEX", party=plant.other_customer,
        actor=plant.sam,
    )  # fmt: skip
    for name in ("sam", "quentin"):
        plant.people[name].sites.set([annex])
    plant.rita.sites.set([plant.site])
    for person in plant.people.values():
        person.refresh_from_db()
    return flour, blend, cake


def plant_run(plant, flour):
    run = plant.run("W1")
    plant.issue(flour, run, 50)
    return run


def page(person, address):
    client = Client()
    client.force_login(person, backend="traceability.roles.RoleBackend")
    return client.get(address)


def test_each_site_sees_its_lots_and_both_see_what_was_carried_between_them(plant, sites):
    flour, blend, cake = sites
    assert set(Lot.objects.for_actor(plant.quinn)) == {flour, blend}
    assert set(Lot.objects.for_actor(plant.quentin)) == {blend, cake}
    assert set(Lot.objects.for_actor(plant.rhea)) == {flour, blend, cake}
    assert page(plant.quinn, f"/lots/{cake.pk}/").status_code == 404
    assert page(plant.quentin, f"/lots/{cake.pk}/").status_code == 200


def test_of_a_lot_that_was_at_two_sites_each_sees_its_own_movements(plant, sites):
    _, blend, _ = sites
    here = page(plant.quinn, f"/lots/{blend.pk}/movements/").content.decode()
    assert "W1" in here
    assert "TR-1" in here
    assert "W2" not in here
    there = page(plant.quentin, f"/lots/{blend.pk}/movements/").content.decode()
    assert "W2" in there
    assert "TR-1" in there
    assert "W1" not in there


def test_a_walk_ends_at_the_boundary_of_what_one_sees_and_says_where_it_goes_on(plant, sites):
    flour, blend, cake = sites
    answer = page(plant.quinn, f"/lots/{flour.pk}/where-used/").content.decode()
    assert "It goes on at Annex (1 lot)" in answer
    assert f"/lots/{blend.pk}/" in answer
    assert f"/lots/{cake.pk}/" not in answer
    exported = page(plant.quinn, f"/lots/{flour.pk}/where-used/?format=csv")
    rows = list(csv.reader(io.StringIO(b"".join(exported.streaming_content).decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["B", "1 more at Annex"]


def test_the_manager_of_all_sites_is_told_everything(plant, sites):
    flour, _, cake = sites
    answer = page(plant.rhea, f"/lots/{flour.pk}/where-used/").content.decode()
    assert "It goes on at" not in answer
    assert f"/lots/{cake.pk}/" in answer
    assert reach.elsewhere(plant.rhea, genealogy.where_used([flour]).lots) == []


def test_the_api_counts_what_is_elsewhere_and_names_none_of_it(plant, sites):
    flour, _, _ = sites
    body = page(plant.quinn, f"/api/v1/lots/{flour.pk}/where-used").json()
    assert body["count"] == 3
    assert [row["number"] for row in body["results"]] == ["F", "B"]
    assert [(other["site"]["code"], other["lots"]) for other in body["elsewhere"]] == [("ANNEX", 1)]
    assert page(plant.rhea, f"/api/v1/lots/{flour.pk}/where-used").json()["elsewhere"] == []


def test_a_number_at_another_site_is_unknown_to_search_filter_and_scan(plant, sites):
    _, _, cake = sites
    assert f"/lots/{cake.pk}/" not in page(plant.quinn, "/search?q=C").content.decode()
    assert page(plant.quentin, "/search?q=C").headers["Location"] == f"/lots/{cake.pk}/"
    known = page(plant.quinn, "/api/v1/movements?lot=C")
    unknown = page(plant.quinn, "/api/v1/movements?lot=X")
    assert known.status_code == unknown.status_code == 400
    assert known.json()["code"] == unknown.json()["code"]


def test_the_feed_has_the_entries_of_ones_sites_in_order(plant, sites):
    seen = page(plant.quentin, "/api/v1/entries").json()["results"]
    assert [entry["document"] for entry in seen] == ["TR-1", "W2", "W2", "SH-ANNEX"]


def test_a_case_shows_the_lots_of_ones_sites_and_where_else_it_reaches(plant, sites):
    flour, _, cake = sites
    recall = recalls.open_recall(
        title="Flour",
        hazard="Salmonella",
        reason="They wrote",
        starts=[flour],
        actor=plant.rhea,
        client="t",
        key="o",
    )
    recalls.freeze_scope(recall=recall, actor=plant.rhea, client="t", key="f")
    mine = page(plant.quinn, f"/recalls/{recall.pk}/").content.decode()
    assert "It goes on at Annex (1 lot)" in mine
    assert f"/lots/{cake.pk}/" not in mine
    assert "Magnolia" not in page(plant.quinn, f"/recalls/{recall.pk}/customers/").content.decode()
    whole = page(plant.rhea, f"/recalls/{recall.pk}/customers/").content.decode()
    assert "Magnolia" in whole
    # The annex is told of the case as soon as it holds something there.
    assert page(plant.quentin, f"/recalls/{recall.pk}/").status_code == 404
    recalls.hold_all(recall=recall, actor=plant.rhea, client="t", key="h")
    assert page(plant.quentin, f"/recalls/{recall.pk}/").status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/recalls/{pk}/rev/1/report/", "/api/v1/recalls/{pk}", "/api/v1/recalls/{pk}/scope?revision=1"],
)
def test_a_sealed_paper_is_shown_whole_or_not_at_all(plant, sites, address):
    flour, _, _ = sites
    recall = recalls.open_recall(
        title="Flour",
        hazard="Salmonella",
        reason="They wrote",
        starts=[flour],
        actor=plant.rhea,
        client="t",
        key="o",
    )
    recalls.freeze_scope(recall=recall, actor=plant.rhea, client="t", key="f")
    assert page(plant.rhea, address.format(pk=recall.pk)).status_code == 200
    refused = page(plant.quinn, address.format(pk=recall.pk))
    assert refused.status_code == 403
    assert "SH-ANNEX" not in refused.content.decode()


def test_a_person_of_every_site_asks_no_extra_question(plant, sites, django_assert_num_queries):
    plant.rhea.refresh_from_db()
    with django_assert_num_queries(2):  # the sites, once; the lots
        assert Lot.objects.for_actor(plant.rhea).count() == 3
    with django_assert_num_queries(1):
        Lot.objects.for_actor(plant.rhea).count()


def test_a_job_sees_what_the_person_who_asked_sees(plant, sites):
    with reach.asking(plant.quinn):
        assert reach.seen(Lot.objects.all()).count() == 2
    assert reach.seen(Lot.objects.all()).count() == 3
