"""Every route the project has, found from its url patterns: nothing can be served that the matrix does not know."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Served by Django's own views, for the machines that watch the server.
FOR_MACHINES = {"healthz", "readyz", "version"}


def patterns() -> Iterator[tuple[str, URLPattern, str]]:
    """(namespace, pattern, path) of every pattern, the admin's and the API's included."""
    yield from _walk(get_resolver().url_patterns, "", "/")


def _walk(found: Any, namespace: str, prefix: str) -> Iterator[tuple[str, URLPattern, str]]:
    for pattern in found:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, pattern.namespace or namespace, path)
        else:
            yield namespace, pattern, path


def pages() -> dict[str, URLPattern]:
    """Pages by url name."""
    return {
        f"{namespace}:{pattern.name}" if namespace else str(pattern.name): pattern
        for namespace, pattern, path in patterns()
        if not path.startswith("/api/v1/") and pattern.name not in FOR_MACHINES
    }


def addresses() -> dict[str, set[str]]:
    """Addresses of the API, as `/lots/{pk}`, each with the methods behind it."""
    found: dict[str, set[str]] = {}
    for _, pattern, path in patterns():
        if path.startswith("/api/v1/") and str(pattern.pattern) != "^.*$":
            found.setdefault(_plain(path.removeprefix("/api/v1")), set()).update(_methods(pattern.callback))
    return found


def _plain(path: str) -> str:
    """`/lots/<number:pk>` and `^lots/(?P<pk>[0-9]{1,18})$` are both `/lots/{pk}`."""
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", path)
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
    return path.replace("^", "").replace("\\Z", "").replace("$", "")


def _methods(view: Any) -> set[str]:
    kind, by_method = view.cls, getattr(view, "actions", None)
    if by_method:
        return {method.upper() for method in by_method} - {"HEAD"}
    return {
        method.upper() for method in kind.http_method_names if method != "options" and hasattr(kind, method)
    } - {"HEAD"}


def line_for_page(name: str) -> str:
    """What the row of a page may look like, as far as its view says it."""
    pattern = pages()[name]
    view = inspect.unwrap(pattern.callback)
    kind = getattr(pattern.callback, "view_class", None)
    right = _action(getattr(pattern.callback, "right", None) or getattr(kind, "right", None))
    methods = (
        {method.upper() for method in ("get", "post") if hasattr(kind, method)}
        if kind
        else _named_methods(view)
    )
    return _line(name, dict.fromkeys(sorted(methods), right), list(pattern.pattern.converters))


def line_for_address(path: str, methods: Iterable[str]) -> str:
    views = {
        _plain(at.removeprefix("/api/v1")): pattern.callback.cls
        for _, pattern, at in patterns()
        if at.startswith("/api/v1/")
    }
    right = getattr(views[path], "required_right", None)
    opens = {
        method: _action(right.get(method) if isinstance(right, dict) else right) for method in sorted(methods)
    }
    return _line(path, opens, re.findall(r"{(\w+)}", path))


def _line(name: str, opens: dict[str, str], holes: list[str]) -> str:
    at = f", at: {{{', '.join(f'{hole}: …' for hole in holes)}}}" if holes else ""
    return f'"{name}": {{{", ".join(f"{method}: {right}" for method, right in opens.items())}{at}}}'


def _action(right: Any) -> str:
    """The rows that rights belong to: a right, or several of which one is enough."""
    from tests.rights import table

    rows = {one: action.name for action in table.actions().values() for one in action.rights}
    rights = (right,) if isinstance(right, str) else right or ("…",)
    named = list(dict.fromkeys(rows.get(one, one) for one in rights))
    return named[0] if len(named) == 1 else f"[{', '.join(named)}]"


def _named_methods(view: Any) -> set[str]:
    """A function view says nothing of its methods; what stands around it does."""
    source = inspect.getsource(view)
    above = (
        inspect.getsource(inspect.getmodule(view)).partition(source)[0][-120:]
        if inspect.getmodule(view)
        else ""
    )
    if "require_POST" in source + above.rpartition("\n\n\n")[2]:
        return {"POST"}
    return {"GET", "POST"} if "POST" in source else {"GET"}
