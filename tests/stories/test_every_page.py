"""Every page of the told story, found by its links: answered, cheap, light, and nothing in it that the browser would refuse."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import NoReverseMatch, resolve, reverse

from tests import crawl
from traceability.lists import RecordList

FLOOR, LIST, RECORD, WIDE = 15, 20, 25, 32
# Above their kind today; a figure here may only go down.
STILL = {
    "recalls:": 37,
    "production:order": 27,
    "traceability:document": 26,
    "traceability:changes": 21,
    "production:issue": 26,
    "receiving:receive": 18,
    "qc:inspection": 23,
}
# Pages that look at a whole genealogy, or gather what every app knows.
WIDE_ROUTES = (
    "recalls:",
    "traceability:home",
    "traceability:lot",
    "traceability:where_",
    "traceability:search",
    "traceability:entry",
)
KIB = 1024


@pytest.fixture(scope="module")
def pages(told: dict) -> dict[str, list[crawl.Page]]:
    return crawl.as_everybody()


def lines(found: dict[str, object]) -> str:
    return "\n".join(f"{address}: {what}" for address, what in found.items())


def every(pages: dict[str, list[crawl.Page]]) -> list[crawl.Page]:
    return [page for found in pages.values() for page in found if page.html]


def test_every_linked_page_answers(pages):
    refused = {page.address: page.status for found in pages.values() for page in found if page.status != 200}
    assert not refused, lines(refused)
    assert len(pages) > 50


def test_every_page_is_linked_from_somewhere(pages):
    """A page that nobody can reach is either dead or forgotten."""
    unlinked = {
        route
        for route, view in crawl.routes()
        if route not in pages and hasattr(view, "view_class") and opens_without_a_record(route)
    }
    assert unlinked <= {"traceability:login", "traceability:logout"}


def opens_without_a_record(route: str) -> bool:
    try:
        return bool(reverse(route))
    except NoReverseMatch:
        return False


def test_no_page_asks_the_database_more_than_its_kind_may(pages):
    over = {
        f"{page.address} ({page.route})": page.queries for page in every(pages) if page.queries > limit(page)
    }
    assert not over, lines(over)


def limit(page: crawl.Page) -> int:
    if known := next((most for route, most in STILL.items() if page.route.startswith(route)), 0):
        return known
    if page.is_floor:
        return FLOOR
    if page.route.startswith(WIDE_ROUTES):
        return WIDE
    match = resolve(page.address.partition("?")[0])
    is_list = issubclass(getattr(match.func, "view_class", object), RecordList) and not match.kwargs
    return LIST if is_list else RECORD


@cache
def packed(path: str) -> int:
    """A static file as it travels. Fonts are packed already."""
    found = finders.find(path)
    assert found, path
    content = Path(found).read_bytes()
    return len(content) if path.endswith(".woff2") else len(gzip.compress(content, 6))


def weight(page: crawl.Page) -> int:
    """First visit: the page with its styles, scripts, icons and font."""
    files = set(re.findall(r'(?:href|src)="/static/([^"#?]+)', page.html)) | {"fonts/lot-code.woff2"}
    return len(gzip.compress(page.html.encode(), 6)) + sum(packed(path) for path in files)


def test_no_page_is_heavier_than_its_kind_may_be(pages):
    heavy = {
        page.address: f"{weight(page) / KIB:.0f} KiB"
        for page in every(pages)
        if weight(page) > (100 if page.is_floor else 250) * KIB
    }
    assert not heavy, lines(heavy)


def test_no_page_has_what_the_browser_would_refuse_or_fetch_elsewhere(pages):
    bad = {}
    for page in every(pages):
        scripts = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page.html)
        handlers = re.findall(r"\son[a-z]+=\"", page.html)
        elsewhere = re.findall(r"""(?:src|action|<link[^>]+href)=["'](https?:)?//""", page.html)
        csp = page.headers.get("Content-Security-Policy", "")
        if (
            scripts
            or handlers
            or elsewhere
            or "script-src 'self'" not in csp
            or "'unsafe-inline'" in csp.replace("style-src-attr 'unsafe-inline'", "")
        ):
            bad[page.address] = (scripts, handlers, elsewhere, csp[:40])
    assert not bad, lines(bad)


def test_every_page_has_one_title_a_heading_and_ids_that_are_its_own(pages):
    bad = {}
    for page in every(pages):
        if "<html" not in page.html:
            continue  # a fragment of another page
        ids = re.findall(r'\sid="([^"]+)"', page.html)
        twice = {found for found in ids if ids.count(found) > 1}
        if page.html.count("<h1") != 1 or page.html.partition("</head>")[0].count("<title>") != 1 or twice:
            bad[page.address] = (page.html.count("<h1"), twice)
    assert not bad, lines(bad)
