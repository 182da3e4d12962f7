"""What OpenAPI says of every address alike: what a verb takes and gives, the right it needs, and the problems that may be answered."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer

from traceability.api import choosing
from traceability.api.bodies import lines_of
from traceability.api.editing import Edits, Makes
from traceability.api.keys import DRY_RUN, HEADER, IF_MATCH, OPTIONAL_HEADER
from traceability.api.rights import SIGNED_IN, right_of
from traceability.api.shapes import made, rows_of
from traceability.api.verbs import Verb
from traceability.api.views import Reads

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. Decide by `code`; show `detail`; `errors` points at the members of the body that are wrong.",
    "required": ["type", "title", "status", "detail", "code", "fields", "errors", "trace_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": True},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON Pointer into the body, such as #/lots/0/quantity.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "trace_id": {"type": "string", "description": "Also the X-Request-Id of the answer."},
    },
}
READS = {
    "400": "A parameter is unknown, empty, repeated or malformed.",
    "401": "No session and no usable token.",
    "403": "The role or the token's scopes do not give this right.",
    "404": "Not found, or not to be seen by this reader.",
    "406": "Only JSON is spoken here.",
    "422": "Well-formed, but not allowed; for a verb also: the key was used for something else.",
    "429": "Too many requests; Retry-After says when to come back.",
    "503": "The database is busy or away; nothing was recorded. Retry-After says when to come back.",
}
VERBS = {
    "409": "The ledger refuses: see `code`. Or a request with this key is under way (`key_in_flight`).",
    "413": "The body is too large.",
    "415": "The body is not JSON in UTF-8.",
}
CHANGES = {
    "412": "It was changed since it was read (`changed_meanwhile`).",
    "428": "If-Match is missing.",
}


class Described(AutoSchema):
    """Reads, verbs and changes describe themselves by what they are; only what is left over needs `extend_schema`."""

    def verb(self) -> Verb | type[Verb] | None:
        """What POST does here: the view itself, or what its list makes."""
        if self.method != "POST":
            return None
        return (
            self.view.new
            if isinstance(self.view, Makes)
            else self.view
            if isinstance(self.view, Verb)
            else None
        )

    def get_operation_id(self) -> str:
        verb = self.verb()
        return verb.operation_id if verb and verb.operation_id else super().get_operation_id()

    def get_description(self) -> str:  # type: ignore[override]
        verb = self.verb()
        return get_doc(verb) if isinstance(verb, type) else super().get_description()

    def get_override_parameters(self) -> list[Any]:
        if self.verb():
            return [HEADER, DRY_RUN]
        if isinstance(self.view, Edits) and self.method in ("PATCH", "DELETE"):
            return [IF_MATCH, OPTIONAL_HEADER, DRY_RUN]
        if isinstance(self.view, Reads) and self.method == "GET":
            return [*choosing.FIELDS, *_ordering(self.view)]
        return super().get_override_parameters()

    def get_request_serializer(self) -> Any:
        verb = self.verb()
        if verb and verb.most_rows:
            name = f"{verb.body.__name__.removesuffix('Body')}OneOrMany"
            both = [verb.body, lines_of(verb.body, most=verb.most_rows)]
            return PolymorphicProxySerializer(name, both, resource_type_field_name=None, many=False)
        if verb:
            return verb.body
        if isinstance(self.view, Edits) and self.method == "PATCH":
            return self.view.body
        return super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        verb = self.verb()
        if verb:
            answer: Any = verb.answer
            if verb.most_rows:
                name = f"{answer.__name__}OneOrMany"
                answer = PolymorphicProxySerializer(
                    name, [answer, rows_of(answer)], resource_type_field_name=None, many=False
                )
            return {201: answer, 200: answer}
        if isinstance(self.view, Edits) and self.method == "PATCH":
            return {200: made(self.view.get_serializer_class())}
        return super().get_response_serializers()

    def get_extensions(self) -> dict[str, Any]:
        right = right_of(self.view, self.method)
        rights = [right] if isinstance(right, str) else list(right or [])
        return {"x-rights": [one for one in rights if one != SIGNED_IN]}

    def is_deprecated(self) -> bool:
        return bool(getattr(self.view, "deprecated", None)) or super().is_deprecated()


def _ordering(view: Reads) -> list[OpenApiParameter]:
    names = list(view.orderings) if not view.detail else []
    if not names:
        return []
    return [OpenApiParameter("ordering", str, enum=[*names, *(f"-{name}" for name in names)])]


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A drf-spectacular hook. Each status is described once, under components, and named by every operation."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        f"Problem{status}": {"description": text, "content": content}
        for status, text in sorted((READS | VERBS | CHANGES).items())
    }
    known = {"get": READS, "post": READS | VERBS}
    for operations in result["paths"].values():
        for method, operation in operations.items():
            statuses = known.get(method, READS | VERBS | CHANGES)
            operation["responses"] |= {
                status: {"$ref": f"#/components/responses/Problem{status}"} for status in statuses
            }
    return result
