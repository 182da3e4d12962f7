"""Master data: kept by one road, whoever keeps it. Retired, not deleted; each change with who and why."""

from traceability.masters.keeping import Changed, FieldsRefused, StillInUse, keep, retire, seen_of
from traceability.masters.uses import uses_of

__all__ = ["Changed", "FieldsRefused", "StillInUse", "keep", "retire", "seen_of", "uses_of"]
