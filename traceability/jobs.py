"""Asking for long work, doing it, and finding what was lost on the way.

A job runs in a child process with limits on memory and time, because a thread of a worker cannot be stopped; the worker
watches it, keeps its sign of life, and kills it when somebody cancels. Safe to deliver twice: only one claims the row.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import resource
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from traceability import reach
from traceability.ledger import BadInput, NotPermitted, Refusal
from traceability.models.jobs import Job, JobState

if TYPE_CHECKING:
    from traceability.models import Person

log = logging.getLogger(__name__)

ATTEMPTS = 3
SILENCE = timedelta(seconds=30)  # Its worker tells each second that it lives.
KEPT = timedelta(days=30)
USUAL_SECONDS = 600
SECONDS = {"traceability.verify_ledger": 3_600}  # by kind, where it may take longer
GIVEN_UP = "It was tried three times and broke each time (out of memory, or killed). Tell your administrator."
MEMORY = 2 * 1024**3  # WeasyPrint maps a lot of address space; what it uses is far less.


@dataclass(frozen=True, slots=True)
class Made:
    """What a job function gives back: a file."""

    filename: str
    content_type: str
    content: bytes


Progress = Callable[[int, int, str], None]


class Cancelled(Exception):
    """Raised inside a job function by its progress call when somebody cancelled."""


def ask(
    *, kind: str, title: str, params: dict[str, Any], right: str, actor: Person, client: str, key: str
) -> Job:
    """Ask for long work; the same key gives the same job. It is sent to a worker on commit, and found by the sweep if lost."""
    if not actor.has_perm(right):
        raise NotPermitted(f"{actor} may not ask for this.", f"It needs the right {right}.")
    with transaction.atomic():
        job, is_new = Job.objects.get_or_create(
            client=client,
            key=key,
            defaults={"kind": kind, "title": title, "params": params, "right": right, "asked_by": actor},
        )
        if (job.kind, job.params, job.asked_by_id) != (kind, params, actor.pk):
            raise BadInput(
                "This key was already used for other work.",
                now="Ask again with a new key.",
                fields={"key": key},
            )
        if is_new:
            transaction.on_commit(lambda: wake(job.pk))
    return job


def wake(job_id: int) -> None:
    """Tell a worker. A broker that is away loses nothing: the sweep finds the row."""
    from traceability.tasks import run_job

    try:
        run_job.apply_async([job_id], retry=False)
    except Exception:
        log.warning("The broker is away; job %s waits for the sweep.", job_id)


def cancel(*, job: Job, actor: Person) -> Job:
    """Stop a job, waiting or running. Only the person who asked for it may."""
    if job.asked_by_id != actor.pk:
        raise NotPermitted("Only the person who asked for it can cancel it.")
    Job.objects.filter(pk=job.pk, state=JobState.WAITING).update(
        state=JobState.CANCELLED, finished_at=timezone.now()
    )
    Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(cancel_asked=True)
    job.refresh_from_db()
    return job


def run(job_id: int) -> None:
    """In the worker: claim the job, run it in a child, watch it. Returns at once when another worker has it.

    A child that is killed (by the system, by its own work) is begun again, three times in all.
    """
    claimed = _claim(job_id)
    if claimed is None:
        return
    child = subprocess.Popen(
        [sys.executable, "-m", "django", "run_job", str(job_id), f"--attempt={claimed.attempts}", f"--parent={os.getpid()}", "--skip-checks"],
        preexec_fn=_limit,
    )  # fmt: skip
    deadline = timezone.now() + timedelta(seconds=SECONDS.get(claimed.kind, USUAL_SECONDS))
    while child.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=1)
            break
        try:
            _mine(claimed).update(seen_at=timezone.now())
            is_cancelled = _mine(claimed).filter(cancel_asked=True).exists()
        except Error:
            connection.close()  # The database is away for a moment; the child will notice by itself.
            continue
        if is_cancelled or timezone.now() > deadline:
            child.kill()
            child.wait()
            if is_cancelled:
                _finish(claimed, JobState.CANCELLED)
            else:
                _finish(claimed, JobState.FAILED, error="It took longer than it may and was stopped.")
            return
    if child.returncode and _mine(claimed).exists():
        _begin_again(claimed)


def _claim(job_id: int) -> Job | None:
    """Take the job for this worker, under a new attempt; None when it is taken, over, or given up here."""
    with transaction.atomic():
        job = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id).first()
        if job is None or not (job.state == JobState.WAITING or _is_lost(job)):
            return None
        if job.cancel_asked:
            _finish(job, JobState.CANCELLED)
            return None
        if job.attempts >= ATTEMPTS:
            _finish(job, JobState.FAILED, error=GIVEN_UP)
            return None
        now = timezone.now()
        job.attempts, job.state = job.attempts + 1, JobState.RUNNING
        job.started_at, job.seen_at = job.started_at or now, now
        job.save(update_fields=["attempts", "state", "started_at", "seen_at"])
    return job


def _is_lost(job: Job) -> bool:
    is_silent = job.seen_at is None or timezone.now() - job.seen_at > SILENCE
    return job.state == JobState.RUNNING and is_silent


def _mine(job: Job) -> Any:
    """The row, as long as nobody took it over: the attempt is what tells."""
    return Job.objects.filter(pk=job.pk, attempts=job.attempts, state=JobState.RUNNING)


def _begin_again(job: Job) -> None:
    if job.attempts >= ATTEMPTS:
        _finish(job, JobState.FAILED, error=GIVEN_UP)
    elif _mine(job).update(state=JobState.WAITING, seen_at=None):
        wake(job.pk)


def work(job_id: int, *, attempt: int | None = None) -> None:
    """In the child: do it, store the file, mark the row. A refusal becomes the job's error, in its own words."""
    job = Job.objects.get(pk=job_id)
    job.attempts = job.attempts if attempt is None else attempt

    def progress(done: int, total: int, unit: str) -> None:
        if not _mine(job).update(done=done, total=total, unit=unit, seen_at=timezone.now()):
            raise Cancelled  # Somebody else does it now.
        if _mine(job).filter(cancel_asked=True).exists():
            raise Cancelled

    try:
        app, _, verb = job.kind.partition(".")
        # With the rights and the sites of the person who asked, as they are now.
        with reach.asking(job.asked_by):
            made: Made = import_string(f"{app}.jobs.{verb}")(job.params, progress, actor=job.asked_by)
    except Cancelled:
        _finish(job, JobState.CANCELLED)
        return
    except Refusal as refusal:
        _finish(job, JobState.FAILED, error=refusal.sentence)
        return
    except Exception as error:
        log.exception("Job %s failed", job_id)
        _finish(job, JobState.FAILED, error=f"It failed: {type(error).__name__}.")
        return
    stored_as = f"jobs/{job_id}-{secrets.token_hex(8)}"
    path = Path(settings.MEDIA_ROOT) / stored_as
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(made.content)
    is_done = _mine(job).update(
        state=JobState.DONE, filename=made.filename, content_type=made.content_type, stored_as=stored_as,
        sha256=hashlib.sha256(made.content).hexdigest(), finished_at=timezone.now(),
    )  # fmt: skip
    if not is_done:
        path.unlink()


