"""Events travel up. A room tells what happened; ``house.wiring`` says who hears it.

Listeners run inside the teller's transaction and may fail it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Listener = Callable[[Any], None]
_listeners: dict[type, list[Listener]] = {}


def hear(event: type, listener: Listener) -> None:
    """Let ``listener`` hear every event of this type; once, however often this is said."""
    heard = _listeners.setdefault(event, [])
    if listener not in heard:
        heard.append(listener)


def publish(event: Any) -> None:
    """Tell everyone who hears this type of event, in the order they were wired."""
    for listener in _listeners.get(type(event), ()):
        listener(event)
