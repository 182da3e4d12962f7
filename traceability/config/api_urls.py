"""``/api/v1/``: every app's ``api/urls.py``, the description of them all, and 404 as a problem for the rest."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path, re_path

from traceability.api import root

APPS = ["traceability", "receiving", "qc", "production", "shipping", "recalls"]


def with_an_api(app: str) -> bool:
    return find_spec(f"{app}.api") is not None and find_spec(f"{app}.api.urls") is not None


with_apis = [app for app in APPS if with_an_api(app)]
resources = tuple(name for app in with_apis for name in import_module(f"{app}.api.urls").resources)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", root.Root.as_view(resources=resources), name="api-root"),
    path("schema", root.Description.as_view(), name="api-schema"),
    *(path("", include(f"{app}.api.urls")) for app in with_apis),
    re_path(r"^[\s\S]*$", root.Nothing.as_view()),
]
