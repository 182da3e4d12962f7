"""Mock recalls: drawn at random from what was shipped, compared with each other, and asked for when a year is over."""

from datetime import timedelta

from django.utils import timezone

from recalls import services
from recalls.models import Recall
from tests.graphs import graph


def test_a_lot_is_drawn_and_the_form_says_so(plant, browse):
    lots = graph(plant, "S1 -> P1")
    plant.ship(lots["P1"], 12, document="SH-1")
    rhea = browse("rhea")
    answer = rhea.post("/recalls/drills/draw/")
    assert answer["Location"].startswith("/recalls/open-mock/?start=P1")
    page = rhea.get(answer["Location"]).content.decode()
    assert "Drawn at random from 1 lots shipped in the last year." in page
    assert f'value="{lots["P1"].pk}" checked' in page
    assert browse("ada").post("/recalls/drills/draw/").status_code == 403


def test_drills_are_compared_and_one_is_due_after_a_year(plant, browse):
    lots = graph(plant, "S1 -> P1")
    plant.ship(lots["P1"], 12, document="SH-1")
    rhea = browse("rhea")
    assert "A mock recall is due" in rhea.get("/recalls/drills/").content.decode()
    at = timezone.now() - timedelta(days=1)
    case = services.open_recall(
        title="Drill", hazard="None", reason="Yearly", starts=[lots["S1"]], is_mock=True, actor=plant.quinn, client="test", key="o", at=at,
    )  # fmt: skip
    services.freeze_scope(
        recall=case, actor=plant.quinn, client="test", key="f", at=at + timedelta(minutes=6, seconds=5)
    )
    page = rhea.get("/recalls/drills/")
    assert "A mock recall is due" not in page.content.decode()
    (line,) = page.context["lines"]
    assert [cell.value for cell in line["cells"][3:7]] == ["00:06:05", 2, 1, 100]
    Recall.objects.update(opened_at=timezone.now() - timedelta(days=400))
    assert "more than a year ago" in rhea.get("/recalls/drills/").content.decode()
