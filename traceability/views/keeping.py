"""What a person keeps of lists: columns, page length, saved views. And the files of chosen rows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from traceability.ledger import BadInput
from traceability.lists import exporting, keeping
from traceability.lists.asking import counts_of, list_at
from traceability.lists.records import SIZES, RecordList, bare
from traceability.lists.selection import chosen
from traceability.models import SavedView
from traceability.models.saved_views import Audience
from traceability.roles import LABELS
from traceability.views import refusals
from traceability.views.keys import actor_of
from traceability.views.rights import ANY_ROLE, needs


def list_of(request: HttpRequest) -> RecordList:
    """The list whose address the form carries."""
    path, _, query = request.POST.get("list", "").partition("?")
    return list_at(path, QueryDict(query), person=actor_of(request), host=request.get_host())


def back(request: HttpRequest, fallback: str = "/") -> str:
    address = request.POST.get("list", "")
    safe = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if safe and address else fallback


@needs(ANY_ROLE)
@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Show these columns in this order. A button "up" or "down" only moves one, and asks again; no script is needed."""
    rows_of = list_of(request)
    order, shown = request.POST.getlist("order"), set(request.POST.getlist("show"))
    if move := request.POST.get("move"):
        return render(
            request,
            "lists/columns_page.html",
            {"list": rows_of, "address": back(request), "column_choice": _moved(rows_of, order, shown, move), "page_sizes": SIZES,
             "page_size": int(request.POST.get("size") or 0) or rows_of.get_paginate_by(None)},
        )  # fmt: skip
    if request.POST.get("reset"):
        columns: list[str] = []
    else:
        columns = [name for name in order if name in shown]
        if not columns:
            raise BadInput("A list needs a column.", now="Tick at least one.", fields={"show": "none"})
    size = request.POST.get("size", "")
    keeping.choose_columns(
        actor=actor_of(request), list_name=rows_of.list_name, view=rows_of.choices.view, columns=columns,
        page_size=int(size) if size.isdigit() and int(size) in SIZES else None,
    )  # fmt: skip
    return redirect(back(request))


def _moved(rows_of: RecordList, order: list[str], shown: set[str], move: str) -> list[dict[str, Any]]:
    way, _, name = move.partition(":")
    headings = {row["name"]: row["heading"] for row in rows_of.column_choice(rows_of.page_columns())}
    names = [n for n in order if n in headings] + [n for n in headings if n not in order]
    if name in names:
        here = names.index(name)
        there = max(0, here - 1) if way == "up" else min(len(names) - 1, here + 1)
        names.insert(there, names.pop(here))
    return [{"name": n, "heading": headings[n], "is_shown": n in shown} for n in names]


