from django.apps import AppConfig


class WarningConfig(AppConfig):
    name = "liangqing.warning"
