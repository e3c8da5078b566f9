from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "liangqing.approvals"

    def ready(self) -> None:
        """The act of changing the policy becomes known."""
        from liangqing.approvals import policy_change

        policy_change.register()
