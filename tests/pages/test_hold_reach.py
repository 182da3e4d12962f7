"""A hold shows what it stops and reaches everything that contains the lot; holds of one paper are lifted together or one by one."""

from tests.cast import PASSWORD
from tests.graphs import graph
from traceability.models import Entry, EntryKind, Hold

WHY = {"reason": "Salmonella", "cause": "quality", "reference": "NCR-9", "cascades": "yes"}


def test_a_used_up_lot_is_held_with_everything_that_contains_it(plant, browse):
    """S1 ──▶ B1 ──▶ P1, P2; S1 is used up. S2 ──▶ B2 has nothing to do with it."""
    lots = graph(plant, "S1 -> B1; B1 -> P1; B1 -> P2; S2 -> B2")
    quinn, address = browse("quinn"), f"/lots/{lots['S1'].pk}/hold/"
    assert "And everything that contains it now: 3 more" in quinn.get(address).content.decode()
    nameless = quinn.post(address, WHY | {"key": "a" * 32, "reach": "all", "reference": ""})
    assert "needs the paper behind it" in nameless.content.decode()
    for _ in range(2):
        quinn.post(address, WHY | {"key": "b" * 32, "reach": "all"})
    assert Entry.objects.filter(kind=EntryKind.HOLD).count() == 1
    assert {hold.lot.number for hold in Hold.objects.standing()} == {"S1", "B1", "P1", "P2"}


def test_holds_of_one_paper_are_lifted_one_by_one_or_together_by_two_persons(plant, browse):
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    rhea, quinn = browse("rita"), browse("quinn")
    rhea.post(f"/lots/{lots['S1'].pk}/hold/", WHY | {"key": "b" * 32, "reach": "all"})
    page = quinn.get("/holds/lift/?reference=NCR-9").content.decode()
    assert page.count('name="hold"') == 3
    one = Hold.objects.get(lot=lots["P1"])
    sent = {"key": "c" * 32, "reference": "NCR-9", "reason": "Tested", "hold": [str(one.pk)]}
    assert "second person" in quinn.post("/holds/lift/", sent).content.decode()
    both = {"second_username": "quentin", "second_password": PASSWORD}
    quinn.post("/holds/lift/", sent | both)
    assert Hold.objects.standing().count() == 2
    rest = [str(hold.pk) for hold in Hold.objects.standing()]
    quinn.post("/holds/lift/", sent | both | {"hold": rest, "key": "d" * 32})
    assert not Hold.objects.standing().exists()
    assert Entry.objects.filter(kind=EntryKind.LIFT).count() == 2
    assert browse("rita").get("/holds/lift/").status_code == 403
