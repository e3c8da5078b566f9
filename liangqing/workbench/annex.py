"""Pages of the staff that need a room beside this one, such as keys for the API.

Rooms on one line do not import each other. The house, which knows both, makes such pages with this room's doors and lists
and hangs them in here when it starts (``liangqing.house.wiring``); their names stand in ``shell.PLACES`` like all others.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import URLPattern

patterns: list[URLPattern] = []


def hang(pages: Sequence[URLPattern]) -> None:
    """Let these pages be found among the others. Hanging them in again changes nothing."""
    known = {each.name for each in patterns}
    patterns.extend(each for each in pages if each.name not in known)
