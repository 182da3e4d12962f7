from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from production.api import boms, orders, verbs

router = SimpleRouter(trailing_slash=False)
router.register("work-orders", orders.WorkOrderViewSet, basename="api-work-orders")
router.register("boms", boms.BomViewSet, basename="api-boms")

# What the API's root lists.
resources = ("work-orders", "boms")

of_an_order = {
    "release": verbs.Release,
    "cancel": verbs.Cancel,
    "reserve": verbs.Reserve,
    "unreserve": verbs.Unreserve,
    "issue": verbs.Issue,
    "unused": verbs.Unused,
    "remove": verbs.Remove,
    "replace": verbs.Replace,
    "output": verbs.Output,
    "assemble": verbs.Assemble,
    "scrap": verbs.Scrap,
    "runs": verbs.StartRun,
    "stop": verbs.Stop,
    "resume": verbs.Resume,
    "close": verbs.Close,
    "undo": verbs.Undo,
}

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(f"work-orders/<paper:number>/{name}", verb.as_view()) for name, verb in of_an_order.items()),
    path("boms/<number:pk>/revise", boms.ReviseBom.as_view()),
    path("boms/<number:pk>/approve", boms.ApproveBom.as_view()),
    path("boms/<number:pk>/withdraw", boms.WithdrawBom.as_view()),
    path("work-orders/<paper:number>/lots", orders.OrderLots.as_view({"get": "list"})),
    path("work-orders/<paper:number>/suggested", orders.OrderNeeds.as_view({"get": "list"})),
    *router.urls,
]
