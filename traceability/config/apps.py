"""Makes the project itself an app, for its management commands."""

from django.apps import AppConfig


class LotlineConfig(AppConfig):
    name = "traceability.config"
    label = "lotline"
    verbose_name = "Lotline"

    def ready(self) -> None:
        # Without our Celery application, shared tasks would look for a broker that nobody configured; checks register themselves.
        from . import celery, deploying  # noqa: F401
