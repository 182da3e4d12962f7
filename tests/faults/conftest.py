"""Callers of pages and API who do not stumble over a 500: the answer is what is looked at."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.api.conftest import caller


@pytest.fixture
def person():
    """`person(plant, "quinn")`: a browser logged in, that shows errors as a browser does."""

    def logged_in(plant, name):
        client = Client(raise_request_exception=False)
        client.force_login(plant.people[name], backend="traceability.roles.RoleBackend")
        return client

    return logged_in


@pytest.fixture
def program():
    """`program(plant, "sam")`: the API with that person's session."""
    cache.clear()
    return lambda plant, name: caller(person=plant.people[name])
