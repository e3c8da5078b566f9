"""Registered lines: which channels have none yet, so that no rule can tell an own line from a stranger's."""

from __future__ import annotations

from django.db.models import Value

from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Line, Provider
from liangqing.outreach.queries.facts import ON_LINES


def unregistered() -> list[str]:
    """Channels in use that have no registered line: the telephone, and whatever a provider sends by. On these every line
    passes (中银协催收工作指引 asks for registered ones only)."""
    lines = Line.objects.filter(active=True).values_list(Value("line"), "channel")
    providers = Provider.objects.filter(active=True, for_staff=False).values_list(Value("provider"), "channel")
    found = set(lines.union(providers))
    sending = {Channel.PHONE, *(channel for what, channel in found if what == "provider")}
    registered = {channel for what, channel in found if what == "line"}
    return sorted((ON_LINES & sending) - registered, key=Channel.values.index)
