from django.urls import URLPattern, URLResolver, path

from shipping.views import dock, orders, papers, shipments

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
    path("shipments/<int:pk>/stage", dock.stage, name="stage"),
    path("shipments/<int:pk>/ship", dock.ship, name="ship"),
    path("shipments/<int:pk>/return/", papers.returned, name="returned"),
    path("returns/<int:pk>/", shipments.ReturnPaper.as_view(), name="return"),
    path("shipments/<int:pk>/packing-list/", shipments.packing_list, name="packing_list"),
]
