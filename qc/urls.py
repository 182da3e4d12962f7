from django.urls import URLPattern, URLResolver, path

from qc.views import bench, lists, lots, queue

app_name = "qc"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", queue.Queue.as_view(), name="queue"),
    path("scan", queue.scan, name="scan"),
    path("needs/<int:pk>/", queue.requirement, name="requirement"),
    path("inspections/", lists.InspectionList.as_view(), name="inspections"),
    path("inspections/<int:pk>/", bench.inspection, name="inspection"),
    path("inspections/<int:pk>/results", bench.record, name="record"),
    path("inspections/<int:pk>/decision", bench.decide, name="decide"),
    path("plans/", lists.PlanList.as_view(), name="plans"),
    path("plans/<int:pk>/", lists.PlanPage.as_view(), name="plan"),
    path("lots/<int:pk>/", lots.lot_panel, name="lot_panel"),
    path("lots/<int:pk>/retest", lots.retest, name="retest"),
]
