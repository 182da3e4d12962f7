from django.urls import URLPattern, URLResolver, path

from shipping.views import dock, keeping, orders, papers, shipments

app_name = "shipping"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", shipments.ShipmentList.as_view(), name="shipments"),
    path("start/", papers.start, name="start"),
    path("left-before/", papers.left_before, name="left_before"),
    path("orders/", orders.OrderList.as_view(), name="orders"),
    path("orders/new/", orders.new_order, name="new_order"),
    path("orders/<int:pk>/", orders.OrderPage.as_view(), name="order"),
    path("shipments/<int:pk>/", dock.shipment_page, name="shipment"),
    path("shipments/<int:pk>/pick", dock.pick, name="pick"),
    path("shipments/<int:pk>/unpick/<int:line>", dock.unpick, name="unpick"),
    path("orders/<int:pk>/end", keeping.end_order, name="end_order"),
    path("shipments/<int:pk>/pick-box", keeping.pick_box, name="pick_box"),
    path("shipments/<int:pk>/load/<int:line>", keeping.load, name="load"),
    path("shipments/<int:pk>/cancel", keeping.cancel_shipment, name="cancel_shipment"),
    path("shipments/<int:pk>/stage", dock.stage, name="stage"),
    path("shipments/<int:pk>/ship", dock.ship, name="ship"),
    path("shipments/<int:pk>/return/", papers.returned, name="returned"),
    path("returns/<int:pk>/", shipments.ReturnPaper.as_view(), name="return"),
    path("shipments/<int:pk>/packing-list/", shipments.packing_list, name="packing_list"),
]
