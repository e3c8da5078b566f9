from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "liangqing.cases"

    def ready(self) -> None:
        """The acts of this room that need approval become known."""
        from liangqing.cases.actions import grace

        grace.register()
