"""Share cases among people, evenly by number and by amount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from liangqing.kit.actions import clause


@dataclass(frozen=True)
class Item:
    """Something to hand out: a key, and what is late on it in one currency (minor units). Currencies are never added;
    who is late in several is weighed by the first of them."""

    key: int
    amount: int
    currency: str


@clause("P4-4 even share")
def share(items: Iterable[Item], people: Sequence[int]) -> dict[int, int]:
    """Who gets which: key to person. Numbers differ by one at most; in each currency the sums of two people differ by
    no more than the largest amount.

    Largest amounts first, each to the one with the lowest sum among those who have the fewest. Equal items and people
    are taken in the order of their keys, so the same question has the same answer. Raises ``ValueError`` without people.
    """
    if not people:
        raise ValueError("nobody to share among")
    order = sorted(set(people))
    sums: dict[tuple[int, str], int] = defaultdict(int)
    given: dict[int, int] = {}
    turn: list[int] = []
    for item in sorted(items, key=lambda item: (item.currency, -item.amount, item.key)):
        if not turn:
            turn = list(order)
        person = min(turn, key=lambda who: (sums[who, item.currency], who))
        turn.remove(person)
        sums[person, item.currency] += item.amount
        given[item.key] = person
    return given
