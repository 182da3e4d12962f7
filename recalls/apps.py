from django.apps import AppConfig


class RecallsConfig(AppConfig):
    name = "recalls"
    verbose_name = "Recalls"

    def ready(self) -> None:
        from recalls import navigation, papers

        navigation.register()
        papers.register()
