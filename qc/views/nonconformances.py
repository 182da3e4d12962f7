"""Nonconformances: the list, a new one, and its page from report to close; and the actions that are due."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from qc.forms import ActionForm, NonconformanceForm, sections
from qc.models import CorrectiveAction, Inspection, Nonconformance, Review, Source
from qc.services import reporting
from traceability import reach
from traceability.ledger import BadInput
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Lot
from traceability.views import refusals, second_person
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

GROUPS = (
    ("What is wrong", ("title", "source", "severity", "description")),
    ("What it concerns", ("lots", "quantity", "defects", "supplier", "complaint")),
)


class NonconformanceFilter(ListFilter):
    q = django_filters.CharFilter(label="Number, title, lot or complaint", method="by_text")
    source = django_filters.ChoiceFilter(label="Source", choices=Source.choices, empty_label="Any")
    state = django_filters.ChoiceFilter(
        label="State", method="by_state", choices=[("open", "Open"), ("closed", "Closed")], empty_label="Any"
    )

    def by_text(self, rows: QuerySet[Nonconformance], name: str, value: str) -> QuerySet[Nonconformance]:
        concerned = Nonconformance.objects.filter(lots__number__icontains=value).values("pk")
        return rows.filter(
            Q(number__icontains=value)
            | Q(title__icontains=value)
            | Q(complaint__iexact=value)
            | Q(pk__in=concerned)
        )

    def by_state(self, rows: QuerySet[Nonconformance], name: str, value: str) -> QuerySet[Nonconformance]:
        return rows.filter(closed_at__isnull=value == "open")


class NonconformanceList(RecordList):
    right = "qc.view"
    title = "Nonconformances"
    note = "What was not as it should be, the newest first: contained, reviewed, and closed once its actions work."
    file_name = "nonconformances"
    template_name = "qc/nonconformances.html"
    filterset_class = NonconformanceFilter
    default_sort = "-reported_at"
    tie = "number"
    one, many = "nonconformance", "nonconformances"
    quick = (("Open", "state=open"), ("Closed", "state=closed"))
    empty_title = "Nothing was reported."
    empty_now = "Whoever sees something wrong reports it here."
    empty_link = ("Report one", "qc:nonconformance_new", "qc.report")
    queryset = Nonconformance.objects.select_related("reported_by", "supplier", "inspection")
    columns = [
        Column("Number", lambda n: n.number, "code", sort="number", link=lambda n: reverse("qc:nonconformance", args=[n.pk])),
        Column("Reported", lambda n: n.reported_at, "when", sort="reported_at"),
        Column("What", lambda n: n.title, sort="title"),
        Column("Source", lambda n: n.get_source_display(), sort="source", wide_only=True),
        Column("Severity", lambda n: n.get_severity_display().split(":")[0], sort="severity", wide_only=True),
        Column("Vendor", lambda n: n.supplier.name if n.supplier else "", wide_only=True),
        Column("Lots", lambda n: n.lot_count, "number"),
        Column("Open actions", lambda n: n.open_actions, "number"),
        Column("State", lambda n: n.state),
    ]  # fmt: skip

    def prepare(self, rows: list[Any]) -> list[Any]:
        lots = dict(
            Nonconformance.lots.through.objects.filter(nonconformance__in=rows)
            .values_list("nonconformance")
            .annotate(n=Count("pk"))
            .order_by()
        )
        actions = CorrectiveAction.objects.filter(nonconformance__in=rows, checked_at__isnull=True)
        waiting = dict(actions.values_list("nonconformance").annotate(n=Count("pk")).order_by())
        for row in rows:
            row.lot_count, row.open_actions = lots.get(row.pk, 0), waiting.get(row.pk, 0)
        return rows


class ActionFilter(ListFilter):
    q = django_filters.CharFilter(label="Number or text", method="by_text")
    state = django_filters.ChoiceFilter(
        label="State",
        method="by_state",
        choices=[("due", "To be done"), ("done", "To be checked"), ("checked", "Checked")],
        empty_label="Any",
    )

    def by_text(self, rows: QuerySet[CorrectiveAction], name: str, value: str) -> QuerySet[CorrectiveAction]:
        return rows.filter(
            Q(number__icontains=value) | Q(what__icontains=value) | Q(nonconformance__number__icontains=value)
        )

    def by_state(self, rows: QuerySet[CorrectiveAction], name: str, value: str) -> QuerySet[CorrectiveAction]:
        if value == "checked":
            return rows.filter(checked_at__isnull=False)
        return rows.filter(done_at__isnull=value == "due", checked_at__isnull=True)


class ActionList(RecordList):
    right = "qc.view"
    title = "Corrective actions"
    note = "What somebody does so that it does not happen again, the nearest day first."
    file_name = "corrective-actions"
    filterset_class = ActionFilter
    default_sort = "due_on"
    tie = "number"
    one, many = "action", "actions"
    quick = (("To be done", "state=due"), ("To be checked", "state=done"))
    empty_title = "No action was asked for."
    empty_now = "Actions are asked for on the page of a nonconformance."
    crumbs = [("Nonconformances", "/qc/nonconformances/")]
    queryset = CorrectiveAction.objects.select_related("nonconformance", "owner", "checked_by")
    columns = [
        Column("Action", lambda a: a.number, "code", sort="number", link=lambda a: reverse("qc:nonconformance", args=[a.nonconformance_id])),
        Column("For", lambda a: a.nonconformance.number, "code"),
        Column("Kind", lambda a: a.get_kind_display(), sort="kind", wide_only=True),
        Column("What", lambda a: a.what),
        Column("By whom", lambda a: str(a.owner)),
        Column("Due", lambda a: a.due_on, "day", sort="due_on"),
        Column("State", lambda a: action_state(a)),
    ]  # fmt: skip


def action_state(action: CorrectiveAction) -> str:
    if action.checked_at:
        return "It works" if action.is_effective else "It did not work"
    if action.done_at:
        return "Done, to be checked"
    return "Overdue" if action.due_on < timezone.localdate() else "To be done"


@needs("qc.report")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(lambda request: _new_form(request, NonconformanceForm(request.POST or None)))
def new(request: HttpRequest) -> HttpResponse:
    """Report one; from an inspection or a lot with what it concerns filled in."""
    asked = request.GET.get("inspection", "")
    inspection = (
        Inspection.objects.select_related("lot__supplier")
        .filter(pk=int(asked) if asked.isdigit() else 0)
        .first()
    )
    number = request.GET.get("lot", "")[:80] or (
        inspection.lot.number if inspection and inspection.lot else ""
    )
    initial = {"lots": number, "source": _source_of(inspection)}
    form = NonconformanceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = reporting.report(
            inspection=inspection,
            actor=actor_of(request),
            client=client_of(request),
            key=key_of(request),
            **form.cleaned_data,
        )
        messages.success(
            request, f"{made.number} is reported.\nAdd photos below; quality contains and reviews it."
        )
        return redirect("qc:nonconformance", made.pk)
    return _new_form(request, form)


def _source_of(inspection: Inspection | None) -> str:
    stage = inspection.stage if inspection else ""
    return {
        "receiving": Source.RECEIVING,
        "in_process": Source.PRODUCTION,
        "final": Source.FINAL,
        "return": Source.CUSTOMER,
    }.get(stage, "")


def _new_form(request: HttpRequest, form: NonconformanceForm) -> HttpResponse:
    context = {"form": form, "groups": sections(form, *GROUPS), "key": request.POST.get("key") or new_key()}
    return render(request, "qc/nonconformance_form.html", context, status=422 if form.errors else 200)


@needs("qc.view", about=Nonconformance)
def nonconformance(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(pk)
    lots = with_facts(list(reach.seen(found.lots.all()).select_related("item").order_by("number")[:200]))
    actions = list(found.actions.select_related("owner", "done_by", "checked_by", "opened_by"))
    for action in actions:
        action.state = action_state(action)  # type: ignore[attr-defined]
    may = request.user.has_perm("qc.review") and not found.closed_at  # type: ignore[union-attr]
    context = {
        "found": found, "lots": lots, "actions": actions, "may_review": may, "reviews": Review.choices, "typed": request.POST, "key": new_key(),
        "action_form": ActionForm(request.POST if request.POST.get("verb") == "ask" else None, auto_id="act_%s") if may else None,
        "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "qc/nonconformance.html", context)


@needs("qc.review", about=Nonconformance)
@require_POST
@refusals.shown_on(_page)
def contain(request: HttpRequest, pk: int) -> HttpResponse:
    found = reporting.contain(
        nonconformance=_found(pk), containment=request.POST.get("containment", "")[:4_000], hold=bool(request.POST.get("hold")),
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"{found.number} is contained.")
    return redirect("qc:nonconformance", pk)


@needs("qc.review", about=Nonconformance)
@require_POST
@refusals.shown_on(_page)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    found = reporting.review(
        nonconformance=_found(pk), decision=request.POST.get("review", ""), reason=request.POST.get("reason", "")[:4_000],
        root_cause=request.POST.get("root_cause", "")[:4_000], actor=actor_of(request), second_person=second_person.given(request),
    )  # fmt: skip
    messages.success(request, f"{found.number}: {found.get_review_display().lower()}.")
    return redirect("qc:nonconformance", pk)


@needs("qc.review", about=Nonconformance)
@require_POST
@refusals.shown_on(_page)
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    form = ActionForm(request.POST)
    if not form.is_valid():
        raise BadInput(
            "What, by whom and by when?",
            now="Fill in every field of the action.",
            fields=dict.fromkeys(form.errors, "missing"),
        )
    made = reporting.ask_for_action(
        nonconformance=_found(pk),
        actor=actor_of(request),
        client=client_of(request),
        key=key_of(request),
        **form.cleaned_data,
    )
    messages.success(request, f"{made.number} is asked of {made.owner}, by {made.due_on}.")
    return redirect("qc:nonconformance", pk)


@needs("qc.view", about=Nonconformance)
@require_POST
@refusals.shown_on(lambda request, pk, action: _page(request, pk))
def act(request: HttpRequest, pk: int, action: int) -> HttpResponse:
    """Say that an action is done; or whether it works. The service knows who may."""
    here = get_object_or_404(
        CorrectiveAction.objects.select_related("nonconformance", "owner"), pk=action, nonconformance=pk
    )
    text = request.POST.get("text", "")[:4_000]
    if request.POST.get("verb") == "check":
        works = {"yes": True, "no": False}.get(request.POST.get("works", ""))
        if works is None:
            raise BadInput(
                "Does it work?", now="Choose one; nothing is chosen for you.", fields={"works": "missing"}
            )
        reporting.check_effect(action=here, is_effective=works, checked=text, actor=actor_of(request))
    else:
        reporting.complete(action=here, done=text, actor=actor_of(request))
    messages.success(request, f"{here.number} is written down.")
    return redirect("qc:nonconformance", pk)


@needs("qc.review", about=Nonconformance)
@require_POST
@refusals.shown_on(_page)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    found = reporting.close(nonconformance=_found(pk), actor=actor_of(request))
    messages.success(request, f"{found.number} is closed.")
    return redirect("qc:nonconformance", pk)


def _found(pk: int) -> Nonconformance:
    rows = Nonconformance.objects.select_related(
        "inspection", "supplier", "reported_by", "contained_by", "reviewed_by", "second_reviewer", "closed_by"
    )
    return get_object_or_404(rows, pk=pk)


def of_lot(lot: Lot) -> list[Nonconformance]:
    return list(Nonconformance.objects.filter(lots=lot).order_by("-reported_at")[:10])
