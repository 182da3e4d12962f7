"""Plans in the making: drafts, their characteristics, approval, and two revisions side by side."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from qc import comparing, services
from qc.forms import CharacteristicForm, LimitForm, NewPlanForm, PlanForm, sections
from qc.models import Characteristic, Plan, PlanStatus
from traceability.ledger import Refusal
from traceability.views import refusals
from traceability.views.keys import actor_of
from traceability.views.rights import needs

PLAN_GROUPS = (
    ("The plan", ("code", "name", "stage", "note")),
    ("Where it holds", ("items", "suppliers", "category", "locations", "step")),
    (
        "How many are looked at",
        ("sampling", "sample_number", "sample_percent", "aql", "level", "allows_reduced"),
    ),
    ("Skip-lot", ("skip_every", "skip_after")),
    ("In process", ("every_units", "every_minutes", "is_blocking")),
    ("Instruments", ("stops_on_calibration",)),
)
LOOK_GROUPS = (
    ("What is looked at", ("name", "kind", "unit", "readings", "rule", "is_mandatory")),
    ("Limits", ("nominal", "lower", "upper", "decimals")),
    ("Slips of the hand", ("gross_lower", "gross_upper")),
    ("The label", ("label_above", "label_text")),
    ("Choices and defects", ("choices", "accepted", "defects")),
    ("How and by whom", ("severity", "method", "entered_by", "needs_instrument", "note")),
)


@needs("qc.change_plan")
@require_http_methods(["GET", "POST"])
def new_plan(request: HttpRequest) -> HttpResponse:
    form = NewPlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        code = facts.pop("code")
        try:
            plan = services.draft_plan(actor=actor_of(request), code=code, facts=facts)
        except Refusal as refusal:
            refusals.note(request, refusal)
            form.add_error("code", refusal.sentence)
        else:
            messages.success(
                request, f"{plan} is drafted.\nAdd what is looked at; then a colleague approves it."
            )
            return redirect("qc:plan", plan.pk)
    return _plan_form(request, form, None)


@needs("qc.change_plan")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(lambda request, pk: _plan_form(request, PlanForm(request.POST or None), _plan(pk)))
def change_plan(request: HttpRequest, pk: int) -> HttpResponse:
    plan = _plan(pk)
    if plan.status != PlanStatus.DRAFT:
        raise services.NotADraft(plan)
    facts = {name: getattr(plan, name) for name in PlanForm.base_fields if name not in services.MANY}
    initial = facts | {name: list(getattr(plan, name).all()) for name in services.MANY}
    form = PlanForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change_plan(plan=plan, actor=actor_of(request), facts=form.cleaned_data)
        messages.success(request, f"{plan} is changed.")
        return redirect("qc:plan", pk)
    return _plan_form(request, form, plan)


@needs("qc.change_plan")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(
    lambda request, pk, look=None: _look_form(
        request, CharacteristicForm(request.POST or None), _plan(pk), look
    )
)
def characteristic(request: HttpRequest, pk: int, look: int | None = None) -> HttpResponse:
    """Add what is looked at, or change it, in a draft."""
    plan = _plan(pk)
    if plan.status != PlanStatus.DRAFT:
        raise services.NotADraft(plan)
    here = get_object_or_404(Characteristic, pk=look, plan=plan) if look else None
    initial = {name: getattr(here, name) for name in CharacteristicForm.base_fields} if here else None
    form = CharacteristicForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = services.put_characteristic(
            plan=plan, actor=actor_of(request), facts=form.cleaned_data, characteristic=here
        )
        messages.success(request, f"{made.name} is {'changed' if here else 'added'}.")
        return redirect("qc:characteristic_new" if request.POST.get("then") == "another" else "qc:plan", pk)
    return _look_form(request, form, plan, look)


@needs("qc.change_plan")
@require_POST
def arrange(request: HttpRequest, pk: int, look: int) -> HttpResponse:
    """Move a characteristic up or down, or take it out of the draft."""
    here = get_object_or_404(Characteristic.objects.select_related("plan"), pk=look, plan=pk)
    if request.POST.get("verb") == "remove":
        services.remove_characteristic(characteristic=here, actor=actor_of(request))
        messages.success(request, f"{here.name} is taken out of the draft.")
    else:
        services.move_characteristic(
            characteristic=here, up=request.POST.get("verb") == "up", actor=actor_of(request)
        )
    return redirect("qc:plan", pk)


@needs("qc.change_plan")
@require_POST
@refusals.shown_on(lambda request, pk, look: _look_form(request, None, _plan(pk), look))
def limit(request: HttpRequest, pk: int, look: int) -> HttpResponse:
    """An item's own limit of one characteristic."""
    here = get_object_or_404(Characteristic.objects.select_related("plan"), pk=look, plan=pk)
    form = LimitForm(request.POST)
    if not form.is_valid():
        return _look_form(request, None, here.plan, look, limit_form=form, status=422)
    given = form.cleaned_data
    services.put_limit(
        characteristic=here, item=given["item"], applies=not given["applies_not"], lower=given["lower"], upper=given["upper"],
        actor=actor_of(request),
    )  # fmt: skip
    messages.success(request, f"{given['item']} has its own limit of {here.name}.")
    return redirect("qc:characteristic", pk, look)


