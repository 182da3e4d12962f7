"""OpenAPI 3.1: served, kept, and true."""

import yaml

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
