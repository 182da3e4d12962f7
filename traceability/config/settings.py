"""All settings, from the environment. Without one: safe, and good for one machine.

Names that people set: DATABASE_URL, DATABASE_OWNER_URL, CELERY_BROKER_URL, SECRET_KEY, ALLOWED_HOSTS,
CSRF_TRUSTED_ORIGINS, DEBUG, LOTLINE_HTTPS, LOTLINE_MEDIA_ROOT, LOTLINE_STATIC_FINDERS, LOTLINE_LOG_LEVEL,
LOTLINE_VERSION, LOTLINE_API_RATE, LOTLINE_CHECKPOINT_FOLDER, LOTLINE_CHECKPOINT_MAIL, LOTLINE_URL, LOTLINE_PRINTER_NETWORKS,
DATABASE_LOCK_TIMEOUT, DATABASE_CONN_MAX_AGE, EMAIL_URL parts (EMAIL_HOST …).
"""

import os
import secrets
from datetime import timedelta
from typing import Any

from celery.schedules import crontab

from . import database_url
from .paths import DATA, ROOT


def env(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def env_flag(name: str, *, default: bool = False) -> bool:
    given = env(name).lower()
    if given not in {"", "0", "1", "true", "false", "yes", "no", "on", "off"}:
        raise ValueError(f"{name} is on or off, not {given!r}")
    return given in {"1", "true", "yes", "on"} if given else default


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def env_secret(name: str) -> str:
    """The secret itself, or the content of the file that ``NAME_FILE`` names (as containers give secrets)."""
    if path := env(f"{name}_FILE"):
        with open(path) as file:
            return file.read().strip()
    return env(name)


def own_secret_key() -> str:
    """For one machine: made once, kept beside the data, readable by us alone."""
    path = DATA / "secret-key"
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
        except FileExistsError:
            pass  # Another process made it in this moment.
    return path.read_text().strip()


# The site

DEBUG = env_flag("DEBUG")
HTTPS = env_flag("LOTLINE_HTTPS")
VERSION = env("LOTLINE_VERSION", "0.1.0")
# What stands on labels whose item has no GTIN: an address that a telephone can open.
LOTLINE_URL = env("LOTLINE_URL", "http://localhost:8000")
# Label printers are reached in these networks alone, by address and never by name.
PRINTER_NETWORKS = env_list("LOTLINE_PRINTER_NETWORKS", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7")
SECRET_KEY = env_secret("SECRET_KEY") or own_secret_key()
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
ROOT_URLCONF = "traceability.config.urls"
WSGI_APPLICATION = "traceability.config.wsgi.application"
ASGI_APPLICATION = "traceability.config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
USE_I18N = True
# Stored in UTC; shown in the time zone of the site the thing happened at.
TIME_ZONE = "UTC"
USE_TZ = True

INSTALLED_APPS = [
    "traceability",
    "receiving",
    "qc",
    "production",
    "shipping",
    "recalls",
    "traceability.config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "axes",
]

MIDDLEWARE = [
    "traceability.tracing.RequestNames",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "traceability.config.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "traceability.reach.WhoeverAsks",
    "traceability.context.AtTheSite",
    "traceability.views.refusals.RefusalsAsPages",
    "axes.middleware.AxesMiddleware",
    # Last, next to the view.
    "traceability.views.collisions.TriesAgain",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["traceability.templatetags.lotline", "traceability.templatetags.papers"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "traceability.context.shell",
            ],
        },
    },
]

# Data

DATABASES: dict[str, dict[str, Any]] = {
    # The application's role. The owner's address is given as DATABASE_URL to the process that migrates.
    "default": database_url.parse(
        env("DATABASE_URL", "postgresql://lotline_app@/lotline?host=/no-database-url")
    )
}
DATABASES["default"]["CONN_MAX_AGE"] = int(env("DATABASE_CONN_MAX_AGE", "60"))
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"].setdefault("application_name", "lotline")
# A server that is away or behind a broken wire is noticed in seconds, whatever TCP thinks.
for name, seconds in {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}.items():
    DATABASES["default"]["OPTIONS"].setdefault(name, seconds)
DATABASES["default"]["OPTIONS"].setdefault("tcp_user_timeout", 15_000)
# Whoever waits longer for a lock is told to try again (503). Isolation stays READ COMMITTED: the ledger needs it.
DATABASES["default"]["OPTIONS"].setdefault("options", f"-c lock_timeout={env('DATABASE_LOCK_TIMEOUT', '3s')}")

# Where the ends of the ledger's chain are kept: best on another machine, out of reach of whoever runs the database.
LOTLINE_CHECKPOINT_FOLDER = env("LOTLINE_CHECKPOINT_FOLDER")
LOTLINE_CHECKPOINT_MAIL = env_list("LOTLINE_CHECKPOINT_MAIL")

