"""OpenAPI 3.1: served, kept, and true."""

import pytest
import yaml
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from tests.api.conftest import READS
from tests.graphs import graph
from traceability.config import paths

KEPT = paths.ROOT / "docs" / "openapi.yaml"


def generated():
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_kept_description_is_that_of_the_code():
    """After a change: python3 manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"""
    from drf_spectacular.renderers import OpenApiYamlRenderer

    assert OpenApiYamlRenderer().render(generated(), renderer_context={}).decode() == KEPT.read_text()


def test_it_is_openapi_3_1_and_valid():
    from drf_spectacular.validation import validate_schema

    description = generated()
    assert description["openapi"].startswith("3.1")
    validate_schema(description)


def test_it_is_served_to_whoever_is_signed_in(a_session, stranger):
    served = a_session("nora").get("schema")
    assert served.status_code == 200
    assert set(yaml.safe_load(served.content)["paths"]) == set(yaml.safe_load(KEPT.read_text())["paths"])
    assert stranger.get("schema").status_code == 401


def test_every_answer_and_every_problem_is_described():
    described = generated()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert {"400", "401", "403", "429", "503"} <= set(operation["responses"]), (method, path)
            assert operation.get("description"), (method, path)
            if method == "post":
                assert {"409", "415", "422"} <= set(operation["responses"])
                assert [
                    one["name"]
                    for one in operation["parameters"]
                    if one["in"] == "header" and one["required"]
                ] == ["Idempotency-Key"]


def test_no_number_in_it_is_a_float():
    assert "type: number" not in KEPT.read_text()
    assert "double" not in KEPT.read_text()


@pytest.mark.filterwarnings("ignore")
def test_whatever_is_asked_is_answered_as_described(committed_plant, count):
    """Schemathesis makes up requests from the description; each answer must be one that the description knows."""
    schemathesis = pytest.importorskip("schemathesis")
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    from recalls import services
    from tests.api.conftest import integration
    from traceability.api.tokens import issue_token

    plant = committed_plant
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    plant.ship(lots["P1"], 5)
    plant.hold(lots["B1"])
    recall = services.open_recall(
        title="T", hazard="H", reason="R", starts=[lots["S1"]], actor=plant.rhea, client="test", key="o"
    )
    services.freeze_scope(recall=recall, actor=plant.rhea, client="test", key="f")
    _, shown = issue_token(person=integration(), name="t", scopes=READS)
    schema = schemathesis.openapi.from_dict(generated())
    schema.app = get_wsgi_application()
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.method != "get":
            continue
        asked += 1

        @given(case=operation.as_strategy())
        @hypothesis_settings(
            max_examples=count(4, 50),
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def answers(case):
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {shown}"}
            case.call_and_validate(
                checks=[
                    not_a_server_error,
                    status_code_conformance,
                    content_type_conformance,
                    response_schema_conformance,
                ]
            )

        answers()
    assert asked > 20
    assert settings.REST_FRAMEWORK["EXCEPTION_HANDLER"]
