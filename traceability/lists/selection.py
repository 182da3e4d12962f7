"""The rows a person has chosen on a list: some by their boxes, or all that match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, QueryDict

from traceability.ledger import BadInput
from traceability.lists.asking import list_at
from traceability.views.keys import actor_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from traceability.lists.records import RecordList

MOST = 20_000


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, and where to go back to. `keys` is what a preview carries on, so that what was seen is what is done."""

    rows_of: RecordList
    keys: list[int]
    address: str

    @property
    def count(self) -> int:
        return len(self.keys)

    def rows(self) -> QuerySet[Any]:
        """In the order of the list. What has left the list's reach since is not in it."""
        return self.rows_of.get_base_queryset().filter(pk__in=self.keys)

    @property
    def carried(self) -> str:
        return ",".join(str(key) for key in self.keys)


def chosen(request: HttpRequest) -> Selection:
    """From the form of a list, or from the preview that carries its choice on."""
    sent = request.POST
    address = sent.get("list", "")
    path, _, query = address.partition("?")
    rows_of = list_at(path, QueryDict(query), person=actor_of(request), host=request.get_host())
    if sent.get("all"):
        keys = list(rows_of.get_queryset().values_list("pk", flat=True)[: MOST + 1])
    else:
        told = sent.get("rows", "").split(",") if sent.get("rows") else sent.getlist("row")
        if not all(key.isascii() and key.isdigit() and len(key) < 19 for key in told):
            raise BadInput(
                "This choice could not be read.", now="Choose the rows again.", fields={"rows": "not numbers"}
            )
        keys = list(dict.fromkeys(int(key) for key in told))
    if not keys:
        raise BadInput(
            "No row is chosen.",
            now="Tick the rows first, then choose what to do with them.",
            fields={"rows": "none"},
        )
    if len(keys) > MOST:
        raise BadInput(
            f"That is more than {MOST:,} rows.",
            "One action takes so many at most.",
            "Narrow the list with its filters.",
            fields={"rows": "too many"},
        )
    return Selection(rows_of, keys, address)
