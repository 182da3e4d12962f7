from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from recalls.api.views import RecallScope, RecallViewSet

router = SimpleRouter(trailing_slash=False)
router.register("recalls", RecallViewSet, basename="api-recalls")

# What the API's root lists.
resources = ("recalls",)

urlpatterns: list[URLPattern | URLResolver] = [
    path("recalls/<number:pk>/scope", RecallScope.as_view()),
    *router.urls,
]
