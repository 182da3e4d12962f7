from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from shipping.api import views

router = SimpleRouter(trailing_slash=False)
router.register("shipments", views.ShipmentViewSet, basename="api-shipments")

# What the API's root lists.
resources = ("shipments",)

urlpatterns: list[URLPattern | URLResolver] = [
    path("shipments/<str:number>/pick", views.Pick.as_view()),
    path("shipments/<str:number>/ship", views.Ship.as_view()),
    *router.urls,
]
