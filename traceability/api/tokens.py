"""Giving and taking API tokens, and finding the one that a request shows."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from traceability import ledger
from traceability.models import ApiToken, Person
from traceability.roles import SCOPES

MARK = "lot_live_"
LONGEST = 365
# A busy token would write its row with every request; once a minute says as much.
USED_EVERY = timedelta(minutes=1)
_PREFIX_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def issue_token(*, person: Person, name: str, scopes: Sequence[str], days: int = 90) -> tuple[ApiToken, str]:
    """Make a token and return it with what its user must keep: it is not shown again. Raises BadInput."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise ledger.BadInput(
            f"There is no scope {', '.join(unknown)}." if unknown else "A token needs at least one scope.",
            now=f"Choose from {', '.join(sorted(SCOPES))}.", fields={"scopes": unknown or "empty"},
        )  # fmt: skip
    if not 1 <= days <= LONGEST:
        raise ledger.BadInput(f"A token lives from 1 to {LONGEST} days.", fields={"days": days})
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(10))
    secret = secrets.token_urlsafe(32)
    now = timezone.now()
    token = ApiToken.objects.create(
        person=person, name=name, prefix=prefix, hashed_secret=_hashed(secret), scopes=sorted(set(scopes)), created_at=now, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    return token, f"{MARK}{prefix}.{secret}"


def revoke_token(token: ApiToken) -> None:
    """From this moment the token opens nothing. Safe to repeat."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())


def find_token(shown: str) -> ApiToken | None:
    """The usable token in `lot_live_<prefix>.<secret>`, or None. Takes as long for a wrong secret as for a wrong prefix."""
    prefix, _, secret = shown.removeprefix(MARK).partition(".")
    if not shown.startswith(MARK) or not prefix.isascii() or not prefix.isalnum() or not secret:
        return None
    token = ApiToken.objects.usable().select_related("person").filter(prefix=prefix).first()
    known = bytes(token.hashed_secret) if token else bytes(32)
    return token if hmac.compare_digest(known, _hashed(secret)) and token else None


def note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
