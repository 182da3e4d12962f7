"""Every error of the API, in one shape and from one place: application/problem+json (RFC 9457).

    {"type": "/api/v1/problems#lot_on_hold", "title": "Conflict", "status": 409, "detail": "Lot S-1 is on hold …",
     "code": "lot_on_hold", "fields": {"lot": "S-1"}, "errors": [], "trace_id": "9f2c…"}

Programs decide by `code`, people read `detail`; `errors` points at the members of the body that are wrong. A refusal of the
ledger keeps its own code, status and fields, the same as on the pages, and leaves a RefusalRecord, written here because the
refused transaction is gone by now. `trace_id` is also the X-Request-Id of the answer and stands in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from traceability.ledger import Refusal
from traceability.masters import FieldsRefused
from traceability.tracing import trace_of
from traceability.unavailable import Unavailable
from traceability.views import refusals

logger = logging.getLogger("lotline.api")
CONTENT_TYPE = "application/problem+json"
SAFE = ("GET", "HEAD", "OPTIONS")


class BadRequest(exceptions.APIException):
    """The request itself is wrong: a parameter, a header or the body. Always names what to change."""

    status_code = 400

    def __init__(self, detail: str, *, code: str, status: int = 400, fields: dict[str, Any] | None = None):
        super().__init__(detail, code)
        self.status_code, self.code, self.fields = status, code, fields or {}


class RowsRefused(Refusal):
    """Some rows of a list were refused, so none was recorded. `code` and status are those of the first."""

    def __init__(self, refused: Mapping[int, Refusal], *, rows: int):
        first = refused[min(refused)]
        self.refused = dict(sorted(refused.items()))
        self.code, self.status = first.code, first.status  # type: ignore[misc]
        super().__init__(
            f"{len(refused)} of {rows} rows were refused.", f"Row {min(refused)}: {first.sentence}", "Nothing was recorded.",
            fields={str(number): one.fields for number, one in self.refused.items()},
            lots=[lot for one in self.refused.values() for lot in one.lots],
        )  # fmt: skip


@dataclass(slots=True)
class Problem:
    status: int
    code: str
    detail: str
    fields: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)


def answer(exception: Exception, context: dict[str, Any]) -> Response:
    """The one exception handler (REST_FRAMEWORK["EXCEPTION_HANDLER"])."""
    request = context["request"]
    refusal = refusals.as_refusal(exception)
    found = _read(refusal or exception)
    trace_id = trace_of(request)
    if isinstance(refusal, Unavailable):
        refusals.note(request._request, refusal)
        logger.warning("%s %s: %s, trace %s", request.method, request.path, found.code, trace_id)
    elif found.status >= 500:
        logger.error(
            "%s %s: %s, trace %s", request.method, request.path, found.code, trace_id, exc_info=exception
        )
    elif refusal or found.status == 403 or (request.method not in SAFE and found.status != 401):
        _remember(request, refusal or _Refused(found.code, found.detail))
    # A problem is JSON, also where the view would have answered in YAML.
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), CONTENT_TYPE
    body = {
        "type": f"/api/v1/problems#{found.code}", "title": HTTPStatus(found.status).phrase, "status": found.status,
        "detail": found.detail, "code": found.code, "fields": found.fields, "errors": found.errors, "trace_id": trace_id,
    }  # fmt: skip
    return Response(body, status=found.status, headers=found.headers, content_type=CONTENT_TYPE)


def _read(exception: Exception) -> Problem:
    match exception:
        case RowsRefused():
            rows = exception.refused.items()
            errors = [{"pointer": f"#/{n}", "code": one.code, "detail": one.sentence} for n, one in rows]
            return Problem(
                exception.status, exception.code, exception.sentence, exception.fields, errors=errors
            )
        case FieldsRefused():
            errors = [
                {"pointer": _pointer(path), "code": "invalid", "detail": str(why)}
                for path, why in exception.fields.items()
            ]
            return Problem(
                exception.status, exception.code, exception.sentence, exception.fields, errors=errors
            )
        case Refusal():
            wait = str(getattr(exception, "retry_after", 2))
            headers = {"Retry-After": wait} if exception.status == 503 else {}
            return Problem(exception.status, exception.code, exception.sentence, exception.fields, headers)
        case BadRequest():
            headers = {"Retry-After": "1"} if exception.code == "key_in_flight" else {}
            return Problem(
                exception.status_code, exception.code, str(exception.detail), exception.fields, headers
            )
        case exceptions.ValidationError():
            return _of_the_body(exception)
        case exceptions.APIException():
            return _of_the_framework(exception)
        case Http404():
            return Problem(404, "not_found", "There is nothing here under this address or number.")
        case PermissionDenied():
            return Problem(403, "permission_denied", "Your role or token does not have the right for this.")
        case RequestDataTooBig():
            return Problem(413, "too_large", "The request is larger than this server accepts.")
        case SuspiciousOperation() | DataError():
            return Problem(400, "invalid", "A value in the request cannot be right.")
        case _:
            ours = "This is our mistake. Nothing was recorded. The trace_id helps us find it."
            return Problem(500, "internal_error", ours)


def _of_the_body(exception: exceptions.ValidationError) -> Problem:
    fields = dict(_by_path(exception.get_full_details()))
    first = next(iter(fields.values()))[0]
    code = first["code"] if first["code"] in ("unknown_field", "read_only_field") else "invalid"
    errors = [
        {"pointer": _pointer(path), "code": one["code"], "detail": one["message"]}
        for path, problems in fields.items()
        for one in problems
    ]
    told = "; ".join(f"{path}: {problems[0]['message']}" for path, problems in list(fields.items())[:20])
    return Problem(400, code, told, fields, errors=errors)


def _of_the_framework(exception: exceptions.APIException) -> Problem:
    headers: dict[str, str] = {}
    if wait := getattr(exception, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if challenge := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    said = exception.detail
    detail = str(said) if isinstance(said, str) else "The request was refused."
    return Problem(exception.status_code, str(exception.get_codes()), detail, headers=headers)


def _pointer(path: str) -> str:
    """A JSON Pointer (RFC 6901) as a fragment: lots.0.quantity is #/lots/0/quantity."""
    return "#" if path == "body" else "#/" + path.replace("~", "~0").replace("/", "~1").replace(".", "/")


def _by_path(details: Any, path: str = "") -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A nested validation error as (path, problems): ("lots.0", [{"code": …, "message": …}])."""
    if (
        isinstance(details, dict)
        and "message" in details
        and "code" in details
        and isinstance(details["message"], str)
    ):
        yield path or "body", [details]
    elif isinstance(details, dict):
        for name, inner in details.items():
            is_whole = name in ("non_field_errors", "body")
            yield from _by_path(inner, path if is_whole else f"{path}.{name}".strip("."))
    elif details and all(
        isinstance(inner, dict) and isinstance(inner.get("message"), str) for inner in details
    ):
        yield path or "body", details
    else:
        for index, inner in enumerate(details):
            yield from _by_path(inner, f"{path}.{index}".strip("."))


class _Refused(Refusal):
    """Something refused before it reached the ledger, in the words of the record."""

    def __init__(self, code: str, sentence: str):
        super().__init__(sentence)
        self.code = code  # type: ignore[misc]


def _remember(request: Any, refusal: Refusal) -> None:
    if request.query_params.get("dry_run") == "true":
        return  # Somebody asked what would happen; nothing did.
    try:
        refusals.record(request, refusal)
    except Exception:
        # The answer is the same whether or not it can be written down.
        logger.exception("A refusal was not recorded: %s", refusal.code)
