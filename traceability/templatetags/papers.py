"""Panels that any page may show of what it is about: its files, its history. Built in: no template needs to load it."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from traceability import barcodes, history, subjects
from traceability.forms.items import factor_text
from traceability.views import attachments

register = template.Library()


@register.inclusion_tag("attachments/panel.html", takes_context=True)
def files_panel(context: Any, kind: str, noun: Any) -> dict[str, Any]:
    """`{% files_panel "receipt" receipt %}`: the files of a noun that the page has already been allowed to show."""
    request = context["request"]
    found = attachments.panel(request.user, subjects.of(kind, noun))
    return found | {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "next": request.get_full_path(),
    }


@register.inclusion_tag("papers/history.html", takes_context=True)
def history_panel(context: Any, kind: str, noun: Any) -> dict[str, Any]:
    """`{% history_panel "receipt" receipt %}`: who did what to it, when; newest first."""
    subject = subjects.of(kind, noun)
    events = history.of(subject, context["request"].user)
    return {
        "subject": subject,
        "events": events,
        "is_cut": len(events) >= history.MOST,
        "number": (subject.numbers or [""])[0],
        "is_master": subject.kind.is_master,
    }


@register.simple_tag
def print_url(kind: str, noun: Any) -> str:
    """`{% print_url "receipt" receipt %}`: the address of its print form."""
    return reverse("traceability:print", args=[kind, subjects.of(kind, noun).key])


@register.simple_tag
def bar_code(text: str) -> str:
    return barcodes.code_128(text)


@register.simple_tag
def qr_code(text: str) -> str:
    return barcodes.qr(text)


@register.filter
def file_size(size: int) -> str:
    """340 kB, 2.4 MB."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"


@register.filter
def css_text(value: Any) -> str:
    """Text for a string in a style attribute: nothing that could end it."""
    return "".join(sign for sign in str(value) if sign.isprintable() and sign not in "\\'\"<>;{}&")


@register.filter
def factor(unit: Any) -> str:
    """50, 0.45359237 or 1/3: exact, as it was entered."""
    return factor_text(unit)


@register.filter
def spaced(word: str) -> str:
    return str(word).replace("_", " ")
