from django.apps import AppConfig


class QcConfig(AppConfig):
    name = "qc"
    verbose_name = "QC"

    def ready(self) -> None:
        from qc import menu, papers

        menu.register()
        papers.register()
