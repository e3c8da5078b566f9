"""Personal data unmasked: only with the right to it, for a purpose, and never without the trail remembering it."""

from __future__ import annotations

from collections.abc import Iterable

from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.parties.events import PersonalDataRevealed
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import write


@action
def reveal(user: User, purpose: str | None, parties: Iterable[int]) -> bool:
    """Whether what is shown of these customers may be shown unmasked; one trail entry a customer says who, and why.

    Raises ``Refusal`` (403) when it was asked for without the right to it.
    """
    if purpose is None:
        return False
    demand(user, "contact.reveal")
    events = [
        PersonalDataRevealed(
            thing_id=party, party_id=party, of="party", of_id=party, what="all", purpose=" ".join(purpose.split())
        )
        for party in sorted(set(parties))
    ]
    write(
        ((event.name, user.pk, event.thing, event.thing_id, event.party_id, event.facts()) for event in events),
        day=clock.today(),
    )
    return True
