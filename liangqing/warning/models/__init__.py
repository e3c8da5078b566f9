from liangqing.warning.models.alert import Alert
from liangqing.warning.models.standing import Standing

__all__ = ["Alert", "Standing"]
