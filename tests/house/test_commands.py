"""Commands as a person types them, in a process and a folder of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from traceability.config import paths

THEIRS = {
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "CELERY_BROKER_URL",
    "LOTLINE_STARTED",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
}


def type_in(*words: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if name not in THEIRS}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=paths.ROOT,
        env={**outside, "LOTLINE_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """An embedded database, migrated by the command itself."""
    folder = tmp_path_factory.mktemp("data")
    done = type_in("migrate", "--verbosity=0", data=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_migrate_makes_the_database_by_itself(data):
    assert [path.name for path in data.glob("pg[0-9]*") if path.is_dir()]
    assert type_in("migrate", "--check", data=data).returncode == 0


def test_a_command_runs_as_the_application(data):
    statement = "from django.db import connection as c; k = c.cursor(); k.execute('SELECT current_user'); print(k.fetchone())"
    assert "lotline_app" in type_in("shell", "-c", statement, data=data).stdout


def test_an_empty_ledger_verifies(data):
    done = type_in("verify_ledger", data=data)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_deployment_check_is_clean(data):
    done = type_in(
        "check",
        "--deploy",
        "--fail-level=WARNING",
        data=data,
        LOTLINE_HTTPS="on",
        SECRET_KEY="0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        ALLOWED_HOSTS="lots.example.com",
        LOTLINE_CHECKPOINT_FOLDER=str(data / "checkpoints"),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_reset_starts_over(data):
    """A person's data go only when asked for, and then entirely."""
    create = (
        "from traceability.models import Person; Person.objects.create(username='keep', display_name='Keep')"
    )
    assert type_in("shell", "-c", create, data=data).returncode == 0
    kept = type_in("demo", "--check", "--keep", "--empty", "--reset", data=data)
    assert "Lotline is at" in kept.stdout, kept.stdout + kept.stderr
    count = "from traceability.models import Person; print(Person.objects.filter(username='keep').count())"
    assert type_in("shell", "-c", count, data=data).stdout.strip().endswith("0")


def test_reset_never_touches_a_database_that_is_not_ours(data):
    done = type_in("demo", "--reset", data=data, DATABASE_URL="postgresql://somebody@/theirs")
    assert done.returncode != 0
    assert "DATABASE_URL" in done.stderr
