from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from production.api import views

router = SimpleRouter(trailing_slash=False)
router.register("work-orders", views.WorkOrderViewSet, basename="api-work-orders")

# What the API's root lists.
resources = ("work-orders",)

urlpatterns: list[URLPattern | URLResolver] = [
    path("work-orders/<str:number>/issue", views.Issue.as_view()),
    path("work-orders/<str:number>/output", views.Output.as_view()),
    *router.urls,
]
