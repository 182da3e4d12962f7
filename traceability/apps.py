from django.apps import AppConfig


class TraceabilityConfig(AppConfig):
    name = "traceability"

    def ready(self) -> None:
        from traceability import papers  # noqa: F401  (it registers the papers that only the ledger knows)
        from traceability.importing import importers
        from traceability.lists import bulk
        from traceability.lists.bulk import Bulk
        from traceability.scanning import finders
        from traceability.views.counts import home
        from traceability.views.inquiries import menu as inquiries
        from traceability.views.labels import menu
        from traceability.views.labels.printing import LISTS

        finders.register()
        importers.register_all()
        home.register()
        inquiries.register()
        menu.register()
        hold = Bulk("Hold", "traceability:hold_lots", "held", right="traceability.place_hold", is_stop=True)
        for name in (
            "lots",
            "where_used",
            "where_from",
            "location",
            "container",
            "stock_quantities",
            "stock_item",
            "stock_expiry",
            "stock_away",
        ):
            bulk.add(f"traceability:{name}", hold)
        label = Bulk("Labels", "traceability:many_labels", "printer", right="traceability.print_label")
        for name in LISTS:
            bulk.add(f"traceability:{name}", label)
