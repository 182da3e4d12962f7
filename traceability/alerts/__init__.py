"""Alerts: what a person should know without looking for it. They are asked of the facts each time, so none can be lost or stale.

    alerts.add(Source("held", "Lots put on hold", right="traceability.view_ledger", rows=…, tell=…))

What a person has seen is kept as a moment for each kind, and single ones after it.
"""

from traceability.alerts.reading import Group, groups, mark_seen, unseen, unseen_count
from traceability.alerts.sources import Alert, Source, Watch, add

__all__ = ["Alert", "Group", "Source", "Watch", "add", "groups", "mark_seen", "unseen", "unseen_count"]
