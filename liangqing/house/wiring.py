"""Who hears what. Events travel up; this is the only place that says where to.

The trail is no listener: an event is an entry the moment it is told.
"""

from __future__ import annotations

from liangqing.approvals.actions.upkeep import people_changed
from liangqing.kit import bus
from liangqing.people.events import HeadNamed, PersonChanged, PersonJoined

LISTENERS: tuple[tuple[type, bus.Listener], ...] = (
    (PersonJoined, people_changed),
    (PersonChanged, people_changed),
    (HeadNamed, people_changed),
)
"""(event, listener) pairs. Requests for approval are put to whoever may decide them now."""


def wire() -> None:
    """Let everybody hear what concerns them. Called once, when the house starts."""
    for event, listener in LISTENERS:
        bus.hear(event, listener)
