from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "liangqing.outreach"
