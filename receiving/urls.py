from django.urls import URLPattern, URLResolver, path

from receiving.views import dock, orders, receipts

app_name = "receiving"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", orders.OrderList.as_view(), name="expected"),
    path("open", orders.open_order, name="open"),
    path("unannounced", dock.begin_without_order, name="unannounced"),
    path("orders/<int:pk>/", orders.OrderPage.as_view(), name="order"),
    path("orders/<int:pk>/receive/", dock.begin, name="receive"),
    path("orders/<int:pk>/receive/scan", dock.begin_with, {"verb": "scan"}, name="begin_scan"),
    path("orders/<int:pk>/receive/lot", dock.begin_with, {"verb": "lot"}, name="begin_lot"),
    path("deliveries/<int:pk>/", dock.delivery, name="delivery"),
    path("deliveries/<int:pk>/scan", dock.scan, name="scan"),
    path("deliveries/<int:pk>/lot", dock.lot, name="lot"),
    path("deliveries/<int:pk>/answer", dock.answer, name="answer"),
    path("deliveries/<int:pk>/undo", dock.undo, name="undo"),
    path("deliveries/<int:pk>/take-off", dock.take_off, name="take_off"),
    path("deliveries/<int:pk>/truck", dock.truck, name="truck"),
    path("deliveries/<int:pk>/refuse", dock.refuse, name="refuse"),
    path("deliveries/<int:pk>/exception", dock.exception, name="exception"),
    path("deliveries/<int:pk>/post", dock.post, name="post"),
    path("deliveries/<int:pk>/give-up", dock.give_up, name="give_up"),
    path("receipts/", receipts.ReceiptList.as_view(), name="receipts"),
    path("receipts/<int:pk>/", receipts.ReceiptPage.as_view(), name="receipt"),
    path("lines/<int:pk>/return/", receipts.return_line, name="return_line"),
    path("lines/<int:pk>/correct/", receipts.correct_line, name="correct_line"),
]
