"""Every page there is, found as a person finds it: by following links from home. A new page is tested by being linked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from traceability.models import Person, Site
from traceability.roles import GRANTS, INTEGRATION

APPS = ("traceability", "receiving", "qc", "production", "shipping", "recalls")
EACH = 3  # pages looked at of one route
STARTS = ("/search?q=cajun", "/search?q=nothing-like-this", "/lots/?held=yes&stock=no")
_LINK = re.compile(r"""(?:href|hx-get)=["'](/[^"'#]*|\?[^"'#]*)""")


@dataclass(slots=True)
class Page:
    route: str
    address: str
    status: int
    queries: int
    kind: str
    html: str
    headers: Any
    asked: list[str]

    @property
    def is_floor(self) -> bool:
        return 'class="floor"' in self.html


def everybody() -> Person:
    """One person with every role, so that every link is there."""
    person = Person.objects.create_user("everybody", display_name="Everybody", password=None)
    person.roles = [role for role in GRANTS if role != INTEGRATION]
    person.save()
    person.sites.set(Site.objects.all())
    return person


def as_everybody(*, each: int = EACH) -> dict[str, list[Page]]:
    client = Client()
    client.force_login(everybody(), backend="traceability.roles.RoleBackend")
    return follow(client, *STARTS, each=each)


def follow(client: Client, *starts: str, each: int = EACH) -> dict[str, list[Page]]:
    """Pages by route, each asked once. Files and what answers without a page are left out."""
    found: dict[str, list[Page]] = defaultdict(list)
    seen: set[str] = set()
    shapes: dict[str, set[frozenset[str]]] = defaultdict(set)
    waiting = ["/", "/help/", *starts]
    while waiting:
        address = waiting.pop(0)
        parts = urlsplit(address)
        shape = frozenset(part.partition("=")[0] for part in parts.query.split("&") if part)
        if address in seen or "format" in shape or not (route := route_of(parts.path)):
            continue
        # Of one route: some records, and of a list each combination of filters once.
        if len({urlsplit(page.address).path for page in found[route]} | {parts.path}) > each or (
            shape and shape in shapes[route]
        ):
            continue
        seen.add(address)
        shapes[route].add(shape)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
            kind = answer.get("Content-Type", "").partition(";")[0]
            html = answer.content.decode() if kind == "text/html" and not answer.streaming else ""
        if answer.status_code in (301, 302):
            waiting.append(urljoin(address, answer["Location"]))
            continue
        # The test's own transaction adds savepoints.
        queries = [row["sql"] for row in asked if not row["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        found[route].append(
            Page(route, address, answer.status_code, len(queries), kind, html, answer.headers, queries)
        )
        waiting += [urljoin(address, unescape(link)) for link in _LINK.findall(html)]
    return dict(found)


def route_of(path: str) -> str:
    try:
        match = resolve(path)
    except Resolver404:
        return ""
    return match.view_name if match.namespaces and match.namespaces[0] in APPS else ""


def routes() -> Iterator[tuple[str, Any]]:
    """Every named page of the apps, with its view."""

    def walk(patterns: Any, namespace: str) -> Iterator[tuple[str, Any]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if pattern.namespace in APPS or (namespace and pattern.namespace is None):
                    yield from walk(pattern.url_patterns, pattern.namespace or namespace)
            elif isinstance(pattern, URLPattern) and namespace and pattern.name:
                yield f"{namespace}:{pattern.name}", pattern.callback

    yield from walk(get_resolver().url_patterns, "")
