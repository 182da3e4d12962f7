"""Long work: asked for once, done once, in a child process, for the person who asked."""

import json
import os
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from traceability import jobs, ledger
from traceability.models import Job, JobState


@pytest.fixture
def child_sees_the_clone(committed_plant, ledger_clone, monkeypatch):
    """The child process reads its database from the environment."""
    monkeypatch.setenv(
        "DATABASE_URL", urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{ledger_clone}").geturl()
    )
    return committed_plant


def ask(plant, key="j1", kind="tests.traceability.jobs.count_lots", **params):
    return jobs.ask(
        kind=kind,
        title="Lots",
        params=params,
        right="traceability.view_ledger",
        actor=plant.rita,
        client="test",
        key=key,
    )


@pytest.fixture
def work_of_the_test(monkeypatch):
    """Stands in for an app's jobs module."""
    import sys
    import types

    module = types.ModuleType("sampleapp.jobs")

    def count_lots(params, progress, actor):
        progress(1, 2, "lots")
        return jobs.Made("lots.json", "application/json", json.dumps({"by": str(actor), **params}).encode())

    def refuse(params, progress, actor):
        raise ledger.BadInput("The case is closed.", "", "Open another.")

    def break_down(params, progress, actor):
        raise ZeroDivisionError

    module.count_lots, module.refuse, module.break_down = count_lots, refuse, break_down
    package = types.ModuleType("sampleapp")
    package.jobs = module
    monkeypatch.setitem(sys.modules, "sampleapp", package)
    monkeypatch.setitem(sys.modules, "sampleapp.jobs", module)


def test_the_same_key_asks_for_the_same_job(plant):
    assert ask(plant, n=1).pk == ask(plant, n=1).pk
    with pytest.raises(ledger.BadInput):
        ask(plant, n=2)


def test_work_makes_a_file_that_only_its_person_may_fetch(plant, work_of_the_test):
    job = ask(plant, kind="sampleapp.count_lots", n=1)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    jobs.work(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.DONE, 1, 2)
    assert json.loads(jobs.file_of(job=job, actor=plant.rita)) == {"by": "Rita", "n": 1}
    with pytest.raises(ledger.NotPermitted):
        jobs.file_of(job=job, actor=plant.quinn)


def test_a_refusal_is_the_jobs_error_in_its_own_words(plant, work_of_the_test):
    job = ask(plant, kind="sampleapp.refuse")
    jobs.work(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "The case is closed. Open another.")


def test_a_broken_job_fails_and_says_so(plant, work_of_the_test):
    job = ask(plant, kind="sampleapp.break_down")
    jobs.work(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED


def test_a_file_that_was_changed_is_refused(plant, work_of_the_test, settings):
    job = ask(plant, kind="sampleapp.count_lots")
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    jobs.work(job.pk)
    job.refresh_from_db()
    with open(os.path.join(settings.MEDIA_ROOT, job.stored_as), "ab") as file:
        file.write(b"!")
    with pytest.raises(ledger.BadInput):
        jobs.file_of(job=job, actor=plant.rita)


def test_a_job_nobody_knows_how_to_do_fails_in_its_child(child_sees_the_clone):
    job = ask(child_sees_the_clone, kind="recalls.no_such_verb")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.attempts == 1


def test_a_job_that_fell_silent_is_found_by_the_sweep_and_given_up_after_three_tries(plant):
    job = ask(plant)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, seen_at=timezone.now() - timedelta(minutes=5), attempts=3
    )
    assert jobs.sweep() == 1
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED


def test_a_job_in_good_hands_is_left_alone(plant):
    job = ask(plant)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, seen_at=timezone.now(), attempts=1)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.RUNNING, 1)


def test_a_waiting_job_is_cancelled_at_once(plant):
    job = jobs.cancel(job=ask(plant), actor=plant.rita)
    assert job.state == JobState.CANCELLED
    with pytest.raises(ledger.NotPermitted):
        jobs.cancel(job=job, actor=plant.quinn)
