from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "liangqing.outreach"

    def ready(self) -> None:
        """The acts of this room that need approval become known."""
        from liangqing.outreach.actions import dispatches, exemptions, templates

        dispatches.register()
        exemptions.register()
        templates.register()
