"""The accounts people sign in with, as far as allauth keeps them: the second step of signing in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import ClassVar

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import Event, tell

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are mistaken for each other when read aloud or copied from a slip of paper."""


@dataclass(frozen=True, kw_only=True)
class TwoStepReset(Event):
    """The second step of signing in was taken away, so that the person can set it up anew."""

    name: ClassVar[str] = "two-step sign-in reset"
    thing: ClassVar[str] = "user"
    username: str


def has_two_step(person: User) -> bool:
    return bool(Authenticator.objects.filter(user=person).exists())


@action
@clause("P2 6.2")
def reset_two_step(person: User, *, by: User) -> None:
    """Take away the second step: telephone lost. Raises ``Refusal`` when there is none."""
    demand(by, "people.edit")
    if not Authenticator.objects.filter(user=person).delete()[0]:
        raise Refusal(
            "no_two_step", _("{name} signs in without a second step; there is nothing to reset."), name=person.name
        )
    tell(TwoStepReset(thing_id=person.pk, username=person.username), by=by)


def suggest_password() -> str:
    """A password to hand over: four groups of four letters and digits, about 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _place in range(4)) for _group in range(4))
