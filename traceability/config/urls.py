"""Every address begins here. Apps are named by string, so none of them is imported by another."""

from django.urls import include, path

from . import health

handler500 = "traceability.views.outages.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("version", health.version, name="version"),
    path("api/v1/", include("traceability.config.api_urls")),
    path("receiving/", include("receiving.urls")),
    path("qc/", include("qc.urls")),
    path("production/", include("production.urls")),
    path("shipping/", include("shipping.urls")),
    path("recalls/", include("recalls.urls")),
    path("", include("traceability.urls")),
]
