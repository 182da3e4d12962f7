"""The columns of the FDA's electronic sortable spreadsheet, tab by tab, in its words and its order (21 CFR 1.1455(c)(3)).

What a processor does is on three of its tabs: receiving, transformation and shipping.
"""

from __future__ import annotations

PLACE = ("Business Name", "Phone Number", "Street Address or Geographic Coordinates", "City", "State or Region", "ZIP or Postal Code", "Country")  # fmt: skip
PRODUCT = ("Product Name", "Brand Name (if applicable)", "Commodity (if applicable)", "Variety (if applicable)", "Packaging Size", "Packaging Style")  # fmt: skip
REFERENCES = ("Reference Document Type", "Reference Document Number", "Reference Document Type2", "Reference Document Number2")  # fmt: skip
SOURCE = "Location Description for the Traceability Lot Code Source"
SOURCE_REFERENCE = "Traceability Lot Code Source Reference (may be provided instead of the location description for the TLC Source)"


def place(what: str) -> tuple[str, ...]:
    return tuple(f"{what} - {part}" for part in PLACE)


def product(what: str) -> tuple[str, ...]:
    return tuple(f"{what} - {part}" for part in PRODUCT)


RECEIVING = (
    "Traceability Lot Code", "Quantity", "Unit of Measure", *product("Product Description"),
    *place("Location Description for the Immediate Previous Source (other than a transporter)"),
    *place("Location Description for where the Food was Received"), "Date you Received the Food",
    *place(SOURCE), SOURCE_REFERENCE, *REFERENCES,
)  # fmt: skip
SHIPPING = (
    "Traceability Lot Code", "Quantity", "Unit of Measure", *product("Product Description"),
    *place("Location Description for the Immediate Subsequent Recipient (other than a transporter)"),
    *place("Location Description for the Location from which you Shipped the Food"), "Shipping Date",
    *place(SOURCE), SOURCE_REFERENCE, *REFERENCES,
)  # fmt: skip
TRANSFORMATION = (
    "Traceability Lot Code for the FTL Food used in Transformation (if applicable)",
    *product("Product Description for the Incoming FTL Food used in Transformation (if applicable)"),
    "Quantity of the food from this traceability lot that was used in the transformation (if applicable)",
    "Unit of measure for the food from this traceability lot that was used in the transformation (if applicable)",
    "New Traceability Lot Code you assigned to the Food Produced Through Transformation",
    *place("Location Description for where you Transformed the Food (i.e., the Traceability Lot Code Source)"),
    "Traceability Lot Code Source Reference (if applicable)", "Transformation Completion Date",
    *product("Product Description for the Food Produced through Transformation"),
    "Quantity of the Food Produced through Transformation",
    "Unit of Measure for the Food Produced through Transformation", *REFERENCES,
)  # fmt: skip
