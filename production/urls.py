from django.urls import URLPattern, URLResolver, path

from production import views

app_name = "production"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.OrderList.as_view(), name="orders"),
    path("plan/", views.plan, name="plan"),
    path("orders/<int:pk>/", views.order_page, name="order"),
    path("orders/<int:pk>/release", views.release, name="release"),
    path("orders/<int:pk>/issue", views.issue, name="issue"),
    path("orders/<int:pk>/issued-before", views.issue_after_the_fact, name="issue_after_the_fact"),
    path("orders/<int:pk>/output", views.output, name="output"),
    path("orders/<int:pk>/unused", views.unused, name="unused"),
    path("orders/<int:pk>/close", views.close, name="close"),
]
