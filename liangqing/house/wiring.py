"""Who hears what. Events travel up; this is the only place that says where to.

The trail is no listener: an event is an entry the moment it is told.
"""

from __future__ import annotations

from liangqing.kit import bus

LISTENERS: tuple[tuple[type, bus.Listener], ...] = ()
"""(event, listener) pairs. Nobody listens yet: the rooms that will (outreach, approvals, recovery) come later."""


def wire() -> None:
    """Let everybody hear what concerns them. Called once, when the house starts."""
    for event, listener in LISTENERS:
        bus.hear(event, listener)
