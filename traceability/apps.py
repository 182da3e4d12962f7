from django.apps import AppConfig


class TraceabilityConfig(AppConfig):
    name = "traceability"

    def ready(self) -> None:
        from traceability.scanning import finders

        finders.register()
        from traceability.lists import bulk
        from traceability.lists.bulk import Bulk

        hold = Bulk("Hold", "traceability:hold_lots", "held", right="traceability.place_hold", is_stop=True)
        for name in ("lots", "where_used", "where_from", "location", "container"):
            bulk.add(f"traceability:{name}", hold)
