"""The shell says when the ledger was verified, loudly when it is not well; the page says what was found."""

from datetime import timedelta

import pytest
from django.utils import timezone

from traceability import jobs, verification
from traceability.models import Checkpoint, Job

FOUND = [
    {"check": "chain_is_intact", "sentence": "Entry 1 is not what was posted: its content does not give its digest.", "seq": 1, "lot": None},
    {"check": "lots_are_as_born_and_amended", "sentence": "Lot S is not as its entries tell.", "seq": None, "lot": "S"},
]  # fmt: skip


@pytest.fixture
def verified(plant):
    plant.receive("S")
    verification.run()
    return Checkpoint.objects.get()


def spoilt(checkpoint):
    Checkpoint.objects.update(
        findings=FOUND, counts={"chain_is_intact": 1, "lots_are_as_born_and_amended": 300}
    )
    return checkpoint


def test_a_sound_ledger_is_told_quietly(verified, browse):
    page = browse("quinn").get("/").content.decode()
    assert "Ledger verified" in page
    assert "The ledger is" not in page


def test_what_was_found_is_told_above_every_page_to_those_who_can_act_and_in_the_menu_to_all(
    verified, browse
):
    spoilt(verified)
    told = "The ledger is not sound: 301 things are not as posted."
    for address in ("/", "/lots/", "/recalls/"):
        page = browse("rhea").get(address).content.decode()
        assert f'<p class="banner-title">{told}</p>' in page
        assert f'href="/verifications/{verified.pk}/"' in page
    page = browse("rita").get("/lots/").content.decode()
    assert told in page
    assert "banner-title" not in page


def test_a_night_that_was_missed_is_told_and_waits_on_home(verified, browse):
    Checkpoint.objects.update(at=timezone.now() - timedelta(days=3))
    page = browse("quinn").get("/").content.decode()
    assert page.count("The ledger was not verified last night.") == 3  # banner, menu, task
    assert "See whether the night" in page
    assert "See whether the night" not in browse("rita").get("/").content.decode()


def test_the_page_says_what_was_found_with_the_way_there(verified, browse):
    spoilt(verified)
    page = browse("ada").get(f"/verifications/{verified.pk}/").content.decode()
    assert "<h1>The ledger is not sound</h1>" in page
    for part in (
        "Entry 1 is not what was posted",
        'href="/entries/1/"',
        'href="/search?q=S"',
        "300 findings",
        "2 of 301 are told here",
    ):
        assert part in page
    assert "/checkpoint" not in page, "the end of a spoilt chain is not offered to keep"
    assert browse("ada").get(f"/verifications/{verified.pk}/checkpoint").status_code == 404


def test_a_sound_page_lists_every_promise_and_gives_the_checkpoint(verified, browse):
    client = browse("ada")
    page = client.get(f"/verifications/{verified.pk}/").content.decode()
    assert page.count("Holds") == len(verification.promises())
    answer = client.get(f"/verifications/{verified.pk}/checkpoint")
    assert answer["Content-Disposition"] == 'attachment; filename="lotline-checkpoint-1.jsonl"'
    assert f'"chain": "{bytes(verified.chain).hex()}"' in answer.content.decode()


def test_the_list_and_its_export_agree(verified, browse):
    client = browse("quinn")
    assert "1 verification" in client.get("/verifications/").content.decode()
    rows = b"".join(client.get("/verifications/?format=csv").streaming_content).decode().splitlines()
    assert len(rows) == 2
    assert "Sound" in rows[1]
    assert bytes(verified.chain).hex() in rows[1]


def test_it_is_for_those_with_the_right(verified, browse):
    for address in ("/verifications/", f"/verifications/{verified.pk}/"):
        assert browse("rita").get(address).status_code == 403
    assert browse("rita").post("/verifications/now", {"key": "a" * 32}).status_code == 403


def test_verify_now_is_a_job_that_keeps_its_result(verified, browse):
    client = browse("alma")
    for _ in range(2):  # a double click
        answer = client.post("/verifications/now", {"key": "b" * 32})
    job = Job.objects.get()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    assert client.get(answer["Location"]).status_code == 200
    jobs.verify_ledger({}, lambda done, of, unit: None, actor=job.asked_by)
    assert Checkpoint.objects.count() == 2
