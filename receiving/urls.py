from django.urls import URLPattern, URLResolver, path

from receiving.views import delivery, orders, receipts

app_name = "receiving"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", orders.OrderList.as_view(), name="expected"),
    path("open", orders.open_order, name="open"),
    path("orders/<int:pk>/", orders.OrderPage.as_view(), name="order"),
    path("orders/<int:pk>/receive/", delivery.receive, name="receive"),
    path("orders/<int:pk>/receive/scan", delivery.scan, name="scan"),
    path("orders/<int:pk>/receive/add", delivery.add, name="add"),
    path("orders/<int:pk>/receive/take-off", delivery.take_off, name="take_off"),
    path("orders/<int:pk>/receive/post", delivery.post, name="post"),
    path("receipts/", receipts.ReceiptList.as_view(), name="receipts"),
    path("receipts/<int:pk>/", receipts.ReceiptPage.as_view(), name="receipt"),
    path("lines/<int:pk>/return/", receipts.return_line, name="return_line"),
    path("lines/<int:pk>/correct/", receipts.correct_line, name="correct_line"),
]
