"""The addresses of labels and printers; part of `traceability`'s own."""

from django.urls import URLPattern, path

from traceability.views.labels import printers, printing

label_patterns: list[URLPattern] = [
    path("labels/<str:kind>/<int:pk>/", printing.label_page, name="label"),
    path("lots/<int:pk>/label/", printing.label_page, {"kind": "lot"}, name="lot_label"),
    path("labels/of/<path:number>", printing.document_labels, name="document_labels"),
    path("labels/many", printing.many_labels, name="many_labels"),
    path("labels/print", printing.print_now, name="print_labels"),
    path("labels/", printers.PrintList.as_view(), name="label_prints"),
    path("labels/files/<int:pk>.pdf", printing.label_file, name="label_file"),
    path("labels/prints/<int:pk>/again", printers.send_again, name="send_labels_again"),
    path("printers/", printers.PrinterList.as_view(), name="printers"),
    path("printers/new/", printers.edit_printer, name="new_printer"),
    path("printers/<int:pk>/", printers.edit_printer, name="printer"),
]
