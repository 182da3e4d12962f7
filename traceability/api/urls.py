from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import IntConverter, StringConverter
from rest_framework.routers import SimpleRouter

from traceability.api import (
    attachments,
    balances,
    changes,
    entries,
    evidence,
    genealogy,
    holds,
    imports,
    inquiries,
    lots,
    master_sets,
    master_verbs,
    movements,
    root,
    scans,
)
from traceability.api.views import PAPER
from traceability.inquiries import QUESTIONS


class Number(IntConverter):
    """A number that fits the database; a longer one is not found."""

    regex = "[0-9]{1,18}"


class PaperNumber(StringConverter):
    regex = PAPER


register_converter(Number, "number")
register_converter(PaperNumber, "paper")

router = SimpleRouter(trailing_slash=False)
router.register("lots", lots.LotViewSet, basename="api-lots")
router.register("movements", movements.MovementViewSet, basename="api-movements")
router.register("balances", balances.BalanceViewSet, basename="api-balances")
router.register("holds", holds.HoldViewSet, basename="api-holds")
router.register("items", master_sets.ItemViewSet, basename="api-items")
router.register("locations", master_sets.LocationViewSet, basename="api-locations")
router.register("attachments", attachments.AttachmentViewSet, basename="api-attachments")
router.register("changes", changes.ChangeViewSet, basename="api-changes")
router.register("parties", master_sets.PartyViewSet, basename="api-parties")

router.register("imports", imports.ImportViewSet, basename="api-imports")
router.register("sites", master_sets.SiteViewSet, basename="api-sites")
router.register("categories", master_sets.CategoryViewSet, basename="api-categories")
router.register("reasons", master_sets.ReasonViewSet, basename="api-reasons")

# What the root lists.
resources = (
    "lots",
    "where-from",
    "where-used",
    "inquiries",
    "movements",
    "balances",
    "holds",
    "entries",
    "items",
    "locations",
    "parties",
    "sites",
    "categories",
    "reasons",
    "imports",
    "attachments",
    "changes",
    "problems",
    "schema",
)

out_of_use = {
    "items": (master_verbs.RetireItem, master_verbs.RestoreItem),
    "parties": (master_verbs.RetireParty, master_verbs.RestoreParty),
    "locations": (master_verbs.RetireLocation, master_verbs.RestoreLocation),
    "categories": (master_verbs.RetireCategory, master_verbs.RestoreCategory),
    "reasons": (master_verbs.RetireReason, master_verbs.RestoreReason),
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("lots/<number:pk>/where-from", genealogy.WhereFromLot.as_view()),
    path("lots/<number:pk>/where-used", genealogy.WhereUsedLot.as_view()),
    path("where-from", genealogy.WhereFrom.as_view()),
    path("where-used", genealogy.WhereUsed.as_view()),
    path("inquiries", inquiries.Questions.as_view()),
    *(path(f"inquiries/{question.code}", inquiries.view_of(question)) for question in QUESTIONS),
    path("entries", entries.Feed.as_view()),
    path("entries/evidence", evidence.Evidence.as_view()),
    path("entries/<number:seq>", entries.EntryDetail.as_view()),
    path("holds/lift", holds.HoldsLift.as_view()),
    *(
        path(f"{many}/<number:pk>/{verb}", view.as_view())
        for many, verbs in out_of_use.items()
        for verb, view in zip(("retire", "restore"), verbs, strict=True)
    ),
    path("imports/<number:pk>/check", imports.CheckImport.as_view()),
    path("imports/<number:pk>/post", imports.PostImport.as_view()),
    path("imports/<number:pk>/undo", imports.UndoImport.as_view()),
    path("imports/<number:pk>/drop", imports.DropImport.as_view()),
    path("scans", scans.Scans.as_view()),
    path("problems", root.Problems.as_view()),
    path("attachments/<number:pk>/file", attachments.AttachmentViewSet.as_view({"get": "file"}, detail=True)),
    path(
        "attachments/<number:pk>/remove",
        attachments.AttachmentViewSet.as_view({"post": "remove"}, detail=True),
    ),
    *router.urls,
]
