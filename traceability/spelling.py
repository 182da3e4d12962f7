"""How near two spellings are: for what people read out, type from a bag, or half remember."""

from __future__ import annotations


def distance(one: str, other: str, limit: int = 2) -> int:
    """How many keystrokes apart (insert, delete, replace); anything beyond the limit is limit + 1."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    previous = list(range(len(other) + 1))
    for row, sign in enumerate(one, start=1):
        current = [row]
        for column, against in enumerate(other, start=1):
            current.append(
                min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (sign != against))
            )
        if min(current) > limit:
            return limit + 1
        previous = current
    return min(previous[-1], limit + 1)


def allowed(key: str) -> int:
    """How far apart may still be meant: nothing for a very short number."""
    return 2 if len(key) >= 6 else 1 if len(key) >= 3 else 0
