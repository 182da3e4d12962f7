"""What the API has, which problems it answers with, its own description, and 404 for everything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from traceability.api.fields import base_of
from traceability.api.rights import SIGNED_IN
from traceability.api.views import StrictView
from traceability.ledger import Refusal


class RootSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()
    release = serializers.CharField()
    resources = serializers.DictField(child=serializers.URLField())


class Root(StrictView):
    required_right = SIGNED_IN
    resources: tuple[str, ...] = ()

    @extend_schema(operation_id="root", responses=RootSerializer)
    def get(self, request: Request) -> Response:
        """What is here."""
        return Response(
            {
                "name": "Lotline",
                "version": "v1",
                "release": settings.VERSION,
                "resources": {name: f"{base_of(request)}{name}" for name in self.resources},
            }
        )


class ProblemCode(serializers.Serializer[Any]):
    code = serializers.CharField()
    status = serializers.IntegerField()


class Problems(StrictView):
    required_right = SIGNED_IN

    @extend_schema(operation_id="problems_list", responses=ProblemCode(many=True))
    def get(self, request: Request) -> Response:
        """Every code with which the ledger refuses, as the `type` of a problem names it."""
        return Response(
            sorted(
                ({"code": one.code, "status": one.status} for one in _refusals(Refusal)),
                key=lambda row: row["code"],
            )
        )


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for one in kind.__subclasses__():
        if isinstance(one.__dict__.get("code"), str):
            yield one
        yield from _refusals(one)


class Description(StrictView, SpectacularAPIView):
    """OpenAPI 3.1, also kept as docs/openapi.yaml."""

    required_right = SIGNED_IN
    permission_classes = StrictView.permission_classes

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class Nothing(StrictView):
    """No such address. Strangers hear 401, as everywhere."""

    required_right = SIGNED_IN

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(StrictView, self).initial(request, *args, **kwargs)
        raise Http404
