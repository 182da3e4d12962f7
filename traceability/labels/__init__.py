"""Labels: what they say, the symbols on them, as PDF and as ZPL, on printers of the plant or in the browser.

    label = label_of(lot)                  # what it says; the code and its text
    render_pdf([label], size="4x6")        # fixed templates; a code that cannot be drawn exactly fails the label
    render_zpl([label], size="4x6")
    print_labels(…)                        # written down, sent to a printer or opened, again only with a reason

The status of stock is never printed: a label outlives it.
"""

from traceability.labels.content import Label, label_of
from traceability.labels.errors import CannotBeDrawn, ReprintNeedsReason
from traceability.labels.pdf import render_pdf
from traceability.labels.printing import MOST_COPIES, labels_of_print, print_after, print_labels
from traceability.labels.sending import send, sweep
from traceability.labels.sizes import SIZES, Size
from traceability.labels.svg import render_svg
from traceability.labels.zpl import render_zpl

__all__ = [
    "MOST_COPIES",
    "SIZES",
    "CannotBeDrawn",
    "Label",
    "ReprintNeedsReason",
    "Size",
    "label_of",
    "labels_of_print",
    "print_after",
    "print_labels",
    "render_pdf",
    "render_svg",
    "render_zpl",
    "send",
    "sweep",
]
