"""Files that a program brings in: taken, checked cell by cell, posted whole, undone. The same services as the pages."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from traceability import importing, uploads
from traceability.api.attachments import Upload
from traceability.api.authentication import actor_of, client_of
from traceability.api.bodies import Body, Words, valid
from traceability.api.briefs import PersonBrief
from traceability.api.fields import Url
from traceability.api.keys import HEADER, key_of
from traceability.api.parameters import TextFilter
from traceability.api.parsing import StrictJSONParser
from traceability.api.shapes import made
from traceability.api.verbs import Call, Verb
from traceability.api.views import Reads
from traceability.importing.files import MOST, FileTooLarge
from traceability.importing.sessions import OPTIONS, settle
from traceability.ledger import BadInput
from traceability.models import Import, ImportState
from traceability.views.imports import RIGHTS, SEES_ALL

IMPORTS = Import.objects.select_related("by", "job")


class FindingShape(serializers.Serializer[Any]):
    """One wrong cell."""

    row = serializers.IntegerField(read_only=True)
    cell = serializers.CharField(read_only=True)
    said = serializers.CharField(read_only=True)
    code = serializers.CharField(read_only=True)
    sentence = serializers.CharField(read_only=True)


class ChangedCell(serializers.Serializer[Any]):
    """What one cell would change."""

    row = serializers.IntegerField(read_only=True)
    cell = serializers.CharField(read_only=True)
    key = serializers.CharField(read_only=True)
    field = serializers.CharField(read_only=True)  # type: ignore[assignment]
    old = serializers.CharField(read_only=True)
    new = serializers.CharField(read_only=True)


class ImportBrief(serializers.ModelSerializer[Import]):
    url = Url("imports")
    state = serializers.ChoiceField(choices=ImportState.choices, read_only=True)
    rows = serializers.IntegerField(source="about.rows", read_only=True)
    by = PersonBrief(read_only=True)

    class Meta:
        model = Import
        fields = [
            "id", "url", "number", "kind", "file_name", "state", "rows", "by", "at", "posted_at", "undone_at",
        ]  # fmt: skip


class ImportShape(ImportBrief):
    """`mapping` says which heading is which field. `tally`, `wrong` and `changes` are there once it is checked; 2,000 and 500 at most."""

    headings = serializers.ListField(source="about.headings", child=serializers.CharField(), read_only=True)
    mapping = serializers.SerializerMethodField()
    tally = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    wrong = FindingShape(source="findings", many=True, read_only=True)
    changes = serializers.SerializerMethodField()
    error = serializers.CharField(read_only=True)

    class Meta(ImportBrief.Meta):
        fields = [*ImportBrief.Meta.fields, "headings", "mapping", "tally", "wrong", "changes", "error"]

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_mapping(self, source: Import) -> dict[str, str]:
        headings = source.about["headings"]
        return {headings[int(column)]: name for column, name in source.mapping.items()}

    @extend_schema_field(ChangedCell(many=True))
    def get_changes(self, source: Import) -> list[dict[str, Any]]:
        return [row for row in source.preview if not row.get("is_new")]


class NewImport(Body):
    kind = Words(max_length=40, help_text="items, parties, places, purchase_orders, receipts, opening_stock, opening_shipments or lot_facts.")  # fmt: skip
    file = Upload(help_text="CSV or XLSX; at most 20 MB and 100,000 rows.", allow_empty_file=True)
    decimal = serializers.ChoiceField(choices=OPTIONS["decimal"], required=False)
    dates = serializers.ChoiceField(choices=OPTIONS["dates"], required=False)
    encoding = serializers.ChoiceField(choices=OPTIONS["encoding"], required=False)
    sheet = Words(max_length=80, required=False)
    again = serializers.ChoiceField(
        choices=["yes", "no"], required=False, help_text="yes: although this very file was posted."
    )


class ImportFilter(filters.FilterSet):
    number = TextFilter()
    kind = TextFilter()
    state = filters.ChoiceFilter(choices=ImportState.choices)


def seen_by(request: Request) -> Any:
    """One's own; auditors and administrators see all of them."""
    person = actor_of(request)
    return IMPORTS if person.has_perm(SEES_ALL) else IMPORTS.filter(by=person)


