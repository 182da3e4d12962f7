"""``/api/v1/``: every app's ``api/urls.py``, and the description of them all."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

APPS = ["traceability", "receiving", "qc", "production", "shipping", "recalls"]


def with_an_api(app: str) -> bool:
    return find_spec(f"{app}.api") is not None and find_spec(f"{app}.api.urls") is not None


urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    *(path("", include(f"{app}.api.urls")) for app in APPS if with_an_api(app)),
]
