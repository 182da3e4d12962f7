from django.urls import URLPattern, URLResolver, path

from production.views import line, making, orders, planning

app_name = "production"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", orders.OrderList.as_view(), name="orders"),
    path("open", planning.open_order, name="open"),
    path("plan/", planning.plan, name="plan"),
    path("orders/<int:pk>/", orders.order_page, name="order"),
    path("orders/<int:pk>/lots/", orders.OrderLots.as_view(), name="lots"),
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
