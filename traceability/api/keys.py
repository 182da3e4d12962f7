"""The Idempotency-Key: a request that may have been lost can be sent again, and gets the answer of the first."""

from __future__ import annotations

import re

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from traceability.api.problems import BadRequest

_KEY = re.compile(r"[\x21-\x7e]{1,200}\Z")

KEY_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"}
HEADER = OpenApiParameter(
    "Idempotency-Key", KEY_SCHEMA, OpenApiParameter.HEADER, required=True,
    description="Your own name for this act, such as a UUID. The same key with the same body gives the first answer again; with another body, 422.",
)  # fmt: skip
OPTIONAL_HEADER = OpenApiParameter(
    "Idempotency-Key", KEY_SCHEMA, OpenApiParameter.HEADER,
    description="As for a verb, where you want the first answer again.",
)  # fmt: skip
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True,
    description="The ETag of what you read; * for whatever it is now.",
)  # fmt: skip
DRY_RUN = OpenApiParameter(
    "dry_run", bool, description="True: everything is checked and nothing is recorded."
)


def key_of(request: Request) -> str:
    """Raises BadRequest when the key is missing or is not 1 to 200 visible ASCII characters."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise BadRequest(
            "This request needs an Idempotency-Key header.",
            code="key_missing",
            fields={"Idempotency-Key": "missing"},
        )
    if not _KEY.match(key):
        raise BadRequest(
            "An Idempotency-Key is 1 to 200 visible ASCII characters.",
            code="key_malformed",
            fields={"Idempotency-Key": "malformed"},
        )
    return key


def optional_key_of(request: Request) -> str:
    """The key where none is required: If-Match guards the change already. Empty when there is none."""
    return key_of(request) if "Idempotency-Key" in request.headers else ""
