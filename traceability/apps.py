from django.apps import AppConfig


class TraceabilityConfig(AppConfig):
    name = "traceability"

    def ready(self) -> None:
        from traceability.lists import bulk
        from traceability.lists.bulk import Bulk
        from traceability.scanning import finders
        from traceability.views.counts import home

        finders.register()
        home.register()
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
