"""The API's description as a person reads it: topics, addresses, what they take and give, in the house's own pages.

Drawn from the same OpenAPI document that programs read, so it cannot say anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from traceability.roles import GRANTS, LABELS, SCOPES

METHODS = ("get", "post", "patch", "delete")
# What an example says of a text, by its format.
SAMPLES = {"date": "2026-11-24", "date-time": "2026-11-24T07:30:00-06:00", "uri": "https://…"}


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a body, or one parameter: `lots[].quantity`."""

    name: str
    kind: str
    is_required: bool
    note: str = ""


@dataclass(slots=True)
class Operation:
    id: str
    method: str
    path: str
    text: list[str]
    people: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    parameters: list[Member] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    body: list[Member] = field(default_factory=list)
    answer: list[Member] = field(default_factory=list)
    example: str = ""
    is_deprecated: bool = False

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


@dataclass(slots=True)
class Topic:
    name: str
    operations: list[Operation] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.name.replace("-", " ").capitalize() if self.name else "Root"


@lru_cache(maxsize=1)
def topics() -> list[Topic]:
    """Made once in each process: the description changes only with the program."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found: dict[str, Topic] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                name = path.removeprefix("/api/v1/").partition("/")[0]
                topic = found.setdefault(name, Topic(name))
                topic.operations.append(_operation(document, path, method, operations[method]))
    return [found[name] for name in sorted(found)]


def _operation(document: Any, path: str, method: str, told: Any) -> Operation:
    rights = set(told.get("x-rights", []))
    body = _content(told.get("requestBody", {}))
    answer = next(
        (_content(one) for status, one in told["responses"].items() if status in ("200", "201")), None
    )
    parameters = told.get("parameters", [])
    return Operation(
        id=told["operationId"], method=method.upper(), path=path, text=told.get("description", "").split("\n\n"),
        people=[LABELS[role] for role, granted in GRANTS.items() if granted & rights] if rights else [],
        scopes=[scope for scope, granted in SCOPES.items() if granted & rights],
        parameters=[_parameter(document, one) for one in parameters if one["in"] == "query"],
        headers=[one["name"] for one in parameters if one["in"] == "header" and one.get("required")],
        body=list(_members(document, body)) if body else [],
        answer=list(_members(document, answer)) if answer else [],
        example=json.dumps(_sample(document, body), indent=2, ensure_ascii=False) if body else "",
        is_deprecated=told.get("deprecated", False),
    )  # fmt: skip


def _content(told: Any) -> Any:
    return told.get("content", {}).get("application/json", {}).get("schema")


def _parameter(document: Any, told: Any) -> Member:
    return Member(
        told["name"],
        _kind(document, told["schema"]),
        told.get("required", False),
        _note(told),
    )


def _note(told: Any) -> str:
    """Without the list of choices that the generator adds: they stand beside it."""
    return str(told.get("description", "")).partition("* `")[0].strip()


def _resolved(document: Any, schema: Any) -> Any:
    while True:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] | {
                name: value for name, value in schema.items() if name != "$ref"
            }
        elif len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0] | {name: value for name, value in schema.items() if name != "allOf"}
        else:
            return schema


def _members(document: Any, schema: Any, before: str = "", depth: int = 0) -> Iterator[Member]:
    """Every member with its path, two levels deep; what lies deeper is named by its kind."""
    schema = _resolved(document, schema)
    if "oneOf" in schema and "properties" not in schema:
        objects = [
            one for one in (_resolved(document, part) for part in schema["oneOf"]) if "properties" in one
        ]
        schema = objects[0] if objects else {}
    if schema.get("type") == "array":
        schema, before = _resolved(document, schema["items"]), f"{before}[]."
    needed = set(schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        inner = _resolved(document, inner)
        yield Member(f"{before}{name}", _kind(document, inner), name in needed, _note(inner))
        if depth < 2:
            is_list = inner.get("type") == "array"
            deeper = _resolved(document, inner["items"]) if is_list else inner
            if "properties" in deeper:
                yield from _members(document, deeper, f"{before}{name}{'[]' if is_list else ''}.", depth + 1)


def _kind(document: Any, schema: Any) -> str:
    schema = _resolved(document, schema)
    if "enum" in schema:
        return " · ".join("null" if one is None else str(one) for one in schema["enum"] if one != "")
    if "oneOf" in schema:
        return " or ".join(dict.fromkeys(_kind(document, one) for one in schema["oneOf"]))
    kind = schema.get("type", "object")
    kinds = [one for one in (kind if isinstance(kind, list) else [kind]) if one != "null"]
    words = {"string": schema.get("format", "text"), "boolean": "true or false", "integer": "whole number"}
    said = " or ".join(words.get(one, one) for one in kinds)
    if said == "array":
        said = f"list of {_kind(document, schema['items'])}"
    if "pattern" in schema and said == "text" and "[0-9]" in schema["pattern"]:
        said = "decimal as text"
    if "maxLength" in schema and said == "text":
        said = f"text, at most {schema['maxLength']}"
    return f"{said} or null" if isinstance(kind, list) and "null" in kind else said


def _sample(document: Any, schema: Any) -> Any:
    """A body with what must be there."""
    schema = _resolved(document, schema)
    for name in ("default", "example"):
        if name in schema:
            return schema[name]
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "oneOf" in schema:
        return _sample(document, schema["oneOf"][0])
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        needed = schema.get("required", ())
        return {
            name: _sample(document, inner)
            for name, inner in schema.get("properties", {}).items()
            if name in needed
        }
    if kind == "array":
        return [_sample(document, schema["items"])]
    return {"integer": 17, "boolean": True, "string": SAMPLES.get(schema.get("format", ""), "…")}.get(kind)
