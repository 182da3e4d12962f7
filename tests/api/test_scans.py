"""One scan over HTTP: read, resolved within the caller's rights, and written down."""

from traceability.models import Scan

GTIN = "19521234009013"


def test_a_label_is_read_and_resolved(plant, a_session):
    plant.receive("RM-1", 500, item=plant.item("SPICE", gtin=GTIN), supplier_lot="CS-26-2874")
    body = {"text": f"]C101{GTIN}10CS-26-2874\x1d172710193200000050", "kinds": ["supplier_lot"]}
    answer = a_session("rita").post("scans", body, key="s1")
    assert answer.status_code == 200
    said = answer.json()
    assert said["decision"] == "one"
    assert said["reading"]["quantity"] == {"value": "50", "unit": "lb"}
    assert said["reading"]["text"] == f"]C101{GTIN}10CS-26-2874<GS>172710193200000050"
    assert (said["candidates"][0]["code"], said["candidates"][0]["is_exact"]) == ("RM-1", True)
    assert set(said["candidates"][0]) == {"kind", "code", "title", "facts", "page", "is_exact"}
    assert Scan.objects.get().context == "api"


def test_what_was_not_read_right_is_answered_not_guessed(plant, a_session):
    said = a_session("rita").post("scans", {"text": f"01{GTIN}10F-1115280422"}, key="s1").json()
    assert (said["decision"], said["answer"]["code"], said["reading"]["lot"], said["candidates"]) == (
        "refused",
        "S02",
        "",
        [],
    )


def test_foreign_and_unknown_are_one_answer(plant, a_session):
    from tests.cast import make_site

    make_site("OTHER")
    foreign = a_session("rita").post("scans", {"text": "NOWHERE-1"}, key="a").json()
    assert (foreign["decision"], foreign["answer"]["code"]) == ("unknown", "S01")


def test_it_needs_a_key_a_text_and_a_right(plant, a_session, a_token, stranger):
    rita = a_session("rita")
    assert rita.post("scans", {"text": "A"}).json()["code"] == "key_missing"
    assert rita.post("scans", {}, key="k1").status_code == 400
    assert rita.post("scans", {"text": 7}, key="k2").status_code == 400
    assert rita.post("scans", {"text": "A", "lot": 1}, key="k3").json()["code"] == "unknown_field"
    assert rita.post("scans", {"text": "A", "kinds": ["person"]}, key="k4").status_code == 400
    assert rita.post("scans", {"text": "x" * 4097}, key="k5").status_code == 400
    assert a_session("nora").post("scans", {"text": "A"}, key="k").status_code == 403
    assert stranger.post("scans", {"text": "A"}, key="k").status_code == 401
    assert a_token("ledger:read").post("scans", {"text": "A"}, key="k").status_code == 200
    assert not Scan.objects.filter(person=plant.rita).exists()
