"""The settings: strict by default, and all from the environment."""

import subprocess
import sys

import pytest
from django.conf import settings
from django.test import override_settings

from traceability.config import database_url, paths


def test_the_default_connection_is_the_applications(db):
    assert settings.DATABASES["default"]["USER"] == "lotline_app"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ann:s%40t@db:5433/lots",
            {"USER": "ann", "PASSWORD": "s@t", "HOST": "db", "PORT": "5433"},
        ),
        (
            "postgres://ann@/lots?host=%2Frun%2Fpg&port=5432",
            {"HOST": "/run/pg", "PORT": "5432", "OPTIONS": {}},
        ),
        ("postgresql://db/lots?sslmode=require", {"NAME": "lots", "OPTIONS": {"sslmode": "require"}}),
        ("postgresql://ann@[::1]/lots", {"HOST": "::1", "PORT": ""}),
    ],
)
def test_a_database_url_says_everything(url, expected):
    assert expected.items() <= database_url.parse(url).items()


def test_another_database_is_refused():
    with pytest.raises(ValueError, match="postgresql://"):
        database_url.parse("mysql://ann@db/lots")


def test_psycopg_3_is_not_installed():
    """Django would silently prefer it."""
    with pytest.raises(ModuleNotFoundError):
        __import__("psycopg")


def test_the_lock_keeps_psycopg_3_out():
    assert 'name = "psycopg"' not in (paths.ROOT / "uv.lock").read_text()


def test_every_answer_carries_the_content_security_policy(client):
    policy = dict(
        rule.split(" ", 1) for rule in client.get("/healthz").headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == policy["style-src"] == "'self'"
    assert "unsafe-inline" not in policy["script-src"]
    assert "unsafe-eval" not in policy["script-src"].replace("wasm-unsafe-eval", "")
    assert policy["object-src"] == policy["frame-ancestors"] == "'none'"


def test_the_api_is_closed_by_default():
    rest = settings.REST_FRAMEWORK
    assert rest["DEFAULT_PERMISSION_CLASSES"] == ["traceability.api.rights.HasRequiredRight"]
    assert rest["DEFAULT_RENDERER_CLASSES"] == ["rest_framework.renderers.JSONRenderer"]


def test_a_stranger_is_not_let_into_the_api(client, db):
    assert client.get("/api/v1/schema/").status_code in {401, 403}


def test_ready_only_with_all_migrations(client, db):
    assert client.get("/readyz").content == b"ready\n"
    assert client.get("/version").json() == {"name": "lotline", "version": settings.VERSION}


def test_alive_asks_nobody(client):
    # No database fixture: a query would be refused.
    assert client.get("/healthz").content == b"ok\n"


def test_a_foreign_host_is_refused(client):
    with override_settings(ALLOWED_HOSTS=["lots.example.com"]):
        assert client.get("/healthz", headers={"host": "evil.example.com"}).status_code == 400


def in_production(statement: str, **environment: str) -> str:
    """Evaluate something about the settings of another environment, in a process of its own."""
    import os

    base = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x" * 60,
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
    }
    done = subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings; print({statement})"],
        env={**base, **environment},
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_behind_https_nothing_travels_open():
    assert (
        in_production(
            "settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT",
            LOTLINE_HTTPS="on",
        )
        == "True True True"
    )


def test_debug_is_off_unless_asked_for():
    assert in_production("settings.DEBUG") == "False"


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text("from-a-file\n")
    assert in_production("settings.SECRET_KEY", SECRET_KEY_FILE=str(tmp_path / "key")) == "from-a-file"


def test_jobs_survive_a_lost_worker():
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_TASK_IGNORE_RESULT
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT
