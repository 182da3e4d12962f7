"""Checkpoints kept outside find what the chain cannot: a tail cut or rewritten with right hashes, by whoever owns the database."""

import json
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.utils import timezone

from tests.ledger.tampering import cut, reseal, spoil
from traceability import verification
from traceability.ledger import verify
from traceability.models import Checkpoint, Entry, LedgerHead


@pytest.fixture
def folder(settings, tmp_path):
    settings.LOTLINE_CHECKPOINT_FOLDER = str(tmp_path)
    return tmp_path / verification.FILE


def kept_now():
    head = LedgerHead.objects.get(pk=1)
    return [(head.seq, bytes(head.chain).hex())]


def test_a_rewritten_tail_with_right_hashes_is_found_by_a_checkpoint_alone(story):
    kept = kept_now()
    spoil(
        "UPDATE traceability_entry SET reason = 'all was well' WHERE seq = %(seq)s",
        {"seq": story.scrapped.seq},
    )
    reseal(story.scrapped.seq - 1)
    assert verify.verify().is_sound, "inside, nothing shows it: that is why checkpoints are kept elsewhere"
    report = verify.verify(against=kept)
    assert [finding.check for finding in report.findings] == ["checkpoints_hold"]
    assert "the ledger was rewritten" in report.findings[0].sentence


def test_a_tail_cut_with_all_its_consequences_is_found_by_a_checkpoint_alone(story):
    kept = kept_now()
    cut(story.sampled)
    assert verify.verify().is_sound
    report = verify.verify(against=kept)
    assert "past the end: the tail was cut" in report.findings[0].sentence


def test_entries_after_a_checkpoint_do_not_disturb_it(story):
    kept = kept_now()
    story.plant.receive("LATER")
    assert verify.verify(against=kept).is_sound


def test_a_sound_verification_takes_its_checkpoint_away_and_the_next_compares(story, folder):
    assert verification.run().is_sound
    line = json.loads(folder.read_text())
    assert (line["seq"], line["chain"]) == kept_now()[0]
    assert Checkpoint.objects.get().kept_in == str(folder)
    spoil(
        "UPDATE traceability_entry SET reason = 'all was well' WHERE seq = %(seq)s",
        {"seq": story.scrapped.seq},
    )
    reseal(story.scrapped.seq - 1)
    # Whoever rewrites the ledger may rewrite what the database remembers, too.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM traceability_checkpoint")
    assert verification.run().counts["checkpoints_hold"] == 1
    assert len(folder.read_text().splitlines()) == 1, "the end of a ledger that is not sound is not kept"


def test_a_checkpoint_taken_from_the_folder_is_missed(story, folder):
    verification.run()
    folder.unlink()
    report = verification.run()
    assert "is not there any more" in report.findings[0].sentence


def test_a_folder_that_cannot_be_read_is_trouble_not_silence(story, folder):
    folder.write_text("no checkpoints here\n")
    with pytest.raises(verification.Unreadable):
        verification.run()
    assert "is not a file of checkpoints" in Checkpoint.objects.get().trouble
    assert verification.standing().sentence == "The last verification of the ledger broke off."


def test_a_folder_that_cannot_be_written_leaves_the_result_and_says_nowhere(story, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.LOTLINE_CHECKPOINT_FOLDER = str(tmp_path / "file" / "below")
    with pytest.raises(verification.Unreadable):
        verification.run()


def test_each_hour_the_last_checkpoint_is_compared_and_the_next_taken_away(story, folder):
    verification.run()
    story.plant.receive("LATER")
    verification.hourly()
    verification.hourly()
    assert [seq for seq, _ in verification.read_file(folder)] == [story.sampled.seq, story.sampled.seq + 1]
    assert Checkpoint.objects.count() == 1, "a look at the last checkpoint is no verification"
    spoil("UPDATE traceability_entry SET reason = 'x' WHERE seq = %(seq)s", {"seq": story.scrapped.seq})
    reseal(story.scrapped.seq - 1)
    verification.hourly()
    assert verification.standing().findings == 1
    assert len(verification.read_file(folder)) == 2


def test_a_missed_night_is_made_up_for_within_the_hour(story, folder):
    verification.run()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE traceability_checkpoint SET at = at - interval '26 hours'")
    verification.hourly()
    assert Checkpoint.objects.count() == 2


def test_nothing_is_taken_from_an_empty_ledger(plant, folder):
    verification.hourly()
    assert not folder.exists()


def test_two_beats_verify_once(committed_plant):
    committed_plant.receive("S")
    held = threading.Event()
    done = threading.Event()

    def hold():
        with verification._alone() as is_alone:
            assert is_alone
            held.set()
            done.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(20)
    assert verification.nightly() is None, "another is at it"
    done.set()
    other.join(20)
    assert verification.nightly().is_sound
    assert verification.nightly() is None, "it was just now"
    assert Checkpoint.objects.count() == 1


def test_the_line_to_keep_is_mailed_and_what_was_found_too(story, settings):
    settings.LOTLINE_CHECKPOINT_MAIL = ["quality@example.com"]
    verification.nightly()
    seq, chain = kept_now()[0]
    assert mail.outbox[0].subject == f"Lotline: ledger verified to entry {seq}"
    assert f'{{"seq": {seq}, "chain": "{chain}"' in mail.outbox[0].body
    Checkpoint.objects.update(at=timezone.now() - timedelta(hours=1))
    spoil("UPDATE traceability_lot SET number = 'Z' WHERE number = 'S'")
    verification.nightly()
    assert "NOT SOUND" in mail.outbox[1].subject
    assert "Lot Z is not as its entries tell." in mail.outbox[1].body


def test_what_breaks_off_is_told(plant, monkeypatch):
    def broken(**kwargs):
        raise OperationalError("the disk is full")

    monkeypatch.setattr(verify, "verify", broken)
    with pytest.raises(OperationalError):
        verification.run()
    assert "the disk is full" in Checkpoint.objects.get().trouble


def test_the_shell_knows_sound_old_never_and_not_sound(plant):
    assert not verification.standing().is_alarm, "an empty ledger alarms nobody"
    plant.receive("S")
    assert not verification.standing().is_alarm
    verification.run()
    standing = verification.standing()
    assert (standing.seq, standing.findings, standing.is_alarm, standing.sentence) == (1, 0, False, "")
    Checkpoint.objects.update(at=timezone.now() - timedelta(hours=37))
    assert verification.standing().sentence == "The ledger was not verified last night."
    Checkpoint.objects.update(counts={"seq_is_dense": 1200}, at=timezone.now())
    assert verification.standing().sentence == "The ledger is not sound: 1,200 things are not as posted."


def test_a_ledger_that_nobody_ever_verified_is_told_after_a_day_and_a_half(story):
    assert verification.standing().sentence == ""
    spoil("UPDATE traceability_entry SET recorded_at = recorded_at - interval '40 hours'")
    assert verification.standing().sentence == "The ledger was never verified."


def test_the_last_thing_seen_is_what_was_committed(committed_plant):
    """All checks read one snapshot: what is posted meanwhile is not half seen."""
    committed_plant.receive("S")
    seen = []

    def post_meanwhile(done, of):
        if done == 3:
            thread = threading.Thread(target=lambda: (committed_plant.receive("T"), connection.close()))
            thread.start()
            thread.join(20)
            seen.append(Entry.objects.count())

    report = verify.verify(progress=post_meanwhile)
    assert report.is_sound
    assert (report.seq, seen) == (1, [1])
    assert Entry.objects.count() == 2