def export_list(params: dict[str, Any], progress: Progress, *, actor: Person) -> Made:
    """The job behind a list's big CSV or XLSX."""
    from traceability.lists.exporting import work as fill

    return Made(*fill(params, progress, actor=actor))


def verify_ledger(params: dict[str, Any], progress: Progress, *, actor: Person) -> Made:
    """A job: every promise of the ledger, checked now. The shell shows the result; the file is the report in full."""
    from traceability import verification

    report = verification.run(progress=lambda done, of: progress(done, of, "checks"))
    return Made(
        f"verification-{report.seq}.json", "application/json", json.dumps(report.as_json(), indent=1).encode()
    )


def file_of(*, job: Job, actor: Person) -> bytes:
    """The finished file, for the person who asked for it and still has the right; checked against its hash."""
    if job.asked_by_id != actor.pk or not actor.has_perm(job.right):
        raise NotPermitted("This file belongs to the person who asked for it.")
    content = (Path(settings.MEDIA_ROOT) / job.stored_as).read_bytes()
    if hashlib.sha256(content).hexdigest() != job.sha256:
        raise BadInput(
            "The stored file is not the one that was made.",
            "Its hash differs.",
            "Ask for it again, and tell the administrator.",
        )
    return content


def sweep() -> int:
    """Send again what waits or fell silent, and drop files past their time. Returns how many were sent."""
    cutoff = timezone.now() - SILENCE
    lost = list(
        Job.objects.filter(
            state=JobState.WAITING, asked_at__lt=timezone.now() - timedelta(seconds=20)
        ).values_list("pk", flat=True)
    ) + list(Job.objects.filter(state=JobState.RUNNING, seen_at__lt=cutoff).values_list("pk", flat=True))
    for job_id in lost:
        wake(job_id)
    for job in Job.objects.filter(state=JobState.DONE, finished_at__lt=timezone.now() - KEPT):
        (Path(settings.MEDIA_ROOT) / job.stored_as).unlink(missing_ok=True)
        job.delete()
    return len(lost)


def _finish(job: Job, state: str, *, error: str = "") -> None:
    """Only the attempt that has the job ends it."""
    open_ = Job.objects.open().filter(pk=job.pk, attempts=job.attempts)
    open_.update(state=state, error=error, finished_at=timezone.now())


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (max(SECONDS.values()), max(SECONDS.values())))


# Jobs of the shared nouns, by the names that their rows carry.


def check_import(params: dict[str, Any], progress: Progress, *, actor: Person) -> Made:
    from traceability.importing.working import check_job

    return check_job(params, progress, actor=actor)


def post_import(params: dict[str, Any], progress: Progress, *, actor: Person) -> Made:
    from traceability.importing.working import post_job

    return post_job(params, progress, actor=actor)
