"""BOMs over HTTP: to read, to draft, to revise, to approve. What was approved is never changed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from rest_framework import serializers

from production import services
from production.boms import standing
from production.forms.boms import BomForm, ComponentSet, OutputSet
from production.models import Bom, BomComponent, BomOutput, BomStatus
from traceability.api.bodies import Amount, Body, Code, Day, ReasonBody, Whole, Words
from traceability.api.briefs import PersonBrief
from traceability.api.editing import Drafts
from traceability.api.fields import Exact, Url
from traceability.api.master_bodies import amount, rows_of, several, words
from traceability.api.masters import code_of
from traceability.api.parameters import TextFilter
from traceability.api.shapes import made
from traceability.api.sheets import Kept, Masters, NewMaster, Part, Reasoned
from traceability.api.verbs import Call, Verb

BOMS = (
    Bom.objects.select_related("item", "rework_item", "drafted_by", "approved_by")
    .prefetch_related("components__item", "components__alternatives", "outputs__item")
    .order_by("name", "-revision")
)
BOM = Kept(
    kind="bom", form=BomForm, parts=(Part("components", ComponentSet, "item"), Part("outputs", OutputSet, "item")),
    keep=services.keep_bom, right="production.draft_bom",
)  # fmt: skip


class ComponentBody(Body):
    item = Code(most=40, help_text="The code of the item.")
    position = Whole(min_value=1, max_value=9_999, required=False)
    quantity = Amount()
    unit = Words(max_length=12)
    scrap_percent = Amount(or_zero=True, required=False)
    alternatives = several(20, 40, help_text="Codes of items that may replace it.")


class YieldBody(Body):
    item = Code(most=40, help_text="The code of the item.")
    quantity = Amount()
    unit = Words(max_length=12)


class BomBody(Reasoned):
    """Of a draft. A revision above the first keeps its name and item."""

    name = words(80, help_text="Empty: the item's code.")
    item = Code(most=40, required=False, allow_blank=True, help_text="The code of what it makes.")
    per_quantity = Amount()
    per_unit = Words(max_length=12)
    per_text = words(80)
    components = rows_of(ComponentBody, help_text="All of them; what is not named goes.")
    outputs = rows_of(YieldBody, help_text="What a family yields.")
    water_lb = Amount(or_zero=True, required=False)
    rework_item = Code(most=40, required=False, allow_blank=True, help_text="The code of the item.")
    rework_limit_percent = amount(or_zero=True)
    loss_low_percent = amount(or_zero=True)
    loss_high_percent = amount(or_zero=True)
    note = words(200)
    change = words(2_000, help_text="What changes, and why.")


class ReviseBody(Body):
    change = Words(max_length=2_000, help_text="What changes, and why.")


class ApproveBody(Body):
    effective_from = Day(required=False, allow_null=True, default=None, help_text="Null: today.")


class ComponentShape(serializers.ModelSerializer[BomComponent]):
    item = code_of("item")
    quantity = Exact(read_only=True)
    scrap_percent = Exact(read_only=True)
    alternatives: Any = serializers.SlugRelatedField(many=True, read_only=True, slug_field="code")

    class Meta:
        model = BomComponent
        fields = ["position", "item", "quantity", "unit", "scrap_percent", "alternatives"]


class YieldShape(serializers.ModelSerializer[BomOutput]):
    item = code_of("item")
    quantity = Exact(read_only=True)

    class Meta:
        model = BomOutput
        fields = ["item", "quantity", "unit"]


class BomShape(serializers.ModelSerializer[Bom]):
    """One revision. `standing` says in words how it stands today."""

    url = Url("boms")
    item = code_of("item")
    standing = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=BomStatus.choices, read_only=True)
    per_quantity = Exact(read_only=True)
    water_lb = Exact(read_only=True)
    rework_item = code_of("rework_item")
    rework_limit_percent = Exact(read_only=True, allow_null=True)
    loss_low_percent = Exact(read_only=True, allow_null=True)
    loss_high_percent = Exact(read_only=True, allow_null=True)
    components = ComponentShape(many=True, read_only=True)
    outputs = YieldShape(many=True, read_only=True)
    drafted_by = PersonBrief(read_only=True, allow_null=True)
    approved_by = PersonBrief(read_only=True, allow_null=True)

    class Meta:
        model = Bom
        fields = [
            "id", "url", "name", "revision", "status", "standing", "item", "per_quantity", "per_unit", "per_text", "components", "outputs", "water_lb",
            "rework_item", "rework_limit_percent", "loss_low_percent", "loss_high_percent", "note", "change", "effective_from", "effective_to",
            "drafted_by", "drafted_at", "approved_by", "approved_at",
        ]  # fmt: skip

    def get_standing(self, bom: Bom) -> str:
        return standing(bom)


class BomFilter(filters.FilterSet):
    name = TextFilter()
    status = filters.ChoiceFilter(choices=BomStatus.choices)
    component = TextFilter(method="by_component")

    def by_component(self, rows: QuerySet[Bom], name: str, value: str) -> QuerySet[Bom]:
        return rows.filter(pk__in=Bom.objects.filter(components__item__code=value).values("pk"))


class NewBom(NewMaster):
    """Draft the first revision of a BOM, or up to 500 at once: all or none."""

    operation_id = "boms_create"
    kept, rows, body, answer = BOM, BOMS, BomBody, made(BomShape)


class BomViewSet(Masters, Drafts):
    """BOMs with all their revisions. Only a draft is changed or given up."""

    required_right = {
        "GET": "production.view",
        "POST": "production.draft_bom",
        "PATCH": "production.draft_bom",
        "DELETE": "production.draft_bom",
    }
    queryset = BOMS
    serializer_class = BomShape
    filterset_class = BomFilter
    orderings = {"name": ["name", "-revision"], "id": []}
    new, body, kept = NewBom, BomBody, BOM

    def remove(self, call: Call, noun: Bom) -> None:
        services.drop_draft(bom=noun, reason="Given up over HTTP", actor=call.actor)


class BomVerb(Verb):
    """Something done to one revision."""

    answer = made(BomShape)

    def bom(self, pk: int) -> Bom:
        return get_object_or_404(BOMS, pk=pk)


class ReviseBom(BomVerb):
    """Draft the next revision, as this one is. A draft that stands already is the answer."""

    operation_id = "boms_revise"
    required_right = {"POST": "production.draft_bom"}
    body = ReviseBody

    def act(self, call: Call, pk: int) -> Bom:
        return self.bom(services.draft_revision(bom=self.bom(pk), actor=call.actor, **call.body).pk)


class ApproveBom(BomVerb):
    """Bring a draft into force. Another person than those who drafted it; never an integration."""

    operation_id = "boms_approve"
    required_right = {"POST": "production.approve_bom"}
    body = ApproveBody

    def act(self, call: Call, pk: int) -> Bom:
        return self.bom(services.approve_bom(bom=self.bom(pk), actor=call.actor, **call.body).pk)


class WithdrawBom(BomVerb):
    """Take a revision out of force. Orders that were planned by it keep it."""

    operation_id = "boms_withdraw"
    required_right = {"POST": "production.approve_bom"}
    body = ReasonBody

    def act(self, call: Call, pk: int) -> Bom:
        return self.bom(services.withdraw_bom(bom=self.bom(pk), actor=call.actor, **call.body).pk)
