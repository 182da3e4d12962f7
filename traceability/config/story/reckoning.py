"""Who contains what, reckoned by hand from the timetable: no database, no ledger, so that it can contradict both.

python3 -m traceability.config.story.reckoning
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from traceability.config.story import data, timetable

Moment = tuple[int, int]  # (ordinal of the day, minute)
BEFORE_ALL: Moment = (0, 0)
AFTER_ALL: Moment = (10**9, 0)


class Link(NamedTuple):
    order: str
    lot: str
    role: str
    first: Moment
    last: Moment
    evidence: str


def links(story: dict[str, Any]) -> list[Link]:
    """Every lot that went into an order or came out of it, with the times of that. What was inferred may have been any time."""
    found = []
    for step in timetable.steps(story):
        if step.verb not in ("issue", "output"):
            continue
        moment = (step.day.toordinal(), step.minute)
        for line in step.what["lines"]:
            order, lot = step.what["work_order"], line["lot"]
            evidence = timetable.evidence_of(order, lot) if step.verb == "issue" else "scanned"
            first, last = (BEFORE_ALL, AFTER_ALL) if evidence == "inferred" else (moment, moment)
            found.append(Link(order, lot, step.verb, first, last, evidence))
    return found


def reached(
    story: dict[str, Any], starts: Iterable[str], *, narrow: bool = False, time_aware: bool = False
) -> set[str]:
    """The lots that contain any of the starts. Goes round until nothing is added and no lot is affected any earlier."""
    every = [link for link in links(story) if not (narrow and link.evidence == "inferred")]
    since: dict[str, Moment] = dict.fromkeys(starts, BEFORE_ALL)
    while True:
        before = dict(since)
        for drawn in every:
            if (
                drawn.role != "issue"
                or drawn.lot not in since
                or (time_aware and drawn.last < since[drawn.lot])
            ):
                continue
            begins = max(since[drawn.lot], drawn.first)
            for made in every:
                if (
                    made.role == "output"
                    and made.order == drawn.order
                    and not (time_aware and made.last < begins)
                ):
                    since[made.lot] = min(since.get(made.lot, AFTER_ALL), max(begins, made.first))
        if since == before:
            return set(since)


if __name__ == "__main__":
    story = data.shrimp()
    for name, starts in (("spice", story["expected"]["source_lots"]), ("cartons", ["PK-261011-01"])):
        wide = reached(story, starts)
        print(name, "wide:", len(wide), "lots")
        for reading in ({"narrow": True}, {"time_aware": True}):
            print(name, *reading, "leaves out", sorted(wide - reached(story, starts, **reading)))
