from django.urls import URLPattern, URLResolver

app_name = "qc"
urlpatterns: list[URLPattern | URLResolver] = []
