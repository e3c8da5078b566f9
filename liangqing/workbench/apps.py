from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    name = "liangqing.workbench"

    def ready(self) -> None:
        """The act of taking a large list away becomes known."""
        from liangqing.workbench import permits

        permits.register()
