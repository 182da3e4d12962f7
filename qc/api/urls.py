from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from qc.api import inspections, plans, reports, results

router = SimpleRouter(trailing_slash=False)
router.register("inspections", inspections.InspectionViewSet, basename="api-inspections")
router.register("inspection-plans", plans.PlanViewSet, basename="api-inspection-plans")
router.register("nonconformances", reports.NonconformanceViewSet, basename="api-nonconformances")
router.register("certificates", reports.CertificateViewSet, basename="api-certificates")
router.register("instruments", plans.InstrumentViewSet, basename="api-instruments")

# What the API's root lists.
resources = ("inspections", "inspection-plans", "instruments", "nonconformances", "certificates")

urlpatterns: list[URLPattern | URLResolver] = [
    path("inspections/<paper:number>/results", results.ReportResults.as_view()),
    *router.urls,
]
