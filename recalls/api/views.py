"""Cases, and the scope of one: frozen (`?revision=2`) or live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from recalls.api.shapes import RecallBrief, RecallSerializer, ScopeSerializer
from recalls.models import Recall, RecallStart, RecallStatus, ScopeRevision
from recalls.seeing import check_whole
from recalls.services import live_scope
from traceability.api import parameters
from traceability.api.authentication import actor_of
from traceability.api.parameters import TextFilter, YesNoFilter
from traceability.api.problems import BadRequest
from traceability.api.rights import sees_customers
from traceability.api.views import Reads, StrictView
from traceability.genealogy import Reading
from traceability.reach import seen

READINGS = ("narrow", "contains_now", "time_aware")


class RecallFilter(filters.FilterSet):
    number = TextFilter()
    status = filters.ChoiceFilter(choices=RecallStatus.choices)
    is_mock = YesNoFilter()


class RecallViewSet(Reads):
    """Recall cases, the newest first. The detail has its starts and the content of the latest frozen revision."""

    required_right = "recalls.view"
    queryset = Recall.objects.select_related("supplier", "owner", "opened_by", "closed_by").order_by(
        "-opened_at", "-pk"
    )
    filterset_class = RecallFilter

    def prepare(self, rows: Sequence[Any]) -> Sequence[Any]:
        if self.detail:
            for recall in rows:
                for revision in recall.newest:
                    check_whole(revision, actor_of(self.request))
        return rows

    def get_serializer_class(self) -> Any:
        return RecallSerializer if self.detail else RecallBrief

    def get_queryset(self) -> QuerySet[Recall]:
        newest = (
            ScopeRevision.objects.select_related("frozen_by")
            .order_by("recall_id", "-number")
            .distinct("recall_id")
        )
        starts = seen(RecallStart.objects.select_related("lot__item"))
        rows = super().get_queryset()
        if self.detail:
            return rows.prefetch_related(
                Prefetch("revisions", newest, to_attr="newest"), Prefetch("starts", starts)
            )
        return rows.prefetch_related(Prefetch("revisions", newest.defer("content"), to_attr="newest"))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _check_customers(request)


class RecallScope(StrictView):
    required_right = "recalls.view"
    about = Recall
    parameter_names = ("revision", "as_of", *READINGS)

    @extend_schema(
        operation_id="recalls_scope",
        responses=ScopeSerializer,
        parameters=[
            OpenApiParameter(
                "revision", int, description="A frozen revision; without it the scope is made now."
            ),
            OpenApiParameter("as_of", int, description="Live: only what was posted up to this seq."),
            *(
                OpenApiParameter(
                    name, bool, description="Live: a narrower reading; what it leaves out is listed."
                )
                for name in READINGS
            ),
        ],
    )
    def get(self, request: Request, pk: int) -> Response:
        """Everything that contains the recall's starts, who has it, where the rest is, and whether it adds up."""
        _check_customers(request)
        recall = get_object_or_404(Recall, pk=pk)
        if "revision" in request.query_params:
            return self._frozen(request, recall)
        reading = Reading(**{name: parameters.yes(request, name) for name in READINGS})
        as_of = parameters.as_of(request) if "as_of" in request.query_params else None
        scope = live_scope(recall, reading, as_of)
        return self._answer(request, recall, scope, revision=None, seq=scope.seq, content=scope.content)

    def _frozen(self, request: Request, recall: Recall) -> Response:
        if set(request.query_params) - {"revision"}:
            raise BadRequest(
                "A frozen revision has its reading and seq already; ask for it alone.",
                code="revision_stands_alone",
            )
        number = parameters.number(request, "revision", default=0, least=1)
        revision = recall.revisions.filter(number=number).first()
        if revision is None:
            raise Http404
        return self._answer(
            request, recall, revision, revision=revision.number, seq=revision.seq, content=revision.data
        )

    def _answer(self, request: Request, recall: Recall, sealed: Any, **rest: Any) -> Response:
        check_whole(sealed, actor_of(request))
        body = {
            "recall": recall.number,
            "is_live": rest["revision"] is None,
            "sha256": sealed.sha256,
            "facts_sha256": sealed.facts_sha256,
            **rest,
        }
        return Response(ScopeSerializer(body, context={"request": request}).data)


def _check_customers(request: Request) -> None:
    """A scope names customers and whom to call there."""
    if not sees_customers(request):
        raise PermissionDenied
