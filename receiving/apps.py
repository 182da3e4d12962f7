from django.apps import AppConfig


class ReceivingConfig(AppConfig):
    name = "receiving"
    verbose_name = "Receiving"

    def ready(self) -> None:
        from receiving import finding, importing, menu, papers

        menu.register()
        finding.register()
        importing.register()
        papers.register()
