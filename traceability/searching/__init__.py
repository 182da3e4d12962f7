"""The one search box. Each app tells here how its papers are found; nobody is imported for it.

    searching.add(Papers("Receipts", "receiving:receipt", "package-import", "receiving.view", rows=Receipt.objects.all, text=str))

One exact hit opens; several are candidates with what tells them apart; else what is near is offered. Nothing is picked silently.
"""

from traceability.searching.asked import Asked, Hit
from traceability.searching.finding import Found, Papers, add, find

__all__ = ["Asked", "Found", "Hit", "Papers", "add", "find"]
