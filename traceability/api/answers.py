"""The answer to a key, kept in the transaction of the act: a request that may have been lost is sent again, and hears the same.

Order of one act: take `(client, key)`; another sender of the same key waits here for a moment and then hears 409; act; keep
the answer; commit. A refusal keeps nothing, so that the same key may try again when the reason is gone. After `KEPT` the
words are forgotten, never the deed: the services' own keys are for ever, and build the answer anew.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.db import OperationalError, connection
from django.http import HttpResponse
from django.utils import timezone

from traceability import ledger
from traceability.api.problems import BadRequest
from traceability.models import ApiAnswer, ApiUse
from traceability.unavailable import WAITED_LONG

KEPT = timedelta(days=30)
# How long a second sender of the same key waits for the first to finish.
PATIENCE = "2s"
REPEATED = "Idempotent-Replayed"
_TAKE = """
INSERT INTO traceability_apianswer (client, key, fingerprint, headers, body, at)
VALUES (%s, %s, %s, '{}', '', now()) ON CONFLICT (client, key) DO NOTHING RETURNING id
"""


def take(*, client: str, key: str, sent: Any) -> int | HttpResponse:
    """The number under which the answer will be kept, or the answer that the key had before.

    Raises KeyReused (422) when the key stands for something else, BadRequest 409 while its first request is under way.
    """
    mark = hashlib.sha256(_text(_canonical(sent)).encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)", [PATIENCE]
        )
        before = cursor.fetchone()[0]
        try:
            cursor.execute(_TAKE, [client, key, mark])
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in WAITED_LONG:
                raise
            raise BadRequest(
                "A request with this key is under way. Ask again in a moment: you get its answer.",
                code="key_in_flight",
                status=409,
                fields={"Idempotency-Key": "in flight"},
            ) from error
        row = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
    if row:
        return int(row[0])
    known = ApiAnswer.objects.get(client=client, key=key)
    if bytes(known.fingerprint) != mark:
        raise ledger.KeyReused(client=client, key=key)
    again = HttpResponse(known.body.encode(), status=known.status, content_type="application/json")
    for name, value in known.headers.items():
        again.headers[name] = value
    again.headers[REPEATED] = "true"
    return again


def keep(number: int, *, status: int, headers: dict[str, str], body: bytes) -> None:
    ApiAnswer.objects.filter(pk=number).update(status=status, headers=headers, body=body.decode())


def _canonical(sent: Any) -> Any:
    """What was sent, without what means nothing: the order of members, and of the lines of a list."""
    if isinstance(sent, dict):
        return {name: _canonical(value) for name, value in sent.items()}
    return sorted((_canonical(row) for row in sent), key=_text) if isinstance(sent, list) else sent


def _text(sent: Any) -> str:
    return json.dumps(sent, sort_keys=True, separators=(",", ":"))


def forget() -> None:
    """Each night: words older than KEPT, and callers who have not asked for a day."""
    now = timezone.now()
    ApiAnswer.objects.filter(at__lt=now - KEPT).delete()
    ApiUse.objects.filter(since__lt=now - timedelta(days=1)).delete()
