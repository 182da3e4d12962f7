"""Who asks: a person with a session, or a program with a token. The ledger calls the second `token:<prefix>`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from traceability.api.tokens import find_token, note_use
from traceability.models import ApiToken, Person

_CLIENT_LIMIT = 64


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer lot_live_<prefix>.<secret>`. Comes first, so that a stranger is answered 401."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = find_token(shown.strip())
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.", code="token_invalid")
        note_use(token)
        person = token.person
        person.token_scopes = token.scopes  # type: ignore[attr-defined]  # Read by traceability.roles.RoleBackend.
        return person, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Lotline"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "`lot_live_<prefix>.<secret>`, shown once when the token is made.",
        }


def actor_of(request: Request) -> Person:
    """Whom the ledger names as the one who did it."""
    assert isinstance(request.user, Person)
    return request.user


def client_of(request: Request) -> str:
    """Under which name the ledger keeps this caller's keys."""
    if isinstance(request.auth, ApiToken):
        return f"token:{request.auth.prefix}"
    name = f"session:{request.user.get_username()}"
    # A very long name gives way to its number; two people never share a client.
    return name if len(name) <= _CLIENT_LIMIT else f"session:#{request.user.pk}"
