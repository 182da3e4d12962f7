"""A verb: one address that does one thing, through the service that the page uses too.

    class Scrap(Verb):
        "Throw a quantity away, with a reason."               # its description in OpenAPI

        operation_id = "stock_scrap"
        required_right = "production.report"
        body = ScrapBody
        answer = Posted

        def act(self, call: Call) -> Entry:
            lot = found(Lot.objects.select_related("item"), [call.body["lot"]], what="lot", code="number")…
            return services.scrap(lot=lot, …, **call.who)

What every verb gets by that: a strict body; the Idempotency-Key (400 missing or malformed, 422 reused with other content, 409
under way, the same answer on a repeat); `?dry_run=true` (the same checks and the same shape, rolled back, and it says so); one
transaction; refusals as problems; and its place in OpenAPI.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from traceability.api import answers, parameters
from traceability.api.authentication import actor_of, client_of
from traceability.api.bodies import Body, NoBody, valid
from traceability.api.bulk import checked_rows, each
from traceability.api.keys import key_of
from traceability.api.shapes import Posted, rows_of
from traceability.api.views import StrictView
from traceability.models import Person

DRY = "Dry-Run"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to act: who asks, under which key, for what, and whether only to see what would happen."""

    request: Request
    body: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    is_dry: bool = False

    @property
    def actor(self) -> Person:
        return actor_of(self.request)

    @property
    def client(self) -> str:
        return client_of(self.request)

    def fallback_key(self) -> str:
        """For a service that wants a key where the caller need not give one: If-Match guards the change already."""
        return f"once-{uuid4().hex}"

    @property
    def who(self) -> dict[str, Any]:
        """`**call.who`: what every service is told of its caller."""
        return {"actor": self.actor, "client": self.client, "key": self.key}


class Verb(StrictView):
    # No docstring: it would describe every verb in OpenAPI.

    operation_id = ""
    body: type[Body] = NoBody
    # Draws what `act` returns. Its status is 201; in a dry run 200.
    answer: type[serializers.BaseSerializer[Any]] = Posted
    # More than nothing: a list of so many bodies is taken too, all or none (see bulk.py).
    most_rows = 0
    parameter_names = ("dry_run",)

    def act(self, call: Call, *args: Any, **path: Any) -> Any:
        raise NotImplementedError

    def post(self, request: Request, **path: Any) -> HttpResponse:
        key, is_dry = key_of(request), parameters.yes(request, "dry_run")
        if self.most_rows and isinstance(request.data, list):
            rows = checked_rows(self.body, request.data, most=self.most_rows)
            calls = [Call(request, row, f"{key[:180]}/{number}", is_dry) for number, row in enumerate(rows)]
            return carried_out(
                Call(request, {}, key, is_dry),
                lambda: {"results": each(calls, lambda call: self.act(call, **path))},
                rows_of(self.answer),
            )
        call = Call(request, valid(self.body(data=request.data)), key, is_dry)
        return carried_out(call, lambda: self.act(call, **path), self.answer)


def carried_out(
    call: Call,
    act: Callable[[], Any],
    shape: Any,
    *,
    status: int = 201,
    headers: Callable[[Any], dict[str, str]] | None = None,
) -> HttpResponse:
    """Act once for this key and answer; in a dry run, check all, answer, and leave nothing. One transaction."""
    request = call.request
    with transaction.atomic():
        number: Any = None
        if call.key and not call.is_dry:
            sent = {"method": request.method, "address": request.path, "body": request.data}
            number = answers.take(client=call.client, key=call.key, sent=sent)
            if isinstance(number, HttpResponse):
                return number
        done = act()
        context = {"request": request, "is_dry": call.is_dry}
        shown = shape(done, context=context).data
        named = headers(done) if headers and not call.is_dry else {}
        if call.is_dry:
            _leave_nothing()
            return Response(shown, status=200, headers={DRY: "true"})
        body = JSONRenderer().render(shown)
        if number is not None:
            answers.keep(number, status=status, headers=named, body=body)
    return HttpResponse(body, status=status, headers=named, content_type="application/json")


def _leave_nothing() -> None:
    with connection.cursor() as cursor:
        # What would be found at the end is found now.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    transaction.set_rollback(True)
