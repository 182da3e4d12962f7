"""What every view of the API shares: strict parameters, counted use, and reads that only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from traceability import reach
from traceability.api import choosing, paging, parameters, throttles
from traceability.api.deprecation import Deprecation
from traceability.api.etags import etag_of, not_modified
from traceability.api.fields import base_of
from traceability.api.rights import Right, handles
from traceability.models import Person

# The number on a paper, as an ERP may have it: blanks and slashes too, encoded; no control characters.
PAPER = r"[^\x00-\x1f\x7f]{1,40}"


class StrictView(APIView):
    """`required_right` opens it (see rights.py); `parameter_names` are the query parameters it knows; `about` (found by
    `named`) is what its address is about: 404 for whoever may not see it."""

    required_right: Right | dict[str, Right] | None = None
    about: type[Model] | None = None
    named = "pk"
    parameter_names: Sequence[str] = ()
    repeatable_names: Sequence[str] = ()
    deprecated: Deprecation | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        person = cast(Person, request.user)
        reach.asks(person)
        if handles(self, request):
            parameters.check(request, known=self.known_parameters(), repeatable=self.repeatable_names)
            if self.about is not None and self.named in kwargs:
                reach.check(person, self.about, **{self.named: kwargs[self.named]})

    def check_permissions(self, request: Request) -> None:
        # Counted before the right is asked: a caller that hammers at a closed door is stopped too.
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Done with the permissions."""

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(request, Request):
            # Everybody is answered by their own rights; nothing of it is for a cache in between.
            headers = {"Cache-Control": "private, no-cache", **throttles.headers_of(request)}
            if self.deprecated:
                headers |= self.deprecated.headers(base_of(request))
            for name, value in headers.items():
                answer.headers[name] = value
        return answer

    def known_parameters(self) -> Sequence[str]:
        return self.parameter_names


class Reads(StrictView, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    # A list with filters, order and pages, and a detail by number. Nothing else: PUT, PATCH and DELETE are 405.
    # (A docstring here would describe every list in OpenAPI.)

    filterset_class: Any = None
    lookup_value_regex = "[0-9]{1,18}"
    # What `ordering` may name → the columns behind it. The default order is that of the queryset.
    orderings: Mapping[str, Sequence[str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.detail and self.queryset is not None and handles(self, request):
            # Before the body is looked at: another site's number is not found, whatever is sent.
            name = self.lookup_url_kwarg or self.lookup_field
            with_site = self.queryset.model
            if name in kwargs and hasattr(with_site._default_manager.all(), "for_actor"):
                reach.check(cast(Person, request.user), with_site, **{self.lookup_field: kwargs[name]})

    def known_parameters(self) -> Sequence[str]:
        if self.detail:
            return choosing.NAMES
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        ordering = ("ordering",) if self.orderings else ()
        return (*filters, *ordering, *choosing.NAMES, *paging.NAMES)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(reach.seen(queryset))

    def prepare(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Give the rows of one page what their shape needs, in a number of queries that does not grow with them."""
        return rows

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        shape = choosing.chosen(request, self.get_serializer_class())
        rows = choosing.ordered(request, self.filter_queryset(self.get_queryset()), self.orderings)
        page = self.paginate_queryset(rows)
        shown = shape(self.prepare(page or []), many=True, context=self.get_serializer_context())
        return self.get_paginated_response(shown.data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        shape = choosing.chosen(request, self.get_serializer_class())
        noun = self.prepare([self.get_object()])[0]
        shown = shape(noun, context=self.get_serializer_context()).data
        tag = etag_of(shown)
        if not_modified(request, tag):
            return Response(status=304, headers={"ETag": tag})
        return Response(shown, headers={"ETag": tag})

    def get_object(self) -> Any:
        try:
            return super().get_object()
        except (TypeError, ValueError) as error:
            raise Http404 from error
