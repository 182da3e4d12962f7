from django.urls import URLPattern, URLResolver, path

from production.views import boms, keeping, line, making, orders, planning

app_name = "production"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", orders.OrderList.as_view(), name="orders"),
    path("open", planning.open_order, name="open"),
    path("plan/", planning.plan, name="plan"),
    path("boms/", boms.BomList.as_view(), name="boms"),
    path("boms/new/", boms.new_bom, name="new_bom"),
    path("boms/<int:pk>/", boms.bom_page, name="bom"),
    path("boms/<int:pk>/change/", boms.change_bom, name="change_bom"),
    path("boms/<int:pk>/copy/", boms.copy_bom, name="copy_bom"),
    path("boms/<int:pk>/revise", boms.revise_bom, name="revise_bom"),
    path("boms/<int:pk>/approve", boms.approve_bom, name="approve_bom"),
    path("boms/<int:pk>/withdraw", boms.withdraw_bom, name="withdraw_bom"),
    path("boms/<int:pk>/drop", boms.drop_draft, name="drop_bom"),
    path("orders/<int:pk>/", orders.order_page, name="order"),
    path("orders/<int:pk>/lots/", orders.OrderLots.as_view(), name="lots"),
    path("orders/<int:pk>/stop", keeping.stop, name="stop"),
    path("orders/<int:pk>/resume", keeping.resume, name="resume"),
    path("orders/<int:pk>/replan", keeping.replan, name="replan"),
    path("orders/<int:pk>/cancel", keeping.cancel, name="cancel"),
    path("orders/<int:pk>/reopen", keeping.reopen, name="reopen"),
    path("orders/<int:pk>/undo/<int:seq>", keeping.undo, name="undo"),
    path("orders/<int:pk>/release", planning.release, name="release"),
    path("orders/<int:pk>/issue", line.issue, name="issue"),
    path("orders/<int:pk>/issued-before", line.issue_after_the_fact, name="issue_after_the_fact"),
    path("orders/<int:pk>/unused", line.unused, name="unused"),
    path("orders/<int:pk>/removed", line.removed, name="removed"),
    path("orders/<int:pk>/run", line.start_run, name="start_run"),
    path("orders/<int:pk>/output", making.output, name="output"),
    path("orders/<int:pk>/scrap", making.scrap, name="scrap"),
    path("orders/<int:pk>/close", making.close, name="close"),
]
