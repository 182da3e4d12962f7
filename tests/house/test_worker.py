"""A real worker on a real broker: the settings of Celery as production has them."""

import os
import signal
import subprocess
import sys
import time

from django.conf import settings

from tests import databases
from traceability.config import paths
from traceability.embedded import child
from traceability.models import Checkpoint
from traceability.tasks import verify_ledger_nightly


def test_a_task_sent_is_a_task_done(ledger_clone, broker_url):
    command = [sys.executable, "-m", "celery", "--app=traceability.config.celery", "--quiet", "worker"]
    worker = child.start(
        [
            *command,
            "--pool=threads",
            "--concurrency=1",
            "--without-gossip",
            "--without-mingle",
            "--loglevel=ERROR",
        ],
        env={**os.environ, "DATABASE_URL": databases.url_for(ledger_clone)},
        cwd=paths.ROOT,
        on_parent_death=signal.SIGKILL,
        stdout=subprocess.DEVNULL,
    )
    try:
        verify_ledger_nightly.delay()
        deadline = time.monotonic() + 120
        while not Checkpoint.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert Checkpoint.objects.exists()
    finally:
        worker.kill()
        worker.wait()


def test_everything_on_the_timetable_exists():
    from traceability.config.celery import app

    app.loader.import_default_modules()
    assert [
        line["task"] for line in settings.CELERY_BEAT_SCHEDULE.values() if line["task"] not in app.tasks
    ] == []
