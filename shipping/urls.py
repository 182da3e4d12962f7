from django.urls import URLPattern, URLResolver, path

from shipping import views

app_name = "shipping"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.ShipmentList.as_view(), name="shipments"),
    path("start/", views.start, name="start"),
    path("left-before/", views.left_before, name="left_before"),
    path("shipments/<int:pk>/", views.shipment_page, name="shipment"),
    path("shipments/<int:pk>/pick", views.pick, name="pick"),
    path("shipments/<int:pk>/unpick/<int:line>", views.unpick, name="unpick"),
    path("shipments/<int:pk>/ship", views.ship, name="ship"),
    path("shipments/<int:pk>/returned", views.returned, name="returned"),
    path("shipments/<int:pk>/packing-list/", views.packing_list, name="packing_list"),
]
