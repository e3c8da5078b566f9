"""Personal data unmasked: only with the right to it, for a purpose, and never without the trail remembering it."""

from __future__ import annotations

from collections.abc import Iterable

from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import write

REVEALED = "personal data revealed"


@action
def reveal(user: User, purpose: str | None, parties: Iterable[int]) -> bool:
    """Whether what is shown of these customers may be shown unmasked; one trail entry a customer says who, and why.

    Raises ``Refusal`` (403) when it was asked for without the right to it.
    """
    if purpose is None:
        return False
    demand(user, "contact.reveal")
    facts = {"purpose": purpose.strip(), "way": "api"}
    write(
        ((REVEALED, user.pk, "party", party, party, facts) for party in sorted(set(parties))),
        day=clock.today(),
    )
    return True
