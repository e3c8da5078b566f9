"""Show personal data to somebody who says what for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.parties.events import PersonalDataRevealed
from liangqing.parties.models import Contact, Party
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

WHAT = {"party": ("name", "identity"), "contact": ("value", "person")}
"""What can be revealed of which thing."""
_LONGEST_PURPOSE = 200


@action
@clause("P2 6.2")
def reveal(thing: Party | Contact, what: str, purpose: str, by: User) -> str:
    """The plain value. The trail keeps who looked, at what and for which purpose, never the value.

    The caller has found ``thing`` among what the person may see. Raises ``Refusal`` without the right, without a
    purpose, or for something that can't be revealed.
    """
    purpose = _purpose(purpose, by)
    of = "party" if isinstance(thing, Party) else "contact"
    if what not in WHAT[of]:
        raise Refusal("nothing_to_reveal", _("There is nothing to reveal here. Load the page again."), status=422)
    value: str = getattr(thing, what)
    party = thing.pk if isinstance(thing, Party) else thing.party_id
    tell(PersonalDataRevealed(thing_id=party, party_id=party, of=of, of_id=thing.pk, what=what, purpose=purpose), by=by)
    return value


@action
@clause("P2 6.2")
def hear(party_id: int, *, of: str, of_id: int, purpose: str, by: User) -> None:
    """Tell the trail that somebody listens to a recording with a customer: of which thing, and what for.

    The caller has found it among what the person may see. Raises ``Refusal``: 403 without the right to reveal; 422
    without a purpose.
    """
    told = _purpose(purpose, by)
    tell(
        PersonalDataRevealed(
            thing_id=party_id, party_id=party_id, of=of, of_id=of_id, what="recording", purpose=told
        ),
        by=by,
    )  # fmt: skip


def _purpose(purpose: str, by: User) -> str:
    """What somebody says it is for, who has the right to say so."""
    demand(by, "contact.reveal")
    purpose = " ".join(purpose.split())[:_LONGEST_PURPOSE]
    if not any(letter.isalnum() for letter in purpose):  # some characters can't be seen
        raise Refusal("purpose_missing", _("Say what you need it for; it is kept with your name."), status=422)
    return purpose
