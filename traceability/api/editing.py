"""Making and changing nouns: a list that takes new ones, and a master or draft of which only what the caller saw is changed.

    class ItemViewSet(Makes, Edits):
        required_right = {"GET": "traceability.view_masters", "POST": …, "PATCH": "traceability.change_masters"}
        new = NewItem                                           # a Verb: POST to the list
        body = ItemChange                                       # PATCH: every member optional; `reason` goes to the service

        def change(self, call: Call, item: Item) -> Item:
            return services.change_item(item=item, changes=call.body, actor=call.actor)

A change needs `If-Match` with the ETag of the detail: 428 without, 412 when somebody was quicker. The row is locked before its
tag is compared, so of two changes at once one is refused. A dry run, and an Idempotency-Key if there is one, work as on verbs.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from traceability.api import parameters
from traceability.api.bodies import Body, valid
from traceability.api.etags import check_if_match, etag_of
from traceability.api.keys import optional_key_of
from traceability.api.problems import BadRequest
from traceability.api.shapes import made
from traceability.api.verbs import Call, Verb, carried_out
from traceability.api.views import Reads


class Makes(Reads):
    # No docstring: it would describe every list in OpenAPI.

    new: ClassVar[type[Verb]]

    def known_parameters(self) -> Any:
        return self.new.parameter_names if self.request.method == "POST" else super().known_parameters()

    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.new().post(request, **kwargs)


class Edits(Reads):
    # No docstring: it would describe every list in OpenAPI.

    body: ClassVar[type[Body]]
    # What the lock takes beside the row itself is the service's business.
    lock_of: tuple[str, ...] = ("self",)

    def change(self, call: Call, noun: Any) -> Any:
        """Change it through its service, and return it as it is now."""
        raise NotImplementedError

    def known_parameters(self) -> Any:
        return ("dry_run",) if self.request.method in ("PATCH", "DELETE") else super().known_parameters()

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        body = valid(self.body(data=request.data, partial=True))
        if not set(body) - {"reason"}:
            raise BadRequest("Nothing is to be changed.", code="invalid", fields={"body": "empty"})
        call = Call(request, body, optional_key_of(request), parameters.yes(request, "dry_run"))
        shape = made(self.get_serializer_class())

        def act() -> Any:
            return self.prepare([self.change(call, self.seen(request))])[0]

        def headers(noun: Any) -> dict[str, str]:
            return {"ETag": self.tag_of(noun)}

        return carried_out(call, act, shape, status=200, headers=headers)

    def seen(self, request: Request) -> Any:
        """The noun, locked and still in the state that the caller names. Raises BadRequest 428 or 412."""
        noun = self.get_object()
        rows = type(noun)._default_manager.select_for_update(of=self.lock_of)
        rows.get(pk=noun.pk)
        # Read again under the lock, with all that the detail shows.
        noun = self.prepare([self.get_object()])[0]
        check_if_match(request, self.tag_of(noun))
        return noun

    def tag_of(self, noun: Any) -> str:
        return etag_of(self.get_serializer_class()(noun, context=self.get_serializer_context()).data)


class Drafts(Edits):
    # Also DELETE: a draft that posted nothing may go. `remove` is its service.

    def remove(self, call: Call, noun: Any) -> None:
        raise NotImplementedError

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        call = Call(request, {}, optional_key_of(request), parameters.yes(request, "dry_run"))
        with transaction.atomic():
            self.remove(call, self.seen(request))
            if call.is_dry:
                transaction.set_rollback(True)
        return HttpResponse(status=204, headers={"Dry-Run": "true"} if call.is_dry else {})
