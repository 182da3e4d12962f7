"""Files in: read in a child with limits, mapped to fields, tried without effect, posted as one, undone while nothing hangs on it.

    class Items(Importer):            # what a kind of file is: its fields, its check, its posting
        name, title, right = "items", "Items", "traceability.change_masters"

    register(Items())                 # apps register theirs in AppConfig.ready(); nobody is imported for it

What is wrong is told by cell, all of it at once. Nothing is posted while one cell is wrong.
"""

from traceability.importing.fields import Field, Importer, importer_of, importers_for, register
from traceability.importing.files import FileRefused
from traceability.importing.rows import Outcome, Row
from traceability.importing.sessions import (
    drop,
    post_import,
    start_check,
    start_posting,
    undo,
    upload,
)

__all__ = [
    "Field",
    "FileRefused",
    "Importer",
    "Outcome",
    "Row",
    "drop",
    "importer_of",
    "importers_for",
    "post_import",
    "register",
    "start_check",
    "start_posting",
    "undo",
    "upload",
]
