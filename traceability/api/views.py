"""What every view of the API shares: strict parameters, and reads that only read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from traceability.api import paging, parameters
from traceability.api.rights import Right, handles


class StrictView(APIView):
    """`required_right` opens it (see rights.py); `parameter_names` are the query parameters it knows."""

    required_right: Right | dict[str, Right] | None = None
    parameter_names: Sequence[str] = ()
    repeatable_names: Sequence[str] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if handles(self, request):
            parameters.check(request, known=self.known_parameters(), repeatable=self.repeatable_names)

    def known_parameters(self) -> Sequence[str]:
        return self.parameter_names


class Reads(StrictView, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    # A list with filters and pages, and a detail by number. Nothing else: PUT, PATCH and DELETE are 405.
    # (A docstring here would describe every list in OpenAPI.)

    filterset_class: Any = None
    lookup_value_regex = "[0-9]{1,18}"

    def known_parameters(self) -> Sequence[str]:
        if self.detail:
            return ()
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        return (*filters, *paging.NAMES)

    def prepare(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Give the rows of one page what their shape needs, in a number of queries that does not grow with them."""
        return rows

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(self.prepare(page or []), many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.prepare([self.get_object()])[0]).data)
