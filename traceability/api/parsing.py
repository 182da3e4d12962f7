"""JSON as it is meant: every key once, no floats, no NaN, no surprises of size, depth or spelling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser

from traceability.api.problems import BadRequest

LARGEST = 5 * 1024 * 1024
LONGEST_NUMBER = 18


class StrictJSONParser(BaseParser):
    """Python's own reader keeps the last of two equal keys, takes NaN and rounds 0.1; here each of these is a 400."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        headers = (parser_context or {})["request"].headers
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            raise BadRequest(
                "Send the body as it is, not compressed.", code="unsupported_encoding", status=415
            )
        if parse_header_parameters(media_type or "")[1].get("charset", "utf-8").lower() not in (
            "utf-8",
            "utf8",
        ):
            raise BadRequest("JSON is UTF-8.", code="unsupported_charset", status=415)
        raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise BadRequest(f"The body is larger than {LARGEST} bytes.", code="too_large", status=413)
        # Kept where the request keeps a body it has read, so that it can be run again.
        (parser_context or {})["request"]._request._body = raw
        return read(raw)


def read(raw: bytes) -> Any:
    """Raises BadRequest with code malformed_json, duplicate_key or float_refused."""
    if raw.startswith(b"\xef\xbb\xbf"):
        raise BadRequest("The body begins with a byte order mark. Send plain UTF-8.", code="malformed_json")
    try:
        found = json.loads(
            raw.decode(),
            object_pairs_hook=_each_key_once,
            parse_float=_no_float,
            parse_int=_short_int,
            parse_constant=_no_constant,
        )
        # A lone surrogate can be written as \ud800 but is no character.
        json.dumps(found, ensure_ascii=False).encode()
    except BadRequest:
        raise
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON that can be read.", code="malformed_json") from error
    return found


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest("The body has a key twice.", code="duplicate_key", fields={twice[:80]: "twice"})
    return found


def _no_float(text: str) -> NoReturn:
    raise BadRequest(
        'Numbers with a point are sent as text, such as "12.5": a float would be rounded.',
        code="float_refused",
        fields={"value": text[:40]},
    )


def _short_int(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise BadRequest(
            "The body has a number that is too long.", code="malformed_json", fields={"value": text[:40]}
        )
    return int(text)


def _no_constant(text: str) -> NoReturn:
    raise BadRequest(
        f"{text} is not a number that can be recorded.", code="malformed_json", fields={"value": text}
    )
