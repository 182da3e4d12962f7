"""What OpenAPI says of every address alike: how to sign in, and the problems that may be answered."""

from __future__ import annotations

from typing import Any

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. Decide by `code`; show `detail`.",
    "required": ["type", "title", "status", "detail", "code", "fields", "trace_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": True},
        "trace_id": {"type": "string"},
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
    "409": "The ledger refuses: see `code`.",
    "413": "The body is too large.",
    "415": "The body is not JSON in UTF-8.",
}


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A drf-spectacular hook. Each status is described once, under components, and named by every operation."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        f"Problem{status}": {"description": text, "content": content}
        for status, text in sorted((READS | VERBS).items())
    }
    for operations in result["paths"].values():
        for method, operation in operations.items():
            statuses = READS if method == "get" else READS | VERBS
            operation["responses"] |= {
                status: {"$ref": f"#/components/responses/Problem{status}"} for status in statuses
            }
    return result
