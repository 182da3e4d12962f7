"""Callers of the API: people with a session, programs with a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from traceability.api.tokens import issue_token
from traceability.models import Person, Site

ROOT = "/api/v1/"
READS = ["ledger:read", "recall:read"]


@dataclass
class Caller:
    """Speaks JSON; answers with the response, whose `.json()` is the body."""

    client: Client
    headers: dict[str, str]

    def get(self, address: str, **query: Any) -> Any:
        path = address if address.startswith("http") else ROOT + address
        return self.client.get(path, query_params=query or None, headers=self.headers)

    def post(self, address: str, body: Any, *, key: str | None = None, **query: Any) -> Any:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return self.client.post(
            ROOT + address, body, content_type="application/json", headers=headers, query_params=query or None
        )

    def send(self, method: str, address: str) -> Any:
        return self.client.generic(
            method, ROOT + address, "{}", content_type="application/json", headers=self.headers
        )


def caller(*, person: Person | None = None, token: str = "") -> Caller:
    client = Client(raise_request_exception=False)
    if person:
        client.force_login(person, backend="traceability.roles.RoleBackend")
    return Caller(client, {"Authorization": f"Bearer {token}"} if token else {})


def integration(*scopes: str, username: str = "erp") -> Person:
    """A named program of every site."""
    person = Person.objects.get_or_create(
        username=username, defaults={"display_name": "ERP", "roles": ["integration"]}
    )[0]
    person.sites.set(Site.objects.all())
    return person


@pytest.fixture
def a_session(plant):
    """`a_session("rita")`: Rita, logged in."""
    return lambda name: caller(person=plant.people[name])


@pytest.fixture
def a_token(plant):
    """`a_token("ledger:read")`: an integration with a token of these scopes."""
    return lambda *scopes: caller(token=issue_token(person=integration(), name="test", scopes=scopes)[1])


@pytest.fixture
def erp(a_token):
    """An integration that may read everything an integration may."""
    return a_token(*READS)


@pytest.fixture
def stranger(plant):
    return caller()
