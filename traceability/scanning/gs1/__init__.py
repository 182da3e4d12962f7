"""GS1 labels: element strings, Digital Links and what people type between brackets, split by biip and judged by GS1's own dictionary.

biip alone takes what GS1 forbids (a wrong check digit in a returnable asset, a date of 30 February in some fields, an
identifier twice with two values); so nothing passes that the dictionary does not allow as well.
"""

from traceability.scanning.gs1.checks import check_digit, has_check_digit
from traceability.scanning.gs1.elements import GS, Misread, bracketed, element_string, run_together
from traceability.scanning.gs1.links import link

__all__ = [
    "GS",
    "Misread",
    "bracketed",
    "check_digit",
    "element_string",
    "has_check_digit",
    "link",
    "run_together",
]
