from liangqing.policy.models.calendar import SpecialDay
from liangqing.policy.models.trial import Trial
from liangqing.policy.models.version import Version

__all__ = ["SpecialDay", "Trial", "Version"]
