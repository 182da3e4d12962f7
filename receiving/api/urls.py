from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from receiving.api import invoices, orders, receipts

router = SimpleRouter(trailing_slash=False)
router.register("purchase-orders", orders.OrderViewSet, basename="api-purchase-orders")
router.register("receipts", receipts.ReceiptViewSet, basename="api-receipts")
router.register("supplier-invoices", invoices.InvoiceViewSet, basename="api-supplier-invoices")
router.register("received-not-invoiced", invoices.NotInvoicedViewSet, basename="api-received-not-invoiced")

# What the API's root lists.
resources = ("purchase-orders", "receipts", "supplier-invoices", "received-not-invoiced")

urlpatterns: list[URLPattern | URLResolver] = [
    path("purchase-orders/<paper:number>/close", orders.Close.as_view()),
    path("receipts/<paper:number>/correct", receipts.Correct.as_view()),
    path("supplier-returns", receipts.SupplierReturn.as_view()),
    path("supplier-invoices/<number:pk>/match", invoices.Match.as_view()),
    path("supplier-invoices/<number:pk>/undo-match", invoices.UndoMatch.as_view()),
    *router.urls,
]