@needs("qc.change_plan")
@require_POST
def revise(request: HttpRequest, pk: int) -> HttpResponse:
    draft = services.revise(plan=_plan(pk), actor=actor_of(request), why=request.POST.get("why", "")[:200])
    messages.success(request, f"{draft} is a draft.\nWhat is in force stays in force until it is approved.")
    return redirect("qc:plan", draft.pk)


@needs("qc.approve_plan")
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    plan = services.approve(plan=_plan(pk), actor=actor_of(request))
    messages.success(
        request, f"{plan} is in force.\nInspections that were begun keep the revision they began with."
    )
    return redirect("qc:plan", pk)


@needs("qc.change_plan")
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    plan = _plan(pk)
    services.discard(plan=plan, actor=actor_of(request))
    messages.success(request, f"The draft {plan} is discarded.")
    return redirect("qc:plans")


@needs("qc.view")
def compare(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """What one revision says otherwise than another."""
    later, earlier = _plan(pk), _plan(other)
    if later.revision < earlier.revision:
        later, earlier = earlier, later
    get_object_or_404(Plan, pk=earlier.pk, code=later.code)
    return render(
        request,
        "qc/compare.html",
        {"earlier": earlier, "later": later, "parts": comparing.differences(earlier, later)},
    )


def _plan(pk: int) -> Plan:
    return get_object_or_404(Plan, pk=pk)


def _plan_form(request: HttpRequest, form: PlanForm, plan: Plan | None) -> HttpResponse:
    context = {"form": form, "plan": plan, "groups": sections(form, *PLAN_GROUPS)}
    return render(request, "qc/plan_form.html", context, status=422 if form.errors else 200)


def _look_form(
    request: HttpRequest, form: CharacteristicForm | None, plan: Plan, look: int | None,
    limit_form: LimitForm | None = None, status: int = 0,
) -> HttpResponse:  # fmt: skip
    here = get_object_or_404(Characteristic, pk=look, plan=plan) if look else None
    if form is None and here is not None:
        form = CharacteristicForm(
            initial={name: getattr(here, name) for name in CharacteristicForm.base_fields}
        )
    assert form is not None
    context: dict[str, Any] = {
        "form": form,
        "plan": plan,
        "look": here,
        "groups": sections(form, *LOOK_GROUPS),
        "limits": list(here.limits.select_related("item").order_by("item__code")) if here else [],
        "limit_form": limit_form or LimitForm(auto_id="own_%s"),
    }
    return render(
        request, "qc/characteristic_form.html", context, status=status or (422 if form.errors else 200)
    )
