from django.urls import URLPattern, URLResolver

app_name = "recalls"
urlpatterns: list[URLPattern | URLResolver] = []
