from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    name = "liangqing.workbench"
