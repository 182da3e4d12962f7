"""Lists, one way: a right, strict filters in the address, sorting by known columns, pages with the total, files of the same query.

    class Lots(RecordList):
        right = "traceability.view_ledger"
        title = "Lots and serials"
        queryset = Lot.objects.select_related("item")
        filterset_class = LotFilter
        columns = [Column("Lot", lambda lot: lot.number, "lot", sort="number"), …]
        default_sort = "number"

That is all a list needs. Saved views, the choice of columns, page length, print form, CSV and XLSX come with it; choosing
rows comes with `bulk.add`, "previous" and "next" on a record's page with `record_page`.
"""

from traceability.lists.bulk import Bulk
from traceability.lists.columns import HIDDEN, Cell, Column
from traceability.lists.exporting import csv_of
from traceability.lists.filters import DateInput, ListFilter
from traceability.lists.records import PAGE, RecordList, UnknownParameter

__all__ = [
    "HIDDEN",
    "PAGE",
    "Bulk",
    "Cell",
    "Column",
    "DateInput",
    "ListFilter",
    "RecordList",
    "UnknownParameter",
    "csv_of",
]