@needs(ANY_ROLE)
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Save what the list shows now under a name, or let the open view ask this from now on."""
    rows_of = list_of(request)
    actor = actor_of(request)
    query = _saved_query(rows_of)
    if request.POST.get("update") and rows_of.choices.view:
        view = keeping.change_view(actor=actor, view=rows_of.choices.view, query=query)
        messages.success(request, f"“{view}” is saved as it is now.")
    else:
        view = keeping.save_view(
            actor=actor,
            list_name=rows_of.list_name,
            name=request.POST.get("name", ""),
            query=query,
            columns=rows_of.choices.columns,
            audience=request.POST.get("audience", Audience.ME),
            opens_first=bool(request.POST.get("opens_first")),
        )
        messages.success(request, f"“{view}” is saved.\nIt stands above the list and on home.")
    return redirect(f"{rows_of.request.path}?{view.asked}")


def _saved_query(rows_of: RecordList) -> str:
    asked = QueryDict(mutable=True)
    for name, values in bare(rows_of.request.GET).items():
        asked.setlist(name, values)
    return asked.urlencode()


@needs(ANY_ROLE)
def saved_views(request: HttpRequest) -> HttpResponse:
    """All views this person sees, list by list, with how many rows each has now."""
    person = actor_of(request)
    views = list(keeping.visible(person))
    firsts = set(person.list_choices.filter(first_view__isnull=False).values_list("first_view", flat=True))
    counts = counts_of([address_of(view) for view in views], person=person)
    rows = [
        {"view": view, "address": address_of(view), "list": list_title(view), "count": count, "is_first": view.pk in firsts,
         "is_mine": view.owner_id == person.pk, "may_change": view.owner_id == person.pk or person.has_perm(keeping.MANAGE),
         "audience": audience_words(view)}
        for view, count in zip(views, counts, strict=True)
        if count is not None
    ]  # fmt: skip
    return render(request, "lists/views.html", {"rows": rows})


def address_of(view: SavedView) -> str:
    try:
        return f"{reverse(view.list_name)}?{view.asked}"
    except NoReverseMatch:
        return ""


def list_title(view: SavedView) -> str:
    from django.urls import resolve

    try:
        kind = getattr(resolve(reverse(view.list_name)).func, "view_class", None)
    except NoReverseMatch:
        return ""
    title = getattr(kind, "title", "")
    return title if isinstance(title, str) else ""


def audience_words(view: SavedView) -> str:
    if view.audience == Audience.ROLE:
        return f"Role: {LABELS.get(view.role, view.role).lower()}"
    return "Everybody" if view.audience == Audience.ALL else "Only its owner"


@needs(ANY_ROLE)
@refusals.shown_on(lambda request, pk: _view_page(request, pk))
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return _view_page(request, pk)
    view = _view(request, pk)
    actor = actor_of(request)
    if request.POST.get("drop"):
        keeping.drop_view(actor=actor, view=view)
        messages.success(request, f"“{view}” is gone.\nThe list itself stays.")
        return redirect("traceability:views")
    keeping.change_view(
        actor=actor,
        view=view,
        name=request.POST.get("name", ""),
        audience=request.POST.get("audience", ""),
        role=view.role,
    )
    messages.success(request, f"“{view}” is changed.")
    return redirect("traceability:views")


@needs(ANY_ROLE)
@require_POST
def open_first(request: HttpRequest, pk: int) -> HttpResponse:
    """This view opens when the person opens its list; sent again, the whole list does."""
    view = _view(request, pk)
    actor = actor_of(request)
    stands = actor.list_choices.filter(list_name=view.list_name, first_view=view).exists()
    keeping.open_first(actor=actor, list_name=view.list_name, view=None if stands else view)
    return redirect("traceability:views")


def _view(request: HttpRequest, pk: int) -> SavedView:
    return get_object_or_404(keeping.visible(actor_of(request)), pk=pk)


def _view_page(request: HttpRequest, pk: int) -> HttpResponse:
    view = _view(request, pk)
    return render(
        request,
        "lists/view.html",
        {
            "view": view,
            "address": address_of(view),
            "list_title": list_title(view),
            "audiences": audiences(view.owner),
        },
    )


def audiences(person: Any) -> list[tuple[str, str]]:
    role = next(iter(person.roles), "")
    words = {
        "me": f"Only {person}",
        "role": f"Everybody with the role {LABELS.get(role, role).lower()}",
        "all": "Everybody",
    }
    return [(value, words[value]) for value in Audience.values if value != Audience.ROLE or role]


@needs(ANY_ROLE)
@require_POST
def export_rows(request: HttpRequest) -> HttpResponseBase:
    """The chosen rows as a file, with the columns of the list."""
    selection = chosen(request)
    wanted = request.POST.get("format", "csv")
    if wanted not in exporting.TYPES:
        raise BadInput("There is no such file.", now="Choose CSV or XLSX.", fields={"format": wanted[:10]})
    rows = selection.rows_of.get_queryset().filter(pk__in=selection.keys)
    return exporting.answer(selection.rows_of, rows, wanted, are_chosen=True)
