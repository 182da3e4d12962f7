"""The Celery application: ``celery -A traceability.config worker``. Tasks use ``shared_task`` and never import this."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "traceability.config.settings")

app = Celery("lotline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
