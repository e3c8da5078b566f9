from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "liangqing.parties"

    def ready(self) -> None:
        """The acts of this room that need approval become known."""
        from liangqing.parties.actions import deadlines

        deadlines.register()
