"""Persons at a browser: `as_quinn` and the others are test clients, logged in."""

import pytest
from django.test import Client


@pytest.fixture
def browse(plant):
    """`browse("quinn")` is a client logged in as Quinn."""

    def logged_in(name: str) -> Client:
        client = Client()
        client.force_login(plant.people[name], backend="traceability.roles.RoleBackend")
        return client

    return logged_in
