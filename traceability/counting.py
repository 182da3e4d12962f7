"""Many counts in one query: what the menu, home and saved views show costs one round trip, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

MOST = 10_000


def count_each(querysets: Sequence[QuerySet[Any]], *, most: int = MOST) -> list[int]:
    """How many rows each has. Counting stops one above `most`, so that a large list costs no more than that.

    A queryset that is cut already is counted as it is.
    """
    parts: list[str] = []
    params: list[Any] = []
    places: list[bool] = []
    for rows in querysets:
        try:
            # Grouped rows are counted as they are; of records the key is enough.
            if not rows.query.is_sliced:
                rows = (rows.order_by() if rows.query.values_select else rows.order_by().values("pk"))[
                    : most + 1
                ]
            sql, given = rows.query.sql_with_params()
        except EmptyResultSet:
            places.append(False)
            continue
        places.append(True)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS part)")  # noqa: S608 (Django's own statement)
        params += given
    if not parts:
        return [0] * len(places)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        found = iter(cursor.fetchone())
    return [next(found) if is_counted else 0 for is_counted in places]
