from liangqing.outreach.models.attempt import Answer, Attempt, AttemptEvent, Exemption, Source
from liangqing.outreach.models.line import Line
from liangqing.outreach.models.provider import Provider, ProviderPace, ProviderTemplate

__all__ = [
    "Answer",
    "Attempt",
    "AttemptEvent",
    "Exemption",
    "Line",
    "Provider",
    "ProviderPace",
    "ProviderTemplate",
    "Source",
]
