"""Where lots went, or what is in them, drawn by the server: at most 40 nodes whatever the number of lots, and each hidden thing counted.

A node stands for the lots of one item, in one condition, at one level; a link for what was drawn of them, in the item's own
unit. What the drawing shows stands below it as a table as well.
"""

from traceability.flow.content import Delivery, Flow, Link, Node, Piece
from traceability.flow.gathering import flow_from, flow_used
from traceability.flow.grouping import flow_of
from traceability.flow.layout import Drawing, draw

__all__ = [
    "Delivery",
    "Drawing",
    "Flow",
    "Link",
    "Node",
    "Piece",
    "draw",
    "flow_from",
    "flow_of",
    "flow_used",
]
