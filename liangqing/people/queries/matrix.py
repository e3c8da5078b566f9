"""Who may do what, as a table to read: the rights themselves, not a copy of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet

from liangqing.kit.actions import clause
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.people.rights import ACTS, Act, can


@dataclass(frozen=True)
class ByDuty:
    """One act, and for each duty in the order of ``Duty`` whether it includes it."""

    act: Act
    allowed: tuple[tuple[Duty, bool], ...]


@dataclass(frozen=True)
class ByPerson:
    """One act, and for each person in the order given whether they may do it, all their duties considered."""

    act: Act
    allowed: tuple[tuple[User, bool], ...]


@clause("P2 2.2")
def by_duty() -> list[ByDuty]:
    return [ByDuty(act, tuple((duty, duty in act.duties) for duty in Duty)) for act in ACTS.values()]


@clause("P2 2.2")
def by_person(people: Iterable[User]) -> list[ByPerson]:
    """Acts against these people. One page of people at a time."""
    some = list(people)
    return [ByPerson(act, tuple((person, can(person, act.code)) for person in some)) for act in ACTS.values()]


def without_password() -> QuerySet[User]:
    """People at work who can't sign in yet, since nobody has set a password."""
    return User.objects.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX).order_by("username")
