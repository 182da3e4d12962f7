"""The addresses of stock, containers and counts; part of `traceability`'s own."""

from django.urls import URLPattern, path

from traceability.views.counts import floor as count_floor
from traceability.views.counts import lists as count_lists
from traceability.views.counts import opening, posting
from traceability.views.stock import boxes, making, moving, pages, places, tracking

stock_patterns: list[URLPattern] = [
    path("stock/", pages.StockByItem.as_view(), name="stock"),
    path("stock/items/<int:pk>/", pages.StockOfItem.as_view(), name="stock_item"),
    path("stock/places/", places.StockByPlace.as_view(), name="stock_places"),
    path("stock/quantities/", pages.Quantities.as_view(), name="stock_quantities"),
    path("stock/expiry/", pages.Expiry.as_view(), name="stock_expiry"),
    path("stock/away/", pages.Away.as_view(), name="stock_away"),
    path("stock/in-process/", pages.InProcess.as_view(), name="stock_in_process"),
    path("stock/move/", moving.move_page, name="stock_move"),
    path("stock/move/scan", moving.scan, name="stock_move_scan"),
    path("stock/move/take/<int:pk>/", moving.take, name="stock_move_take"),
    path("stock/move/put-down", moving.put_down, name="stock_move_put_down"),
    path("stock/move/undo", moving.undo, name="stock_move_undo"),
    path("lots/<int:pk>/split/", making.split, name="split_lot"),
    path("items/<int:pk>/pool/", making.pool, name="pool_lots"),
    path("items/<int:pk>/repack/", making.repack, name="repack"),
    path("items/<int:pk>/raise-tracking/", tracking.raise_tracking, name="raise_tracking"),
    path("containers/", boxes.ContainerList.as_view(), name="containers"),
    path("containers/new/", boxes.build, name="build_container"),
    path("containers/<int:pk>/", boxes.ContainerPage.as_view(), name="container"),
    path("containers/<int:pk>/break-up/", boxes.break_up, name="break_up_container"),
    path("containers/<int:pk>/hold/", boxes.hold, name="hold_container"),
    path("counts/", count_lists.CountList.as_view(), name="counts"),
    path("counts/new/", opening.open_count, name="open_count"),
    path("counts/accuracy/", count_lists.Accuracy.as_view(), name="count_accuracy"),
    path("counts/<int:pk>/", count_lists.CountPage.as_view(), name="count"),
    path("counts/<int:pk>/sheet/", posting.sheet, name="count_sheet"),
    path("counts/<int:pk>/floor/", count_floor.floor, name="count_floor"),
    path("counts/<int:pk>/scan", count_floor.scan, name="count_scan"),
    path("counts/<int:pk>/enter", count_floor.enter, name="count_enter"),
    path("counts/<int:pk>/found", count_floor.found, name="count_found"),
    path("counts/<int:pk>/unknown", count_floor.unknown, name="count_unknown"),
    path("counts/<int:pk>/nothing-else", count_floor.nothing_else, name="count_nothing_else"),
    path("counts/<int:pk>/post/", posting.post_count, name="post_count"),
    path("counts/<int:pk>/settle", posting.settle_line, name="settle_count_line"),
    path("counts/<int:pk>/cancel", posting.cancel_count, name="cancel_count"),
]
