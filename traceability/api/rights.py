"""Every view names the right it needs; one that names none is closed to everybody."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

SIGNED_IN = "signed in"

Right = str | tuple[str, ...]


class HasRequiredRight(BasePermission):
    """`required_right` of the view: a right, several of which one is enough, a dictionary by method, or SIGNED_IN."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if not handles(view, request):
            return True  # Nothing is behind it but 405.
        right = right_of(view, request.method or "")
        if right is None:
            return False
        if right == SIGNED_IN:
            return True
        return any(request.user.has_perm(one) for one in ((right,) if isinstance(right, str) else right))


def right_of(view: Any, method: str) -> Right | None:
    named = getattr(view, "required_right", None)
    if isinstance(named, dict):
        return named.get("GET" if method == "HEAD" else method)
    return named


def handles(view: Any, request: Request) -> bool:
    method = (request.method or "").lower()
    return method in view.http_method_names and method != "options" and hasattr(view, method)


def sees_customers(request: Request) -> bool:
    """Asked once a request."""
    known: bool | None = getattr(request, "_sees_customers", None)
    if known is None:
        known = request.user.has_perm("traceability.view_customers")
        request._sees_customers = known  # type: ignore[attr-defined]
    return known
