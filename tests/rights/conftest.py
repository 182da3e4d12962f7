"""The world is built once a file, committed in a database of its own; each cell runs in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from tests import databases
from tests.rights.table import Route, is_subject
from tests.rights.world import World, make_world

API = "/api/v1"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with databases.a_clone("rights") as name, django_db_blocker.unblock():
        with databases.default_at(name):
            yield make_world()


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def ask(world: World, django_db_blocker: Any) -> Callable[..., Any]:
    """`ask(route, "GET", role, where)`: the answer, with nothing kept of what it did."""
    sessions: dict[int, str] = {}
    client = Client(raise_request_exception=False)

    def session(person: Any) -> str:
        if person.pk not in sessions:
            store = SessionStore()
            store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(person.pk), "traceability.roles.RoleBackend"
            store[HASH_SESSION_KEY] = person.get_session_auth_hash()
            store.save()
            sessions[person.pk] = store.session_key or ""
        return sessions[person.pk]

    def asked(
        route: Route,
        method: str,
        role: str | None,
        where: str = "own",
        *,
        token: str = "",
        unknown: bool = False,
        everywhere: bool = False,
    ) -> Any:
        cache.clear()  # The API counts its callers there.
        client.cookies.clear()
        people = world.everywhere if everywhere else world.people
        person = people[role] if role is not None else None
        if person is not None and not token:
            client.cookies["sessionid"] = session(person)
        with rolled_back():
            path = address(world, route, where, person, unknown=unknown)
            form = _form(world, route, where, person, unknown=unknown)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            kind = "application/json" if route.is_api else "application/x-www-form-urlencoded"
            if method == "GET" and route.sends:
                path = f"{path}?{form}"
            sent = "" if method == "GET" else "{}" if route.is_api else f"csrfmiddlewaretoken=x&{form}"
            response = client.generic(method, path, sent, content_type=kind, headers=headers)
            content = b"".join(response.streaming_content) if response.streaming else response.content
            response.told = content.decode(errors="replace")
            return response

    return asked


def _form(world: World, route: Route, where: str, person: Any, *, unknown: bool) -> str:
    return urlencode(
        {name: _value(world, what, where, person, unknown) for name, what in route.sends.items()}
    )


def address(world: World, route: Route, where: str, person: Any, *, unknown: bool = False) -> str:
    values = {name: _value(world, what, where, person, unknown) for name, what in route.at.items()}
    if route.is_api:
        return API + route.name.format(**values)
    from django.urls import reverse

    return reverse(route.name, kwargs=values)


def _value(world: World, what: Any, where: str, person: Any, unknown: bool) -> Any:
    if not is_subject(what):
        return what[1:] if isinstance(what, str) else what
    if unknown:
        return "NOBODY-KNOWS" if "." in what else 987_654_321
    return world.number(what, where, person)
