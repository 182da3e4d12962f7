"""Why a label is not printed."""

from __future__ import annotations

from traceability.ledger import BadInput


class CannotBeDrawn(BadInput):
    """A code or text that this label cannot show exactly: it fails rather than print something else."""

    code = "label_cannot_be_drawn"


class ReprintNeedsReason(BadInput):
    """It was printed before; two labels of one thing are how mix-ups begin."""

    code = "reprint_needs_reason"
