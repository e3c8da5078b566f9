"""Small decisions of sending. Pure: no clock, no database, no chance of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from liangqing.outreach.kinds import Content

STRENGTH = (Content.BILL, Content.REMINDER, Content.DEMAND, Content.FORMAL)
"""What asks for money, from mild to strong: of several that become one message, the strongest words are used."""
LONGEST_WAIT_S = 6 * 3600.0
_SPREAD = 0.25


def bills_hash(bills: Iterable[int]) -> str:
    """Names a set of bills, in whatever order.

    >>> bills_hash([3, 1, 1]) == bills_hash([1, 3])
    True
    """
    written = ",".join(map(str, sorted(set(bills))))
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def wait_s(tries: int, first_s: float, chance: float, *, least_s: float | None = None) -> float:
    """How long to wait after so many tries: doubling from the first, spread by a quarter either way (``chance`` from 0
    until 1), at most six hours; never less than the provider said.

    >>> [wait_s(n, 300, 0.5) for n in (1, 2, 3)]
    [300.0, 600.0, 1200.0]
    >>> wait_s(1, 300, 0.0, least_s=900)
    900.0
    """
    plain = min(first_s * 2.0 ** max(tries - 1, 0), LONGEST_WAIT_S)
    return max(plain * (1 - _SPREAD + 2 * _SPREAD * chance), float(least_s or 0))


def strongest(contents: Iterable[str]) -> str:
    """The strongest of some contents that ask for money."""
    return max(contents, key=lambda content: STRENGTH.index(Content(content)))