class ImportViewSet(Reads):
    """Files that the caller brought in, the latest first; auditors see everybody's."""

    required_right = {"GET": (*RIGHTS, SEES_ALL), "POST": RIGHTS}
    queryset = Import.objects.none()
    filterset_class = ImportFilter
    parser_classes = [StrictJSONParser, MultiPartParser]

    def get_serializer_class(self) -> Any:
        return ImportShape if self.detail or self.action == "create" else ImportBrief

    def known_parameters(self) -> Any:
        return () if self.action == "create" else super().known_parameters()

    def get_queryset(self) -> Any:
        return seen_by(self.request).order_by("-pk")

    def prepare(self, rows: Any) -> Any:
        return [settle(row) for row in rows] if self.detail else rows

    @extend_schema(
        request={"multipart/form-data": NewImport}, responses={201: ImportShape}, parameters=[HEADER]
    )
    def create(self, request: Request) -> Response:
        """Take a file in: judged by its content, its columns proposed. Nothing is written but its own record."""
        key = key_of(request)
        if uploads.too_large(request._request):
            raise FileTooLarge("The file is too large; 20 MB are the most.", now="Bring it in parts.")
        body = valid(NewImport(data={name: request.data[name] for name in request.data}))
        if body["file"].size > MOST:
            raise FileTooLarge("The file is too large; 20 MB are the most.", now="Bring it in parts.")
        source = importing.upload(
            kind=body["kind"], content=body["file"].read(), name=body["file"].name, again=body.get("again") == "yes",
            options={name: body[name] for name in ("decimal", "dates", "encoding", "sheet") if body.get(name)},
            actor=actor_of(request), client=client_of(request), key=key,
        )  # fmt: skip
        return Response(self.get_serializer(source).data, status=201)


class CheckBody(Body):
    mapping = serializers.DictField(
        child=Words(max_length=40), required=False, help_text="Heading → field. Without it, as proposed."
    )


class ImportVerb(Verb):
    # No docstring: it would describe every verb in OpenAPI.

    required_right = {"POST": RIGHTS}
    answer = made(ImportShape)

    def source(self, call: Call, pk: int) -> Import:
        found: Import = get_object_or_404(seen_by(call.request), pk=pk)
        return settle(found)


class CheckImport(ImportVerb):
    """Have every row checked and all of it rehearsed, by a worker: ask again until `state` is checked."""

    operation_id = "imports_check"
    body = CheckBody

    def act(self, call: Call, pk: int) -> Import:
        source, said = self.source(call, pk), call.body.get("mapping")
        told = None
        if said is not None:
            headings = source.about["headings"]
            if unknown := [heading for heading in said if heading not in headings]:
                raise BadInput(f"No column is called {unknown[0][:40]}.", fields={"mapping": unknown[:20]})
            told = {headings.index(heading): name for heading, name in said.items()}
        return importing.start_check(source=source, told=told, **call.who)


class PostImport(ImportVerb):
    """Have a checked file without a wrong cell posted by a worker: all of it, or nothing."""

    operation_id = "imports_post"

    def act(self, call: Call, pk: int) -> Import:
        return importing.start_posting(source=self.source(call, pk), **call.who)


class UndoImport(ImportVerb):
    """Take everything back while nothing hangs on it."""

    operation_id = "imports_undo"

    def act(self, call: Call, pk: int) -> Import:
        return importing.undo(source=self.source(call, pk), **call.who)


class DropImport(ImportVerb):
    """Give a file up that was not posted."""

    operation_id = "imports_drop"

    def act(self, call: Call, pk: int) -> Import:
        return importing.drop(source=self.source(call, pk), actor=call.actor)
