"""A repeated request is safe: papers that post nothing themselves remember the key they were sent with.

What posts an entry takes `ledger.claim` instead; this is for orders, inspections and the like, made before anything moves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction

from traceability.ledger import BadInput, KeyReused
from traceability.models.keyed import Keyed

__all__ = ["Keyed", "once"]


Noun = TypeVar("Noun", bound=Keyed)


def once(
    model: type[Noun],
    *,
    client: str,
    key: str,
    sent: Mapping[str, Any],
    make: Callable[[dict[str, Any]], Noun],
) -> Noun:
    """Make the noun, or return the one this key made before. `make` gets the key fields to create it with.

    Raises KeyReused when the key stands for other content.
    """
    if not client or not key:
        raise BadInput(
            "A request needs a client and a key.",
            "They make a repeated request safe.",
            fields={"key": "missing"},
        )
    mark = hashlib.sha256(json.dumps(sent, sort_keys=True, default=_as_text).encode()).digest()
    earlier = _earlier(model, client, key, mark)
    if earlier is not None:
        return earlier
    try:
        with transaction.atomic():
            return make({"client": client, "key": key, "fingerprint": mark})
    except IntegrityError:
        # Another sender of the same key was quicker, and its noun is the answer; or somebody took the number meanwhile, and
        # the second try sees it and says so in words.
        return _earlier(model, client, key, mark) or make({"client": client, "key": key, "fingerprint": mark})


def _earlier(model: type[Noun], client: str, key: str, mark: bytes) -> Noun | None:
    found = model._default_manager.filter(client=client, key=key).first()
    if found is not None and bytes(found.fingerprint) != mark:
        raise KeyReused(client=client, key=key)
    return found


def _as_text(value: Any) -> Any:
    if isinstance(value, models.Model):
        return [value._meta.label_lower, value.pk]
    return str(value)
