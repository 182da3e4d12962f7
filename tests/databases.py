"""Databases for tests: copies of one migrated template, made and dropped by the owner, used as the application.

The ledger refuses TRUNCATE, without exception, so no test can be cleaned up by flushing. A copy takes less than 0.1 s.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.db import connections

from traceability.embedded.postgres import SUPERUSER

_numbers = count(1)


def template() -> str:
    return urlsplit(os.environ["DATABASE_OWNER_URL"]).path.lstrip("/")


@contextmanager
def a_clone(label: str = "clone", of: str = "") -> Iterator[str]:
    """A fresh copy of the migrated template, or `of` another. Dropped at the end, with whoever is still connected to it."""
    # lotline_template_123 → one server may serve several runs.
    name = f"{template()}_{label}_{os.getpid()}_{next(_numbers)}"
    with owner("postgres") as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of or template()}"')
    try:
        yield name
    finally:
        with owner("postgres") as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def default_at(name: str) -> Iterator[None]:
    """Point Django's default connection, in every thread, at another database."""
    # The threads' connections share this one dictionary.
    settings = connections.settings["default"]
    before = settings["NAME"]
    connections["default"].close()
    settings["NAME"] = name
    try:
        yield
    finally:
        connections["default"].close()
        settings["NAME"] = before


@contextmanager
def owner(name: str | None = None) -> Iterator[Any]:
    """A cursor of the owner in autocommit: what the application's role must not do."""
    address = urlsplit(os.environ["DATABASE_OWNER_URL"])
    connection = psycopg2.connect(address._replace(path=f"/{name or current()}").geturl())
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def superuser_url(name: str | None = None) -> str:
    """The address as the superuser of our own server; of a server that was given to us, its owner's own."""
    address = urlsplit(os.environ["DATABASE_OWNER_URL"])
    user = address.username if "TEST_DATABASE_OWNER_URL" in os.environ else SUPERUSER
    netloc = f"{user}@{address.netloc.rpartition('@')[2]}"
    return address._replace(netloc=netloc, path=f"/{name or current()}").geturl()


@contextmanager
def as_superuser() -> Iterator[None]:
    """Django's own connection as somebody whom no right and no trigger stops. Skips where there is no such person."""
    with owner("postgres") as cursor:
        if "TEST_DATABASE_OWNER_URL" in os.environ:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper")
            if cursor.fetchone() is None:
                pytest.skip("the owner of the given server is no superuser")
    settings = connections.settings["default"]
    before = settings["USER"]
    connections["default"].close()
    settings["USER"] = urlsplit(superuser_url()).username
    try:
        yield
    finally:
        connections["default"].close()
        settings["USER"] = before


@contextmanager
def superuser() -> Iterator[Any]:
    """A cursor of the superuser in autocommit: who sees what every session is doing, and may end it."""
    connection = psycopg2.connect(superuser_url())
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def current() -> str:
    """The database that the default connection is on now."""
    return str(connections.settings["default"]["NAME"])


def url_for(name: str | None = None) -> str:
    """The application's address of a database, for child processes (a worker, a web server)."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name or current()}").geturl()
