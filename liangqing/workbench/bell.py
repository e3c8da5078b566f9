"""The bell: what concerns this very person and waits: warnings addressed to them and not acknowledged, promises of their
cases that were broken and cases that became theirs since they last looked."""

from __future__ import annotations

from liangqing.people.models import User


def count(user: User) -> int:
    return 0
