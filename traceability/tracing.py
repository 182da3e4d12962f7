"""One name for one request, in the answer and in the log: X-Request-Id, given by us unless a proxy gave one already."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-Id"
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}\Z", re.ASCII)
_current: ContextVar[str] = ContextVar("trace_id", default="-")


class RequestNames:
    """Middleware, the outermost: what a person reads in a banner is what the log says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = _current.set(trace_of(request))
        try:
            response = self.get_response(request)
        finally:
            _current.reset(before)
        response.headers[HEADER] = trace_of(request)
        return response


def trace_of(request: Any) -> str:
    """The name of this request. One that comes from outside is taken only if it is plain."""
    plain = getattr(request, "_request", request)
    if not hasattr(plain, "trace_id"):
        given = plain.headers.get(HEADER, "")
        plain.trace_id = given if _GIVEN.match(given) else secrets.token_hex(8)
    return str(plain.trace_id)


class TraceFilter(logging.Filter):
    """Gives every line of the log the name of the request that wrote it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.trace = _current.get()
        return True