MEDIA_ROOT = env("LOTLINE_MEDIA_ROOT", str(DATA / "media"))  # Never served as it is: a view checks who asks.
STATIC_URL = "static/"
STATIC_ROOT = env("LOTLINE_STATIC_ROOT", str(DATA / "static"))
STATICFILES_DIRS = [ROOT / "static"]
# The demo and development read files where they lie; the image compresses them once, at build time.
WHITENOISE_USE_FINDERS = env_flag("LOTLINE_STATIC_FINDERS", default=True)
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "traceability.uploads.Capped",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # A receipt of 10,000 serials is one form.

# People

AUTH_USER_MODEL = "traceability.Person"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "traceability.roles.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Ten guesses in fifteen minutes, counted per name and address: a flood of guesses from elsewhere locks nobody out.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
SESSION_COOKIE_AGE = 12 * 60 * 60  # One shift.
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# The browser

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Sub-domains and the browsers' preload list: the neighbours' hosts are not ours to decide about.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

# The API

API_RATE = env("LOTLINE_API_RATE", "1200/min")  # Of each token and each person; s, min, h or d.
REST_FRAMEWORK = {
    # The token first: it is what answers a stranger with 401.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "traceability.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    # A view that names no right is closed to everybody.
    "DEFAULT_PERMISSION_CLASSES": ["traceability.api.rights.HasRequiredRight"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["traceability.api.parsing.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["traceability.api.parameters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "traceability.api.paging.Pages",
    "DEFAULT_THROTTLE_CLASSES": ["traceability.api.throttles.PerClient"],
    "DEFAULT_SCHEMA_CLASS": "traceability.api.schema.Described",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "traceability.api.problems.answer",
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lotline",
    "DESCRIPTION": "Lot and serial traceability: what came in, what it went into, who received it.",
    "VERSION": "v1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["traceability.api.rights.HasRequiredRight"],
    "ENUM_NAME_OVERRIDES": {
        "AttachmentKind": "traceability.models.attachments.AttachmentKind",
        "AttributeKind": "traceability.models.lot_attributes.AttributeKind",
        "ImportState": "traceability.models.imports.ImportState",
        "ItemKind": "traceability.models.items.ItemKind",
        "LocationKind": "traceability.models.locations.LocationKind",
        "EntryKind": "traceability.models.ledger.EntryKind",
        "RunKind": "traceability.models.runs.RunKind",
        "Status": "traceability.models.ledger.Status",
        "Evidence": "traceability.models.ledger.Evidence",
        # What a caller may claim of its own act; the ledger itself also infers and imports.
        "EvidenceOfAnAct": ["scanned", "typed"],
        "RecallStatus": "recalls.models.RecallStatus",
        "BomStatus": "production.models.BomStatus",
        "WorkOrderStatus": "production.models.WorkOrderStatus",
        "CustomerOrderStatus": "shipping.models.OrderStatus",
        "ShipmentStatus": "shipping.models.ShipmentStatus",
        "StopCause": "production.models.StopCause",
        "Pulling": "production.models.Pulling",
        "PurchaseOrderKind": "receiving.models.papers.OrderKind",
        "HoldCause": "traceability.models.holds.HoldCause",
        "Stage": "traceability.models.requirements.Stage",
        "Decision": "qc.models.DecisionKind",
        "CharacteristicKind": "qc.models.CharacteristicKind",
        "StatusOfUnused": ["released", "quarantine"],
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "traceability.api.schema.add_problems",
    ],
}

# Later work. The broker is a wake-up call: jobs are rows, tasks are safe to run twice, results are not kept.

CELERY_BROKER_URL = env_secret("CELERY_BROKER_URL") or "redis://127.0.0.1:6379/0"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # A worker waits for its broker as long as it takes.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 2 * 60 * 60,  # Longer than the longest task.
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    # A request must not wait long for a broker that is away; the sweep sends the job again.
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 55 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Name of the task → every so many seconds, or a crontab. Whoever writes a task adds its line here.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "verify the ledger": {
        "task": "traceability.tasks.verify_ledger_nightly",
        "schedule": crontab(hour="2", minute="30"),
    },
    "take a checkpoint away": {
        "task": "traceability.tasks.keep_checkpoint_hourly",
        "schedule": crontab(minute="5"),
    },
    "send the mails of the day": {
        "task": "traceability.tasks.send_digests",
        "schedule": crontab(minute="*/15"),
    },
    "send lost jobs again": {"task": "traceability.tasks.sweep_jobs", "schedule": 30.0},
    "send labels whose printer was away": {"task": "traceability.tasks.sweep_labels", "schedule": 60.0},
    "forget old answers of the API": {
        "task": "traceability.tasks.forget_api_answers",
        "schedule": crontab(hour="3", minute="10"),
    },
}

# Mail and log

EMAIL_BACKEND = env(
    "EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if env('EMAIL_HOST') else 'console'}.EmailBackend"
)
EMAIL_HOST = env("EMAIL_HOST", "localhost")
EMAIL_PORT = int(env("EMAIL_PORT", "25"))
EMAIL_HOST_USER = env("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "lotline@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"trace": {"()": "traceability.tracing.TraceFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {trace} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["trace"]}},
    "root": {"handlers": ["console"], "level": env("LOTLINE_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "axes": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
