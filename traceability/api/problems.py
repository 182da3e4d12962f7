"""Every error of the API, in one shape and from one place: application/problem+json (RFC 9457).

    {"type": "/api/v1/problems#lot_on_hold", "title": "Conflict", "status": 409, "detail": "Lot S-1 is on hold …",
     "code": "lot_on_hold", "fields": {"lot": "S-1"}, "trace_id": "9f2c…"}

Programs decide by `code`, people read `detail`. A refusal of the ledger keeps its own code, status and fields, and leaves
a RefusalRecord, written here because the refused transaction is gone by now.
"""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from traceability.ledger import Refusal
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


def answer(exception: Exception, context: dict[str, Any]) -> Response:
    """The one exception handler (REST_FRAMEWORK["EXCEPTION_HANDLER"])."""
    request = context["request"]
    refusal = refusals.as_refusal(exception)
    status, code, detail, fields, headers = _read(refusal or exception)
    trace_id = secrets.token_hex(8)
    if status >= 500:
        logger.error("%s %s: %s, trace %s", request.method, request.path, code, trace_id, exc_info=exception)
    elif refusal or status == 403 or (request.method not in SAFE and status != 401):
        _remember(request, refusal or _Refused(code, detail))
    # A problem is JSON, also where the view would have answered in YAML.
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), CONTENT_TYPE
    body = {
        "type": f"/api/v1/problems#{code}", "title": HTTPStatus(status).phrase, "status": status, "detail": detail,
        "code": code, "fields": fields, "trace_id": trace_id,
    }  # fmt: skip
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def _read(exception: Exception) -> tuple[int, str, str, dict[str, Any], dict[str, str]]:
    """(status, code, detail, fields, headers) of an exception."""
    headers: dict[str, str] = {}
    match exception:
        case Refusal():
            if exception.status == 503:
                headers["Retry-After"] = "2"
            return exception.status, exception.code, exception.sentence, exception.fields, headers
        case BadRequest():
            return exception.status_code, exception.code, str(exception.detail), exception.fields, headers
        case exceptions.ValidationError():
            fields = dict(_by_path(exception.get_full_details()))
            first = next(iter(fields.values()))[0]
            code = first["code"] if first["code"] in ("unknown_field", "read_only_field") else "invalid"
            return (
                400,
                code,
                "; ".join(f"{path}: {problems[0]['message']}" for path, problems in fields.items()),
                fields,
                headers,
            )
        case exceptions.APIException():
            if wait := getattr(exception, "wait", None):
                headers["Retry-After"] = str(int(wait) + 1)
            if challenge := getattr(exception, "auth_header", None):
                headers["WWW-Authenticate"] = challenge
            said = exception.detail
            return (
                exception.status_code,
                str(exception.get_codes()),
                str(said) if isinstance(said, str) else "The request was refused.",
                {},
                headers,
            )
        case Http404():
            return 404, "not_found", "There is nothing here under this address or number.", {}, headers
        case PermissionDenied():
            return (
                403,
                "permission_denied",
                "Your role or token does not have the right for this.",
                {},
                headers,
            )
        case RequestDataTooBig():
            return 413, "too_large", "The request is larger than this server accepts.", {}, headers
        case SuspiciousOperation() | DataError():
            return 400, "invalid", "A value in the request cannot be right.", {}, headers
        case OperationalError() | InterfaceError():
            return (
                503,
                "database_away",
                "The database does not answer at this moment. Try again in a few seconds.",
                {},
                {"Retry-After": "5"},
            )
        case _:
            return (
                500,
                "internal_error",
                "This is our mistake. Nothing was recorded. The trace_id helps us find it.",
                {},
                headers,
            )


def _by_path(details: Any, path: str = "") -> Any:
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
            yield from _by_path(inner, f"{path}.{name}".strip(".") if name != "non_field_errors" else path)
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
