from liangqing.cases.models.case import Case
from liangqing.cases.models.promise import Promise
from liangqing.cases.models.task import Task

__all__ = ["Case", "Promise", "Task"]
