"""The pages that change master data, one way for every kind: new, change, copy, retire. The form is the one the API checks with.

ITEM = Sheet(kind="item", form=ItemForm, parts=(("units", UnitSet),), list_url="traceability:items", …)
change_item = editing.change(ITEM)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from traceability import changes, masters, subjects
from traceability.forms.base import MasterForm, Rows
from traceability.ledger import BadInput, Refusal
from traceability.models import ReasonCode, ReasonUse
from traceability.views import refusals
from traceability.views.keys import actor_of
from traceability.views.rights import needs

RIGHT = "traceability.change_masters"
Keep = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One kind of record and how it is changed. `keep` may be a service of its own, which ends in `masters.keep`."""

    kind: str
    form: type[MasterForm]
    list_url: str
    one: str
    parts: Sequence[tuple[str, Any]] = ()
    right: str = RIGHT
    template: str = "masters/form.html"
    keep: Keep = masters.keep
    # What a copy does not take along, beside the code.
    not_copied: Sequence[str] = ("gtin", "gln")
    form_of: Callable[[HttpRequest], dict[str, Any]] = field(default=lambda request: {})
    more: Callable[[HttpRequest, Any], dict[str, Any]] = field(default=lambda request, noun: {})
    rows: Callable[[HttpRequest], Any] | None = None

    def get(self, request: HttpRequest, pk: int) -> Any:
        """The record, if the person may see it."""
        if self.rows:
            return get_object_or_404(self.rows(request), pk=pk)
        found = subjects.find(self.kind, str(pk), person=actor_of(request))
        return found.noun if found else get_object_or_404(self.form._meta.model, pk=0)

    def url_of(self, noun: Any) -> str:
        return subjects.of(self.kind, noun).url_or_nothing or reverse(self.list_url)


def new(sheet: Sheet) -> Callable[..., HttpResponseBase]:
    @needs(sheet.right)
    def page(request: HttpRequest) -> HttpResponseBase:
        return _edit(request, sheet, None)

    return page


def change(sheet: Sheet) -> Callable[..., HttpResponseBase]:
    @needs(sheet.right)
    def page(request: HttpRequest, pk: int) -> HttpResponseBase:
        return _edit(request, sheet, sheet.get(request, pk))

    return page


def copy(sheet: Sheet) -> Callable[..., HttpResponseBase]:
    """A new record that begins as another one is: its code is asked for, its parts come along."""

    @needs(sheet.right)
    def page(request: HttpRequest, pk: int) -> HttpResponseBase:
        return _edit(request, sheet, None, like=sheet.get(request, pk))

    return page


def retire(sheet: Sheet) -> Callable[..., HttpResponseBase]:
    """Out of use, or back into it. What still uses it is said, and retired on purpose only."""

    def form_page(request: HttpRequest, pk: int) -> HttpResponse:
        noun = sheet.get(request, pk)
        uses = masters.uses_of(noun) if noun.is_active else []
        context = {
            "noun": noun,
            "sheet": sheet,
            "uses": uses,
            "url": sheet.url_of(noun),
            "reasons": reasons(),
        }
        return render(request, "masters/retire.html", context)

    @needs(sheet.right)
    @refusals.shown_on(form_page)
    def page(request: HttpRequest, pk: int) -> HttpResponseBase:
        if request.method != "POST":
            return form_page(request, pk)
        noun = sheet.get(request, pk)
        is_active = not noun.is_active
        masters.retire(
            kind=sheet.kind,
            noun=noun,
            is_active=is_active,
            actor=actor_of(request),
            reason=request.POST.get("reason", ""),
            anyway=request.POST.get("anyway") == "yes",
            right=sheet.right,
        )
        messages.success(request, f"{noun} is {'in use again' if is_active else 'retired'}.")
        return HttpResponseRedirect(sheet.url_of(noun))

    return page


def reasons() -> list[str]:
    """Offered where a change is explained."""
    return list(
        ReasonCode.objects.filter(is_active=True, uses__contains=[ReasonUse.MASTERS]).values_list(
            "text", flat=True
        )
    )


def checked(field: Any, said: str, *, name: str) -> Any:
    """What was said for a field outside of a form. Raises BadInput."""
    try:
        return field.clean(said)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), fields={name: said[:40]}) from error


def _edit(request: HttpRequest, sheet: Sheet, noun: Any, *, like: Any = None) -> HttpResponseBase:
    if request.method != "POST":
        form, parts = _blank(request, sheet, noun, like)
        return _page(request, sheet, noun, form, parts, like=like)
    form = sheet.form(request.POST, instance=noun, **sheet.form_of(request))
    parts = [rows(request.POST, instance=form.instance, prefix=name) for name, rows in sheet.parts]
    try:
        seen = _seen(request, noun)
        saved = sheet.keep(
            kind=sheet.kind, form=form, parts=parts, actor=actor_of(request), reason=request.POST.get("why", ""), seen=seen, right=sheet.right
        )  # fmt: skip
    except masters.Changed as changed:
        return _merged(request, sheet, noun, changed)
    except Refusal as refusal:
        refusals.record(request, refusal)
        request.refusal = refusal  # type: ignore[attr-defined]
        return _page(request, sheet, noun, form, parts, status=refusal.status, like=like)
    messages.success(request, f"{saved} is saved.")
    return HttpResponseRedirect(sheet.url_of(saved))


