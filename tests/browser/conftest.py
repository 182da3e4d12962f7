"""A real browser on a live server: Chromium of the machine, through Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CHROMIUM = (
    os.environ.get("CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("chromium-browser")
    or shutil.which("google-chrome")
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: apt-get install chromium, or set CHROMIUM to its path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


class Watch:
    """What must not happen on any page: an error in the console, a request that leaves the server."""

    def __init__(self, page: Any, url: str):
        self.errors: list[str] = []
        self.strays: list[str] = []
        page.on(
            "console", lambda message: self.errors.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "response",
            lambda answer: (
                self.errors.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((url, "data:")) else self.strays.append(request.url)
            ),
        )


@pytest.fixture
def open_page(chromium: Any, served: Any, settings: Any) -> Iterator[Callable[..., Any]]:
    """`open_page(width=1280, theme="light", as_="quinn")`: a fresh page at our server, watched; logged in if a person is named."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from traceability.models import Person

    contexts, watches = [], []

    def fresh(*, width: int = 1280, theme: str = "light", as_: str = "") -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, base_url=served.url, locale="en-US"
        )
        contexts.append(context)
        if as_:
            person = Person.objects.get(username=as_)
            session = SessionStore()
            session[SESSION_KEY], session[BACKEND_SESSION_KEY] = (
                str(person.pk),
                "traceability.roles.RoleBackend",
            )
            session[HASH_SESSION_KEY] = person.get_session_auth_hash()
            session.save()
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": served.url}]
            )
        page = context.new_page()
        page.watch = Watch(page, served.url)
        watches.append(page.watch)
        return page

    yield fresh
    for context in contexts:
        context.close()
    for watch in watches:
        assert watch.strays == [], "a request left the server"
        assert watch.errors == [], "the console shows an error"
