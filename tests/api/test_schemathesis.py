"""Requests made up from the OpenAPI document, sent as each role: no 5xx, no answer that is not described, refusals as described."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from tests.api import world as worlds
from tests.api.conftest import integration
from tests.api.test_description import generated
from traceability.api.tokens import issue_token
from traceability.ledger import verify
from traceability.roles import SCOPES

pytestmark = pytest.mark.filterwarnings("ignore")
CSRF = "c" * 32


@pytest.fixture
def callers(committed_plant) -> dict[str, dict[str, dict[str, str]]]:
    """Headers and cookies by role: people with a session as a browser has it, an integration with every scope, a stranger."""
    found: dict[str, dict[str, dict[str, str]]] = {"stranger": {}}
    for name, person in worlds.people(committed_plant).items():
        client = Client()
        client.force_login(person, backend="traceability.roles.RoleBackend")
        session = client.cookies["sessionid"].value
        found[name] = {"cookies": {"sessionid": session, "csrftoken": CSRF}, "headers": {"X-CSRFToken": CSRF}}
    _, shown = issue_token(person=integration(), name="t", scopes=sorted(SCOPES))
    found["erp"] = {"headers": {"Authorization": f"Bearer {shown}"}}
    return found


def trials(examples: int) -> Any:
    return hypothesis_settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def ask(case: Any, made_up: dict[str, Any], who: dict[str, dict[str, str]]) -> Any:
    case.headers, case.cookies = {**made_up, **who.get("headers", {})}, who.get("cookies", {})
    return case.call()


def test_each_role_hears_only_what_is_described(committed_plant, callers, count, monkeypatch):
    schemathesis = pytest.importorskip("schemathesis")
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    from traceability.api.throttles import PerClient

    monkeypatch.setattr(PerClient, "rate", "1000000/min")
    world = worlds.build(committed_plant)
    schema = schemathesis.openapi.from_dict(generated())
    schema.app = get_wsgi_application()
    conform = [
        not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance,
        checks.response_headers_conformance,
    ]  # fmt: skip
    asked = 0
    heard: dict[str, set[int]] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        known = {
            name: value
            for name, value in world.parameters(operation.path).items()
            if f"{{{name}}}" in operation.path
        }
        positive = operation.as_strategy(path_parameters=known or None)
        negative = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        asked += 1

        @given(case=positive)
        @trials(count(1, 25))
        def answers(case):
            made_up = dict(case.headers or {})
            for who in callers:
                response = ask(case, made_up, callers[who])
                case.validate_response(response, checks=conform)
                heard.setdefault(who, set()).add(response.status_code)
                assert who != "stranger" or response.status_code == 401

        @given(case=negative)
        @trials(count(2, 50))
        def refuses(case):
            made_up = dict(case.headers or {})
            for who in ("erp", "paul", "sam"):
                case.validate_response(
                    ask(case, made_up, callers[who]), checks=[*conform, checks.negative_data_rejection]
                )

        answers()
        refuses()
    assert asked > 70
    assert heard["stranger"] == {401}
    # They got somewhere: roles read and write, and are refused what is not theirs.
    for who in ("paul", "sam", "quinn", "erp"):
        assert {200, 403} <= heard[who], (who, heard[who])
    assert 201 in heard["paul"] | heard["sam"]
    assert verify.verify().is_sound