def _seen(request: HttpRequest, noun: Any) -> int | None:
    if noun is None:
        return None
    said = request.POST.get("seen", "")
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        raise BadInput(
            "This form has lost its place.",
            "It says which state of the record was changed.",
            "Load the page again.",
            fields={"seen": "missing"},
        )
    return int(said)


def _merged(request: HttpRequest, sheet: Sheet, noun: Any, changed: masters.Changed) -> HttpResponseBase:
    """The form again, as it was typed; what was not touched here shows what the other person set."""
    refusals.record(request, changed)
    request.refusal = changed  # type: ignore[attr-defined]
    noun = sheet.get(request, noun.pk)
    typed = request.POST.copy()
    fresh = sheet.form(instance=noun, **sheet.form_of(request))
    shown: dict[str, str] = {}
    for name, before in _seen_values(sheet, noun, changed).items():
        if name not in fresh.fields:
            continue
        now = fresh[name].value()
        if _same(typed.getlist(name), before):
            typed.setlist(name, _as_typed(now))
        elif not _same(typed.getlist(name), now):
            shown[name] = f"Now: {_words(now)}"
    form = sheet.form(typed, instance=noun, **sheet.form_of(request))
    parts = [rows(typed, instance=noun, prefix=name) for name, rows in sheet.parts]
    form.is_valid()
    return _page(request, sheet, noun, form, parts, status=changed.status, theirs=shown)


def _seen_values(sheet: Sheet, noun: Any, changed: masters.Changed) -> dict[str, Any]:
    """Of each field that somebody else changed, what this person had before them."""
    seen: dict[str, Any] = {}
    columns = {f.column: f.name for f in noun._meta.concrete_fields}
    for told in reversed(changed.told):
        if told.change.table == noun._meta.db_table:
            for column, value in (told.change.before or {}).items():
                seen.setdefault(columns.get(column, column), value)
    return seen


def _as_typed(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(part) for part in value]
    return [] if value in (None, False) else ["on" if value is True else str(value)]


def _same(typed: list[str], value: Any) -> bool:
    told = _as_typed(value)
    if len(told) > 1 or len(typed) > 1:
        return sorted(",".join(typed).replace(" ", "").split(",")) == sorted(told)
    return _number(typed[0] if typed else "") == _number(told[0] if told else "")


def _number(text: str) -> str:
    plain = text.strip()
    is_number = plain.replace(".", "", 1).replace("-", "", 1).isdigit()
    return plain.rstrip("0").rstrip(".") if is_number and "." in plain else plain


def _words(value: Any) -> str:
    return (
        ", ".join(_as_typed(value)).replace("on", "yes")
        if value not in (None, "", [], False)
        else changes.NOTHING
    )


def _blank(request: HttpRequest, sheet: Sheet, noun: Any, like: Any) -> tuple[MasterForm, list[Rows]]:
    if like is None:
        initial = (
            {name: value for name, value in request.GET.items() if name in sheet.form.base_fields}
            if noun is None
            else {}
        )
        form = sheet.form(instance=noun, initial=initial, **sheet.form_of(request))
        return form, [rows(instance=form.instance, prefix=name) for name, rows in sheet.parts]
    values = {
        name: value
        for name, value in sheet.form(instance=like, **sheet.form_of(request)).initial.items()
        if name not in (*sheet.not_copied, sheet.form.code_field)
    }
    form = sheet.form(initial=values, **sheet.form_of(request))
    parts = []
    for name, rows in sheet.parts:
        taken = [
            {k: v for k, v in part.initial.items() if k not in sheet.not_copied}
            for part in rows(instance=like, prefix=name).initial_forms
        ]
        copied = rows(instance=form.instance, prefix=name, initial=taken)
        copied.extra = len(taken) + copied.extra
        parts.append(copied)
    return form, parts


def _page(
    request: HttpRequest,
    sheet: Sheet,
    noun: Any,
    form: MasterForm,
    parts: Sequence[Rows],
    *,
    status: int = 200,
    like: Any = None,
    theirs: dict[str, str] | None = None,
) -> HttpResponse:
    refusal = getattr(request, "refusal", None)
    seen = (
        refusal.fields["seen"] if isinstance(refusal, masters.Changed) else masters.seen_of(sheet.kind, noun)
    )
    if request.method == "POST" and not isinstance(refusal, masters.Changed):
        seen = request.POST.get("seen", seen)
    context = {
        "sheet": sheet,
        "noun": noun,
        "like": like,
        "form": form,
        "parts": parts,
        "seen": seen,
        "why": request.POST.get("why", ""),
        "reasons": reasons(),
        "theirs": theirs or {},
        "back": sheet.url_of(noun or like) if noun or like else reverse(sheet.list_url),
        **sheet.more(request, noun),
    }
    return render(request, sheet.template, context, status=status)
