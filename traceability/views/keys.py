"""Who sends, and under which key: a form sent twice is one act."""

from __future__ import annotations

from typing import cast
from uuid import uuid4

from django.http import HttpRequest

from traceability.ledger import BadInput
from traceability.models import Person

CLIENT_LIMIT = 64


def new_key() -> str:
    """For the hidden field of a form. Drawn once with the form, so a double click or the back button repeats it."""
    return uuid4().hex


def key_of(request: HttpRequest) -> str:
    key = request.POST.get("key", "")
    if not 8 <= len(key) <= 64 or not key.isalnum():
        raise BadInput(
            "This form has lost its key.",
            "The key makes a repeated request safe.",
            "Load the page again.",
            fields={"key": "missing"},
        )
    return key


def client_of(request: HttpRequest) -> str:
    """Under which name the ledger keeps this person's keys; the API says the same of a session."""
    name = f"session:{request.user.get_username()}"
    # A very long name gives way to its number; two people never share a client.
    return name if len(name) <= CLIENT_LIMIT else f"session:#{request.user.pk}"


def actor_of(request: HttpRequest) -> Person:
    """The person behind a page that needs a right: nobody else gets so far."""
    return cast(Person, request.user)
