from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "liangqing.outreach"

    def ready(self) -> None:
        """The acts of this room that need approval become known."""
        from liangqing.outreach.actions import exemptions, templates

        exemptions.register()
        templates.register()
