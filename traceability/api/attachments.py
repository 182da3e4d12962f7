"""Files of lots, items, parties and papers: listed, read, attached and taken off the list."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from traceability import attachments, subjects, uploads
from traceability.api.authentication import actor_of, client_of
from traceability.api.bodies import Body, Words, valid
from traceability.api.briefs import PersonBrief
from traceability.api.fields import Url
from traceability.api.keys import HEADER, key_of
from traceability.api.parameters import MomentFilter, TextFilter, YesNoFilter
from traceability.api.parsing import StrictJSONParser
from traceability.api.views import Reads
from traceability.media import FileTooLarge
from traceability.models import Attachment, AttachmentKind
from traceability.views import attachments as pages

SEES = ("traceability.view_ledger", "traceability.view_masters")
MEDIA_TYPES = (
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
KINDS = (
    "lot",
    "entry",
    "item",
    "party",
    "location",
    "site",
    "category",
    "reason",
    "person",
    "bom",
    "plan",
    "instrument",
    "purchase_order",
    "delivery",
    "receipt",
    "inspection",
    "nonconformance",
    "work_order",
    "order",
    "shipment",
    "customer_return",
    "document",
    "recall",
    "complaint",
)


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """`subject_kind` and `subject` say what it is about: a lot by its id, a receipt by its number."""

    url = Url("attachments")
    added_by = PersonBrief(read_only=True)
    removed_by = PersonBrief(read_only=True, allow_null=True)

    class Meta:
        model = Attachment
        fields = [
            "id", "url", "subject_kind", "subject", "kind", "name", "note", "media_type", "size", "sha256", "sent_sha256",
            "added_by", "added_at", "removed_by", "removed_at", "removed_because",
        ]  # fmt: skip


class AttachmentFilter(filters.FilterSet):
    subject_kind = TextFilter()
    subject = TextFilter()
    kind = filters.ChoiceFilter(choices=AttachmentKind.choices)
    sha256 = TextFilter()
    added_from = MomentFilter(field_name="added_at", lookup_expr="gte")
    is_removed = YesNoFilter(method="by_state")

    def by_state(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(removed_at__isnull=not value)


@extend_schema_field({"type": "string", "format": "binary"})
class Upload(serializers.FileField):
    """A part of multipart/form-data with a file name."""


class NewFile(Body):
    subject_kind = serializers.ChoiceField(choices=KINDS)
    subject = Words(
        max_length=40,
        help_text="A lot's, item's, party's or location's id; an entry's seq; the number of a paper.",
    )
    kind = serializers.ChoiceField(choices=AttachmentKind.choices, required=False, default="")
    note = Words(max_length=200, required=False, default="", allow_blank=True)
    file = Upload(help_text="PDF, PNG, JPEG, CSV or XLSX; at most 25 MB.", allow_empty_file=True)


class FileRemoval(Body):
    reason = Words(max_length=200)


class AttachmentViewSet(Reads):
    """Files that one may see; those of customers and their papers need the right to see customers."""

    required_right = {
        "GET": SEES,
        "POST": ("traceability.attach", "traceability.change_masters", "traceability.remove_attachment"),
    }
    queryset = Attachment.objects.none()
    serializer_class = AttachmentSerializer
    filterset_class = AttachmentFilter
    parser_classes = [StrictJSONParser, MultiPartParser]

    def known_parameters(self) -> Any:
        return () if self.action in ("create", "remove", "file") else super().known_parameters()

    def get_queryset(self) -> Any:
        return pages.seen_by(actor_of(self.request)).select_related("added_by", "removed_by").order_by("-pk")

    @extend_schema(
        request={"multipart/form-data": NewFile},
        responses={201: AttachmentSerializer},
        parameters=[HEADER],
    )
    def create(self, request: Request) -> Response:
        """Attach one file. A picture is stored without what the camera wrote beside it; `sent_sha256` is of what was sent."""
        key = key_of(request)
        if dropped := uploads.too_large(request._request):
            raise FileTooLarge(attachments.harmless(dropped[0]))
        body = valid(NewFile(data={name: request.data[name] for name in request.data}))
        subject = subjects.find(body["subject_kind"], body["subject"], person=actor_of(request))
        if subject is None:
            raise Http404
        row = attachments.attach(
            subject=subject, file=body["file"], name=body["file"].name, kind=body["kind"], note=body["note"],
            actor=actor_of(request), client=client_of(request), key=key,
        )  # fmt: skip
        return Response(self.get_serializer(row).data, status=201)

    @extend_schema(
        operation_id="attachments_file",
        responses={
            (200, media_type): OpenApiResponse(
                {"type": "string", "format": "binary"}, description="The file, as stored."
            )
            for media_type in MEDIA_TYPES
        },
    )
    def file(self, request: Request, pk: str) -> HttpResponseBase:
        """The file itself, compared with its hash."""
        row = self.get_object()
        if not attachments.may_see(actor_of(request), row):
            raise Http404
        response = HttpResponse(attachments.read(row), content_type=row.media_type)
        return pages.sealed(response, row.name)

    @extend_schema(
        operation_id="attachments_remove",
        request=FileRemoval,
        responses={200: AttachmentSerializer},
        parameters=[HEADER],
    )
    def remove(self, request: Request, pk: str) -> Response:
        """Mark as removed, with the reason. The file is kept."""
        row = self.get_object()
        key_of(request)
        body = valid(FileRemoval(data=request.data))
        return Response(
            self.get_serializer(
                attachments.remove(attachment=row, reason=body["reason"], actor=actor_of(request))
            ).data
        )
