"""The change history over REST: what one may see, filtered strictly, read only."""

from traceability import changes
from traceability.models import Item


def test_a_program_reads_what_was_changed(plant, a_token):
    item = plant.item("SPICE", shelf_life_days=365)
    with changes.noting(actor=plant.quinn, reason="Supplier letter"):
        Item.objects.filter(pk=item.pk).update(shelf_life_days=180)
    program = a_token("ledger:read")
    found = program.get("changes", subject_kind="item", subject=str(item.pk), verb="changed").json()[
        "results"
    ]
    assert [(row["before"], row["after"], row["actor"]["name"], row["reason"]) for row in found] == [
        ({"shelf_life_days": 365}, {"shelf_life_days": 180}, "Quinn", "Supplier letter")
    ]
    assert program.get(f"changes/{found[0]['id']}").json()["table"] == "traceability_item"
    assert program.get("changes", colour="red").status_code == 400
    assert program.send("PATCH", f"changes/{found[0]['id']}").status_code == 405


def test_people_and_customers_are_for_those_who_may_see_them(plant, a_session):
    plant.rita.display_name = "Rita R."
    plant.rita.save()
    assert a_session("quinn").get("changes", subject_kind="person").json()["count"] == 0
    assert a_session("ada").get("changes", subject_kind="person").json()["count"] > 0
    assert a_session("rita").get("changes", subject_kind="party").json()["count"] == 1
    assert a_session("nora").get("changes").status_code == 403
