"""Workers, the broker and the work itself break in the middle of a job: it is done once, or said to have failed."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tests import databases
from traceability import jobs
from traceability.config import paths
from traceability.config.celery import app
from traceability.embedded import Valkey, child
from traceability.models import Job, JobState

PATIENCE = 90
# What the jobs of this file do: they stand in a package of their own that the worker can import.
WORK = """
import os, signal, time
from traceability.jobs import Made

def count(params, progress, actor):
    with open(params["journal"], "a") as journal:
        for step in range(params["steps"]):
            print(os.getpid(), step, file=journal, flush=True)
            progress(step, params["steps"], "steps")
            time.sleep(params["pause"])
    return Made("counted.txt", "text/plain", str(params["steps"]).encode())

def poison(params, progress, actor):
    os.kill(os.getpid(), signal.SIGSEGV)
"""


class Broker(Valkey):
    """A broker that can be killed and comes back, empty, at the same address."""

    def kill(self):
        self._process.kill()
        self._process.wait()

    def come_back(self):
        self._socket.unlink(missing_ok=True)
        self.serve()

    def do(self, *command):
        with redis.Redis(unix_socket_path=str(self._socket)) as client:
            return client.execute_command(*command)


@pytest.fixture
def broker():
    """Ours alone, and what this process sends goes there."""
    with Broker() as valkey:
        before = app.conf.broker_url
        app.conf.broker_url = app.conf.broker_read_url = app.conf.broker_write_url = valkey.url
        app._after_fork()
        try:
            yield valkey
        finally:
            app.conf.broker_url = app.conf.broker_read_url = app.conf.broker_write_url = before
            app._after_fork()


@pytest.fixture
def plant(committed_plant, tmp_path, settings):
    package = tmp_path / "packages" / "faultwork"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "jobs.py").write_text(WORK)
    committed_plant.packages, committed_plant.journal = package.parent, tmp_path / "journal"
    committed_plant.asked, settings.MEDIA_ROOT = 0, str(tmp_path / "media")
    return committed_plant


@contextmanager
def a_worker(plant, broker, *, threads=1):
    process = start_worker(plant, broker, threads)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def start_worker(plant, broker, threads=1):
    environment = {
        **os.environ, "DATABASE_URL": databases.url_for(), "CELERY_BROKER_URL": broker.url, "LOTLINE_MEDIA_ROOT": settings.MEDIA_ROOT,
        "PYTHONPATH": os.pathsep.join([str(plant.packages), str(paths.ROOT)]),
    }  # fmt: skip
    command = [sys.executable, "-m", "celery", "--app=traceability.config.celery", "--quiet", "worker"]
    return child.start(
        [*command, "--pool=threads", f"--concurrency={threads}", "--without-gossip", "--without-mingle", "--loglevel=CRITICAL"],
        env=environment, cwd=paths.ROOT, on_parent_death=signal.SIGKILL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def ask(plant, verb="count", *, steps=3, pause=0.02):
    plant.asked += 1
    return jobs.ask(
        kind=f"faultwork.{verb}", title="Counting", params={"journal": str(plant.journal), "steps": steps, "pause": pause},
        right="traceability.view_ledger", actor=plant.rita, client="test", key=f"j{plant.asked}",
    )  # fmt: skip


def until(what, condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def until_it_runs(job):
    until("it runs", lambda: Job.objects.filter(pk=job.pk, state=JobState.RUNNING, done__gte=2).exists())


def until_all_are_over():
    until("all are over", lambda: not Job.objects.open().exists())


def find_what_is_lost():
    """As beat does, some time later."""
    long_ago = timezone.now() - timedelta(minutes=5)
    Job.objects.filter(state=JobState.WAITING).update(asked_at=long_ago)
    Job.objects.filter(state=JobState.RUNNING).update(seen_at=long_ago)
    jobs.sweep()


def runs(plant):
    """Which processes worked, in order."""
    lines = plant.journal.read_text().splitlines() if plant.journal.exists() else []
    return list(dict.fromkeys(int(line.split()[0]) for line in lines))


def is_alive(pid):
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def check_done_once(*finished):
    """Each has one file, which is whole, and there are no others."""
    folder = Path(settings.MEDIA_ROOT)
    for job in finished:
        job.refresh_from_db()
        assert (job.state, job.error) == (JobState.DONE, ""), job.error
        assert jobs.file_of(job=job, actor=job.asked_by) == str(job.params["steps"]).encode()
        assert [path.name for path in folder.glob(f"jobs/{job.pk}-*")] == [Path(job.stored_as).name]


def test_a_worker_killed_in_the_middle_takes_its_work_along_and_another_does_it_once(plant, broker):
    with a_worker(plant, broker) as worker:
        job = ask(plant, steps=200, pause=0.05)
        until_it_runs(job)
        [first] = runs(plant)
        worker.kill()
        worker.wait()
        until("what it had begun dies with it", lambda: not is_alive(first))
    with a_worker(plant, broker):
        Job.objects.filter(pk=job.pk).update(params=job.params | {"pause": 0})
        find_what_is_lost()
        until_all_are_over()
    job.refresh_from_db()
    assert job.attempts == 2
    assert len(runs(plant)) == 2
    check_done_once(job)


@pytest.mark.slow
def test_work_that_is_killed_is_begun_again_at_once(plant, broker):
    with a_worker(plant, broker):
        job = ask(plant, steps=40, pause=0.05)
        until_it_runs(job)
        os.kill(runs(plant)[0], signal.SIGKILL)
        until_all_are_over()
    job.refresh_from_db()
    assert job.attempts == 2
    check_done_once(job)


@pytest.mark.slow
def test_poison_is_tried_three_times_and_then_said_to_have_failed_while_others_go_on(plant, broker):
    with a_worker(plant, broker):
        poison, other = ask(plant, "poison"), ask(plant)
        until_all_are_over()
    poison.refresh_from_db()
    assert (poison.state, poison.attempts) == (JobState.FAILED, 3)
    assert "tried three times" in poison.error
    check_done_once(other)


@pytest.mark.slow
def test_the_same_message_five_times_is_one_job(plant, broker):
    job = ask(plant, steps=20)
    with a_worker(plant, broker, threads=4):
        for _ in range(5):
            jobs.wake(job.pk)
        until_all_are_over()
    assert len(runs(plant)) == 1
    check_done_once(job)


@pytest.mark.slow
def test_a_broker_that_forgets_everything_loses_no_job(plant, broker):
    with a_worker(plant, broker):
        first = ask(plant, steps=60)
        until_it_runs(first)
        waiting = [ask(plant) for _ in range(3)]
        broker.do("FLUSHALL")
        find_what_is_lost()
        until_all_are_over()
    check_done_once(first, *waiting)


@pytest.mark.slow
def test_a_worker_whose_connections_are_cut_comes_back_by_itself(plant, broker):
    with a_worker(plant, broker):
        job = ask(plant)
        until_all_are_over()
        broker.do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        after = ask(plant)
        find_what_is_lost()
        until_all_are_over()
    check_done_once(job, after)


@pytest.mark.slow
def test_without_a_broker_people_work_on_and_jobs_wait_for_its_return(plant, broker):
    with a_worker(plant, broker):
        job = ask(plant)
        until_all_are_over()
        broker.kill()
        plant.receive("S")  # Nobody who posts notices.
        waiting = ask(plant)
        assert waiting.state == JobState.WAITING
        broker.come_back()
        until("the worker is back", lambda: broker.do("CLIENT", "LIST").count(b"\n") > 1)
        find_what_is_lost()
        until_all_are_over()
    check_done_once(job, waiting)


def test_one_that_was_given_up_for_lost_and_comes_to_its_end_after_all_changes_nothing(plant, monkeypatch):
    """Its place was taken: what it made is thrown away, and the one that took over is the one that counts."""
    monkeypatch.syspath_prepend(str(plant.packages))
    monkeypatch.setattr(jobs, "wake", lambda pk: None)
    job = ask(plant)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, attempts=2, seen_at=timezone.now())
    jobs.work(job.pk, attempt=1)
    job.refresh_from_db()
    assert (job.state, job.stored_as) == (JobState.RUNNING, "")
    jobs.work(job.pk, attempt=2)
    check_done_once(job)


@pytest.mark.slow
def test_forty_jobs_through_thirty_faults_are_each_done_once(plant, broker, count):
    chosen, faults = random.Random(11), 30
    worker = start_worker(plant, broker, 3)
    try:
        asked = [ask(plant, steps=15, pause=0.05) for _ in range(40)]
        for _ in range(faults):
            time.sleep(chosen.uniform(0.1, 1.0))
            match chosen.choice(["worker", "work", "flush", "cut", "broker"]):
                case "worker":
                    worker.kill()
                    worker.wait()
                    worker = start_worker(plant, broker, 3)
                case "work":
                    alive = [pid for pid in runs(plant) if is_alive(pid)]
                    for pid in alive[:1]:
                        os.kill(pid, signal.SIGKILL)
                case "flush":
                    broker.do("FLUSHALL")
                case "cut":
                    broker.do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                case "broker":
                    broker.kill()
                    broker.come_back()
            # So many faults are no poison.
            Job.objects.open().update(attempts=0)
        until("the worker is back", lambda: broker.do("CLIENT", "LIST").count(b"\n") > 1)
        deadline = time.monotonic() + 300
        while Job.objects.open().exists():
            assert time.monotonic() < deadline
            jobs.sweep()
            connection.close()
            time.sleep(2)
    finally:
        worker.kill()
        worker.wait()
    check_done_once(*asked)
