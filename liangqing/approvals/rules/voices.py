"""Who may speak to a request now, and for whom. Pure: people, steps and what was said go in.

Nobody decides on their own request, whichever way: not themselves, not through whoever stands in for them, not standing
in for somebody else. Each voice uses up the person who speaks and the person spoken for: neither counts a second time in
the round. A step that those it names can't fill goes to the next higher: the heads of their departments, then the
management. When it has waited too long (``escalated``), the next higher is asked beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext_lazy as _

from liangqing.approvals.rules.route import DUTY, HEAD, POSITION, Step
from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty

Ids = frozenset[int]


@dataclass(frozen=True)
class Person:
    """Somebody who is here and may decide."""

    id: int
    username: str
    duties: frozenset[str] = frozenset()
    position: str = ""
    department: int | None = None


@dataclass(frozen=True)
class Roster:
    """Those who may decide, who heads which department, and who stands in for whom: (principal, delegate) pairs."""

    people: Mapping[int, Person]
    heads: Mapping[int, int] = field(default_factory=dict)
    stand_ins: frozenset[tuple[int, int]] = frozenset()

    def having(self, duty: Duty) -> Ids:
        return frozenset(person.id for person in self.people.values() if duty.value in person.duties)

    def heads_of(self, people: Ids) -> Ids:
        """The heads of these people's departments, as far as they may decide."""
        homes = {self.people[person].department for person in people}
        return frozenset(head for home, head in self.heads.items() if home in homes and head in self.people)


@dataclass(frozen=True)
class Voice:
    """A yes to one step, by a person, for themselves or for somebody else."""

    step: int
    person: int
    principal: int | None = None

    @property
    def people(self) -> Ids:
        return frozenset((self.person,)) if self.principal is None else frozenset((self.person, self.principal))


@dataclass(frozen=True)
class Question:
    """What a round asks: its steps, by whom and of which department, and the voices so far."""

    steps: tuple[Step, ...]
    requester: int
    department: int | None
    voices: tuple[Voice, ...] = ()
    escalated: bool = False

    @property
    def used(self) -> Ids:
        """Whoever can't speak any more: the requester, and everybody whose voice was heard."""
        return frozenset((self.requester,)).union(*(voice.people for voice in self.voices))

    def missing(self, place: int) -> int:
        """How many voices a step still needs."""
        return self.steps[place].needed - sum(voice.step == place for voice in self.voices)

    @property
    def place(self) -> int | None:
        """The step that waits; None when all are filled."""
        return next((place for place in range(len(self.steps)) if self.missing(place) > 0), None)

    def with_voice(self, voice: Voice) -> Question:
        """The question after one more voice; the next step has not waited yet."""
        heard = replace(self, voices=(*self.voices, voice))
        return heard if heard.place == self.place else replace(heard, escalated=False)


def _levels(step: Step, department: int | None, roster: Roster) -> tuple[Ids, Ids, Ids]:
    """Those a step names, the heads of their departments, the management."""
    if step.kind == HEAD:
        head = roster.heads.get(department) if department is not None else None
        named = frozenset((head,)) & roster.people.keys() if head is not None else frozenset()
    elif step.kind == DUTY:
        named = roster.having(Duty(step.name))
    elif step.kind == POSITION:
        named = frozenset(person.id for person in roster.people.values() if person.position == step.name)
    else:
        named = frozenset(person.id for person in roster.people.values() if person.username == step.name)
    return frozenset(named), roster.heads_of(frozenset(named)), roster.having(Duty.MANAGE)


def asked(question: Question, roster: Roster, place: int | None = None) -> Ids:
    """The people a step asks: the one that waits, or that at ``place`` as things stand.

    Those it names, without the requester, without whoever was heard already and without those a later step can't do
    without; the next higher where they are too few, and one rung more when the step was escalated.
    """
    here = question.place if place is None else place
    if here is None:
        return frozenset()
    needed_later = _needed_later(question, roster) if here == question.place else frozenset()
    return _asked(question, roster, here, question.used | needed_later)


def _asked(question: Question, roster: Roster, here: int, out: Ids) -> Ids:
    named, *higher = _levels(question.steps[here], question.department, roster)
    escalated = question.escalated and here == question.place
    found = named - out
    for level in higher:
        enough = len(found) >= question.missing(here)
        if enough and not escalated:
            break
        fresh = level - out - found
        found |= fresh
        if enough and fresh:
            escalated = False
    return found


def _needed_later(question: Question, roster: Roster) -> Ids:
    """Those of the waiting step after whose yes a later step could be filled by nobody. Nobody while there are more
    people than voices missing, or when not all can be filled anyway."""
    here = question.place
    slots, choices = _choices(question, roster)
    if (
        here is None
        or all(len(people) > len(slots) for people in choices.values())
        or unfillable(question, roster) is not None
    ):
        return frozenset()
    return frozenset(
        person for person in choices[here] if unfillable(question.with_voice(Voice(here, person)), roster) is not None
    )


def _choices(question: Question, roster: Roster) -> tuple[list[int], dict[int, Ids]]:
    """The step of each voice still missing, and for each such step everybody who could ever be asked."""
    slots = [place for place in range(len(question.steps)) for _voice in range(question.missing(place))]
    choices: dict[int, Ids] = {}
    for place in dict.fromkeys(slots):
        named, heads, management = _levels(question.steps[place], question.department, roster)
        choices[place] = (named | heads | management) - question.used
    return slots, choices


def unfillable(question: Question, roster: Roster) -> int | None:
    """The place of a step that can't be filled together with the others, whoever speaks; None when all can.

    Each voice still missing is given to somebody of the step, its heads or the management, nobody twice (a matching).
    """
    slots, choices = _choices(question, roster)
    taken: dict[int, int] = {}

    def seat(slot: int, tried: set[int]) -> bool:
        for person in choices[slots[slot]]:
            if person not in tried:
                tried.add(person)
                if person not in taken or seat(taken[person], tried):
                    taken[person] = slot
                    return True
        return False

    return next((slots[slot] for slot in range(len(slots)) if not seat(slot, set())), None)


@clause("P1 4")
def speak(question: Question, person: int, roster: Roster) -> Voice:
    """The voice this person has now: their own where they are asked, else that of somebody they stand in for.

    Raises ``Refusal``: ``own_request``, ``voted_already``, ``needed_later``, ``not_asked`` (all 403).
    """
    place = question.place
    for_whom = sorted(principal for principal, delegate in roster.stand_ins if delegate == person)
    if person == question.requester:
        raise Refusal("own_request", _("Nobody decides on their own request. Somebody else has to."), status=403)
    if place is None or person in question.used:
        raise Refusal(
            "voted_already", _("Your voice was heard already; another person has to decide this."), status=403
        )
    people = asked(question, roster)
    if person in people:
        return Voice(place, person)
    if absent := next((principal for principal in for_whom if principal in people), None):
        return Voice(place, person, absent)
    if person in _asked(question, roster, place, question.used):
        raise Refusal(
            "needed_later",
            _("A later step needs you, and nobody else could fill it. Let another person decide this step."),
            status=403,
        )
    if question.requester in for_whom:
        raise Refusal(
            "own_request",
            _("Whoever requested this can't decide it, nor can you on their behalf. Somebody else has to."),
            status=403,
        )
    if question.used.intersection(for_whom):
        raise Refusal(
            "voted_already", _("The person you stand in for was heard already; another one has to decide."), status=403
        )
    raise Refusal("not_asked", _("This does not wait for you, or no longer. Reload to see for whom."), status=403)
