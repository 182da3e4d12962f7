"""The words of the pages: icons, statuses, lot codes, quantities and times. Built in: no template needs to load it."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.http import QueryDict
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from traceability.ledger import plain
from traceability.roles import LABELS

register = template.Library()

# status → (class, icon, word). Icon, word and shape say it without the colour.
CHIPS = {
    "released": ("released", "released", "Released"),
    "quarantine": ("awaiting", "hourglass", "Awaiting QC"),
    "awaiting": ("awaiting", "hourglass", "Awaiting QC"),
    "rejected": ("rejected", "rejected", "Rejected"),
    "held": ("held", "held", "Hold"),
    "expired": ("expired", "calendar-x", "Expired"),
    "used_up": ("used-up", "minus", "Used up"),
    "recalled": ("recalled", "recalled", "Recalled"),
    "real": ("recalled", "recalled", "Real recall"),
}

TAGS = {"mock": "Mock recall"}


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name
    )


@register.simple_tag
def status_chip(name: str, word: str = "") -> SafeString:
    """A status as icon + word + colour. Unknown names are shown as a plain tag, never dropped."""
    if name not in CHIPS:
        return format_html(
            '<span class="tag">{}</span>', word or TAGS.get(name) or name.replace("_", " ").capitalize()
        )
    look, sign, usual = CHIPS[name]
    return format_html('<span class="status status-{}">{}{}</span>', look, icon(sign), word or usual)


@register.simple_tag
def status_chips(names: Any) -> SafeString:
    chips = mark_safe("".join(status_chip(name) for name in names or ()))  # noqa: S308
    return format_html('<span class="statuses">{}</span>', chips)


@register.simple_tag
def lot_code(lot: Any) -> SafeString:
    """The lot's number, as a link to its page."""
    return format_html(
        '<a class="lot-code" href="{}">{}</a>', reverse("traceability:lot", args=[lot.pk]), lot.number
    )


@register.simple_tag
def document_code(document: str) -> SafeString:
    """A paper's number, as a link to its page."""
    if not document:
        return SafeString("")
    return format_html(
        '<a class="lot-code" href="{}">{}</a>', reverse("traceability:document", args=[document]), document
    )


@register.simple_tag
def entry_code(entry: Any) -> SafeString:
    return format_html(
        '<a class="lot-code" href="{}">{}</a>',
        reverse("traceability:entry", args=[entry.seq]),
        f"{entry.seq:,}",
    )


def signed(value: Decimal | int) -> str:
    """1,080 and −0.5: thousands signs, no idle zeros, a true minus sign."""
    return plain(Decimal(value)).replace("-", "−")


@register.filter
def quantity(value: Any, unit: str = "") -> SafeString | str:
    if value is None or value == "":
        return ""
    if not unit:
        return signed(value)
    return format_html('{}&nbsp;<span class="unit">{}</span>', signed(value), unit)


@register.filter
def count_words(value: int | None) -> str:
    """A count that stops a little above 10,000 says so."""
    if value is None:
        return ""
    return f"{value:,}" if value <= 10_000 else "10,000+"


@register.filter
def change(value: Any) -> str:
    """A change with its sign; a dash where nothing changed."""
    if not value:
        return "—"
    return f"+{signed(value)}" if value > 0 else signed(value)


@register.filter
def percent(value: Any) -> str:
    return "—" if value is None else f"{value:.1f}"


@register.simple_tag
def when(moment: datetime | None, what: str = "minute") -> SafeString:
    """A moment in the time zone of the person's site; the year where it is not this one."""
    if moment is None:
        return SafeString("")
    local = timezone.localtime(moment)
    words = day_words(local.date())
    if what == "minute":
        words = f"{words} {local:%H:%M}"
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(timespec="seconds"), words)


@register.simple_tag
def day(value: date | None, how: str = "long") -> SafeString:
    """A day; "short" leaves out the year where it is this one."""
    if value is None:
        return SafeString("")
    return format_html(
        '<time datetime="{}">{}</time>', value.isoformat(), day_words(value, always=how == "long")
    )


def day_words(value: date, *, always: bool = False) -> str:
    year = f" {value.year}" if always or value.year != timezone.localdate().year else ""
    return f"{value.day} {value:%b}{year}"


@register.simple_tag(takes_context=True)
def query(context: Any, **changes: Any) -> str:
    """The page's own address with some parameters changed; None takes one away."""
    params: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        params.pop(name, None)
        if value not in (None, ""):
            params[name] = str(value)
    return f"?{params.urlencode()}"


@register.inclusion_tag("lists/neighbours.html", takes_context=True)
def neighbours(context: Any) -> dict[str, Any]:
    """Previous and next record of the list one came from; nothing on other pages."""
    from traceability.lists.neighbours import neighbours as find

    request = context.get("request")
    return {"near": find(request) if request and getattr(request, "user", None) else None}


@register.simple_tag
def url_or_nothing(name: str, *args: Any) -> str:
    """The address behind a name, or nothing where that app has no such page (yet)."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.inclusion_tag("empty.html")
def empty(title: str, now: str = "", sign: str = "search") -> dict[str, str]:
    return {"title": title, "now": now, "sign": sign}


_CODE = re.compile(r"`([^`]*)`|\*\*([^*]+)\*\*")


@register.filter
def spoken(text: Any) -> SafeString:
    """What is said at a scan: `codes` are set as codes, **what to do** is strong. Everything else is text."""
    parts, at = [], 0
    for found in _CODE.finditer(str(text or "")):
        parts.append(conditional_escape(str(text)[at : found.start()]))
        inner = (
            format_html('<span class="lot-code">{}</span>', found[1])
            if found[1] is not None
            else format_html("<strong>{}</strong>", found[2])
        )
        parts.append(inner)
        at = found.end()
    parts.append(conditional_escape(str(text or "")[at:]))
    return mark_safe("".join(parts))  # noqa: S308


@register.filter
def floor_frame(request: Any) -> str:
    """The whole page, or only what changes in it for a page that asked so."""
    return "floor_part.html" if request.headers.get("X-Floor") else "base.html"


@register.filter
def first_line(text: Any) -> str:
    return str(text).split("\n", 1)[0]


@register.filter
def other_lines(text: Any) -> str:
    return str(text).partition("\n")[2]


@register.filter
def get(mapping: Any, key: Any) -> Any:
    return mapping.get(key) if mapping else None


@register.filter
def hex_of(value: Any) -> str:
    return bytes(value).hex()


@register.filter
def role_label(role: str) -> str:
    label = LABELS.get(role, role)
    return label if label[:2].isupper() else label.lower()


@register.filter
def unlocal(value: Any) -> str:
    """A number for an attribute or an address: no thousands signs."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


@register.filter
def clock(seconds: int) -> str:
    """00:06:12, or 4 d 00:06:12."""
    days, rest = divmod(max(0, int(seconds)), 86_400)
    shown = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days} d {shown}" if days else shown
