from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from qc.api import inspections

router = SimpleRouter(trailing_slash=False)
router.register("inspections", inspections.InspectionViewSet, basename="api-inspections")

# What the API's root lists.
resources = ("inspections",)

urlpatterns: list[URLPattern | URLResolver] = router.urls
