"""ETag and If-Match: whoever changes something says which state of it they saw (412 when it is another by now, 428 when they do not say)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from traceability.api.problems import BadRequest


def etag_of(shown: Any) -> str:
    """Strong, over what this reader is shown: the same state gives the same tag, whoever computes it."""
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"), cls=JSONEncoder)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def not_modified(request: Request, tag: str) -> bool:
    return tag in _tags(request.headers.get("If-None-Match", ""))


def check_if_match(request: Request, tag: str) -> None:
    """Raises BadRequest: 428 without If-Match, 412 when the noun is not as the caller saw it. `*` means: whatever it is."""
    said = request.headers.get("If-Match")
    if said is None:
        raise BadRequest(
            "Say which state you change: send If-Match with the ETag that you read.",
            code="if_match_missing",
            status=428,
            fields={"If-Match": "missing"},
        )
    if said.strip() != "*" and tag not in _tags(said):
        raise BadRequest(
            "It was changed since you read it. Nothing was recorded. Read it again, then decide.",
            code="changed_meanwhile",
            status=412,
            fields={"If-Match": said[:80], "ETag": tag},
        )


def _tags(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]
