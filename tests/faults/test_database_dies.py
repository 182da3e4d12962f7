"""PostgreSQL loses sessions, itself, and its answers while a plant writes: nothing acknowledged is lost, nothing happens twice."""

import os
import random
import time

import pytest

from tests import databases
from tests.faults.servers import NAME, Mortal, Wire, default_on
from tests.faults.writers import check, make_writers, run
from traceability import embedded
from traceability.models import Entry

# Sessions of the application in this database that are in the middle of something; whoever else, if none is.
VICTIM = """
    SELECT pid, state <> 'idle' AS is_busy FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'lotline_app' AND pid <> pg_backend_pid() ORDER BY state = 'idle', random() LIMIT 1"""


@pytest.fixture(scope="module")
def mortal(django_db_setup, tmp_path_factory):
    """A server of its own, with the tests' template restored into it."""
    folder = embedded.data_folder(tmp_path_factory.mktemp("mortal"))
    with Mortal(folder) as cluster:
        cluster.restore(os.environ["DATABASE_OWNER_URL"], NAME)
        yield cluster


def kill_a_session(cursor):
    """End one session of the application. Whether it was in the middle of something."""
    cursor.execute(f"SELECT pg_terminate_backend(pid), is_busy FROM ({VICTIM}) AS victim")
    row = cursor.fetchone()
    return bool(row and row[0] and row[1])


def test_sessions_die_while_they_post(committed_plant, count):
    """At random moments, most of them in the middle of a posting."""
    writers, answers = make_writers(committed_plant, 4)
    before, acts, kills = Entry.objects.count(), count(150, 12_000), count(15, 300)
    done = {"kills": 0}
    moments = random.Random(7)
    with databases.superuser() as cursor:

        def kill():
            time.sleep(moments.uniform(0, 0.05))  # A moment is what is random here; nothing waits for it.
            done["kills"] += kill_a_session(cursor)

        run(writers, lambda: len(answers.seqs) >= acts and done["kills"] >= kills, kill)
    assert done["kills"] >= kills
    assert answers.unanswered >= kills / 3, "they did die in the middle of it"
    check(before, answers)


def test_the_server_is_killed_with_all_its_processes_and_comes_back(mortal, django_db_blocker, count):
    """kill -9, as a power cut for PostgreSQL; the application reconnects by itself."""
    from tests.cast import make_plant

    acts, crashes = count(100, 6_000), count(2, 20)
    with django_db_blocker.unblock(), mortal.clone() as name, default_on(mortal.socket.parent, name):
        writers, answers = make_writers(make_plant(), 4)
        before, down = Entry.objects.count(), []

        def crash():
            due = (len(down) + 1) * acts / (crashes + 1)
            if len(down) < crashes and len(answers.seqs) >= due:
                begun = time.monotonic()
                mortal.kill()
                mortal.come_back()
                down.append(time.monotonic() - begun)
            else:
                time.sleep(0.01)

        run(writers, lambda: len(answers.seqs) >= acts and len(down) >= crashes, crash)
        assert len(down) == crashes
        assert answers.unanswered >= crashes
        print(f"{len(answers.seqs)} acknowledged, {crashes} crashes, back after {max(down):.1f} s at most")
        check(before, answers)


def test_answers_are_lost_after_the_commit(mortal, django_db_blocker, count):
    """The wire breaks when the entry is safe and nobody knows: sent again, it is the same entry."""
    from tests.cast import make_plant

    acts, losses = count(60, 2_500), count(12, 400)
    wire = Wire(mortal.socket)
    with django_db_blocker.unblock(), mortal.clone() as name, default_on(wire.folder, name):
        writers, answers = make_writers(make_plant(), 4)
        before = Entry.objects.count()

        def lose():
            wire.lose(1)
            time.sleep(0.01)

        run(writers, lambda: len(answers.seqs) >= acts and wire.lost >= losses, lose)
        assert answers.unanswered >= wire.lost >= losses
        check(before, answers)
    wire.close()


def test_a_restored_backup_is_a_sound_ledger_with_its_guards(committed_plant, ledger_clone, mortal):
    """Dump, restore elsewhere: every check holds, the guards among them, and the next entry links on."""
    from tests.ledger import rich
    from traceability.ledger import verify

    story = rich.make(committed_plant)
    kept = verify.verify()
    mortal.restore(databases.url_for(ledger_clone), "restored")
    with default_on(mortal.socket.parent, "restored"):
        report = verify.verify(against=[(kept.seq, kept.chain)])
        assert report.is_sound, report.findings
        assert (report.seq, report.chain) == (kept.seq, kept.chain)
        story.plant.receive("LATER")
        assert verify.verify(against=[(kept.seq, kept.chain)]).is_sound
