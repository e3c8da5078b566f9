from liangqing.outreach.models.attempt import Answer, Attempt, AttemptEvent, Exemption, Source
from liangqing.outreach.models.line import Line
from liangqing.outreach.models.provider import Provider, ProviderPace, ProviderTemplate
from liangqing.outreach.models.template import ANY, Template, TemplateVersion

__all__ = [
    "ANY",
    "Answer",
    "Attempt",
    "AttemptEvent",
    "Exemption",
    "Line",
    "Provider",
    "ProviderPace",
    "ProviderTemplate",
    "Source",
    "Template",
    "TemplateVersion",
]
