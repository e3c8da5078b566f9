from django.apps import AppConfig


class HouseConfig(AppConfig):
    name = "liangqing.house"

    def ready(self) -> None:
        """Every process of the house is wired: pages, workers, commands."""
        from liangqing.house import wiring

        wiring.wire()
