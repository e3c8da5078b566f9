"""Ask for a trial of a draft."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.policy import book
from liangqing.policy.actions.versions import Person
from liangqing.policy.content import problems
from liangqing.policy.events import TrialAsked
from liangqing.policy.models import Trial, Version
from liangqing.trail.actions.tell import tell


@clause("P3 3.1.2")
@action
def ask(version: Version, *, as_of: dt.date, nights: int = 0, by: Person) -> Trial:
    """Ask what a version would do: to the portfolio as it stands (``nights`` 0), or on that many past nights.

    The asker lets a worker carry it out (``nightly.actions.trial``). Raises ``Refusal``: 422 for a draft with problems,
    a day to come, or more nights than ``trial.nights_most``; 409 while a trial of the same content is waiting or running.
    """
    row = Version.objects.select_for_update().get(pk=version.pk)
    if row.state == Version.State.WITHDRAWN:
        raise Refusal("withdrawn", _("{version} was withdrawn; there is nothing to try."), version=row.name)
    if wrong := [problem for problem in problems(row.content) if not problem.note]:
        raise Refusal(
            "problems",
            _("The version still has {count} problems, the first in “{where}”. Mend them, then try it."),
            status=422,
            count=len(wrong),
            where=wrong[0].where,
        )
    if as_of > clock.today():
        raise Refusal("day_to_come", _("{day} has not come yet."), status=422, field="as_of", day=as_of)
    most = book.in_force(clock.today()).terms["trial.nights_most"]
    if not 0 <= nights <= most:
        raise Refusal(
            "nights", _("A trial may look at {most} past nights at most."), status=422, field="nights", most=most
        )
    busy = Trial.objects.filter(version=row, digest=row.digest, state__in=(Trial.State.WAITING, Trial.State.RUNNING))
    if busy.exists():
        raise Refusal("trial_going", _("A trial of this draft is going on. Wait until it is done."))
    made = Trial.objects.create(
        version=row,
        revision=row.revision,
        digest=row.digest,
        nights=nights,
        as_of=as_of,
        asked_by=by.username,
        asked_at=clock.now(),
    )
    tell(TrialAsked(thing_id=row.pk, version=row.name, as_of=as_of, nights=nights), by=by)
    return made
