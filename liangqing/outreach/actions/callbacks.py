"""What providers tell us by themselves: reports, answers and steps of calls, at an address of their own.

The address names the provider, and where a provider signs nothing, it carries the token that stands in its settings. What
comes is told by its key or number; told twice, it changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liangqing.outreach.actions import calls, deliveries
from liangqing.outreach.channels.carriers import NotFromProvider
from liangqing.outreach.channels.kinds import FIELDS, Kind
from liangqing.outreach.models import Provider

TELLING = frozenset((Kind.ALIYUN_SMS, Kind.TENCENT_SMS, Kind.HTTP_SMS, Kind.HTTP_CALL))
"""The kinds that tell us something by themselves."""
_NO_TOKEN = "signed"
"""In the address of a provider that signs what it tells."""


def address(provider: Provider) -> str:
    """The path a provider is to be told: ``/callbacks/<its number>/<its token>/``; empty for one that tells nothing, and
    for one whose token is not set yet. Whoever sees it could speak for a provider that signs nothing."""
    if provider.kind not in TELLING:
        return ""
    if not any(field.name == "callback_token" for field in FIELDS[provider.kind]):
        return f"/callbacks/{provider.pk}/{_NO_TOKEN}/"
    token = provider.setting("callback_token")
    return f"/callbacks/{provider.pk}/{token}/" if token else ""


def take(number: int, *, token: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Take in a callback for the provider of that number; what it wants to hear. A provider that was stopped or is used no
    more may still tell what became of what it had. The same callback may come again, in whole or in part.

    Raises ``NotFromProvider`` for a number there is none of, or what is not proven to be from this provider.
    """
    provider = Provider.objects.filter(pk=number, kind__in=TELLING).first()
    if provider is None:
        raise NotFromProvider(str(number))
    small = {name.lower(): value for name, value in headers.items()}
    answer, steps = deliveries.called(provider, token=token, headers=small, body=body)
    for step in sorted(steps, key=lambda step: (step.key, step.at)):
        calls.heard(provider, step)
    return answer
