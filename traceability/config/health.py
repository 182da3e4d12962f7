"""Three small answers for machines: alive, ready, and which version."""

import functools

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nobody, so a database that is away does not get the web server restarted."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """May traffic come here? The database answers and has all our migrations. The broker is not asked:
    without it people still post."""
    try:
        if not _migrated():
            return HttpResponse("migrations are missing\n", status=503, content_type="text/plain")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


@require_safe
def version(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"name": "lotline", "version": settings.VERSION})


def _migrated() -> bool:
    # Once migrated, this code stays migrated: ask the expensive question only until the answer is yes.
    if not _migrated_once.cache_info().currsize:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated_once()
    return True


@functools.cache
def _migrated_once() -> bool:
    return True
