from django.urls import URLPattern, URLResolver, path

from qc.views import bench, importing, laboratory, lists, lots, planning, queue, retests

app_name = "qc"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", queue.Queue.as_view(), name="queue"),
    path("scan", queue.scan, name="scan"),
    path("needs/<int:pk>/", queue.requirement, name="requirement"),
    path("inspections/", lists.InspectionList.as_view(), name="inspections"),
    path("inspections/<int:pk>/", bench.inspection, name="inspection"),
    path("inspections/<int:pk>/results", bench.record, name="record"),
    path("inspections/<int:pk>/decision", bench.decide, name="decide"),
    path("inspections/<int:pk>/laboratory", bench.laboratory, name="send_to_laboratory"),
    path("inspections/<int:pk>/sample", bench.sample, name="sample"),
    path("inspections/<int:pk>/extend", retests.extend, name="extend"),
    path("retests/", retests.RetestList.as_view(), name="retests"),
    path("laboratory", laboratory.results, name="laboratory"),
    path("plans/", lists.PlanList.as_view(), name="plans"),
    path("plans/new", planning.new_plan, name="plan_new"),
    path("plans/import", importing.import_plans, name="plan_import"),
    path("plans/<int:pk>/", lists.PlanPage.as_view(), name="plan"),
    path("plans/<int:pk>/change", planning.change_plan, name="plan_change"),
    path("plans/<int:pk>/revise", planning.revise, name="plan_revise"),
    path("plans/<int:pk>/approve", planning.approve, name="plan_approve"),
    path("plans/<int:pk>/discard", planning.discard, name="plan_discard"),
    path("plans/<int:pk>/compare/<int:other>/", planning.compare, name="compare"),
    path("plans/<int:pk>/looks/new", planning.characteristic, name="characteristic_new"),
    path("plans/<int:pk>/looks/<int:look>/", planning.characteristic, name="characteristic"),
    path("plans/<int:pk>/looks/<int:look>/arrange", planning.arrange, name="arrange"),
    path("plans/<int:pk>/looks/<int:look>/limit", planning.limit, name="limit"),
    path("lots/<int:pk>/", lots.lot_panel, name="lot_panel"),
    path("lots/<int:pk>/retest", lots.retest, name="retest"),
]
