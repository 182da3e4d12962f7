from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from shipping.api import orders, shipments, verbs

router = SimpleRouter(trailing_slash=False)
router.register("customer-orders", orders.OrderViewSet, basename="api-customer-orders")
router.register("shipments", shipments.ShipmentViewSet, basename="api-shipments")
router.register("customer-returns", shipments.ReturnViewSet, basename="api-customer-returns")

# What the API's root lists.
resources = ("customer-orders", "shipments", "customer-returns")

of_an_order = {"cancel": orders.Cancel, "close-short": orders.CloseShort}
of_a_shipment = {
    "pick": verbs.Pick,
    "pick-container": verbs.PickContainer,
    "unpick": verbs.Unpick,
    "stage": verbs.Stage,
    "load": verbs.Load,
    "unload": verbs.Unload,
    "ship": verbs.Ship,
    "cancel": verbs.Cancel,
    "return": verbs.Return,
}

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(f"customer-orders/<paper:number>/{name}", verb.as_view()) for name, verb in of_an_order.items()),
    *(path(f"shipments/<paper:number>/{name}", verb.as_view()) for name, verb in of_a_shipment.items()),
    *router.urls,
]
