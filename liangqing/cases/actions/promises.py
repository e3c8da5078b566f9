"""Promises to pay, as the debtor gives them."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.cases.events import PromiseRecorded
from liangqing.cases.lifecycle import PROMISE, CaseStage
from liangqing.cases.models import Case, Promise
from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import restraints
from liangqing.parties.models import Hold, Party, Restraint
from liangqing.parties.queries.members import customer
from liangqing.people.models import User
from liangqing.trail.actions.tell import tell


@action
@clause("P2 3.4.2", "P4-3.1")
def record(case: Case, *, amount: Money, due_on: dt.date, by: User | None) -> Promise:
    """What the debtor promised, and for when. A later promise in the same currency replaces an open one. Until the day
    is over the guard knows that a promise runs.

    Raises ``Refusal`` for a closed case, an amount of nothing or a day that is past.
    """
    Party.objects.select_for_update().only("id").get(pk=customer(case.party).pk)
    case = Case.objects.select_for_update(of=("self",)).select_related("party", "creditor").get(pk=case.pk)
    if case.stage != CaseStage.OPEN:
        raise Refusal("case_closed", _("Case {number} is closed; nothing is late any more."), number=case.number)
    if amount.amount <= 0:
        raise Refusal("promise_of_nothing", _("A promise needs an amount above zero."), status=422, field="promise")
    if due_on < clock.today():
        raise Refusal(
            "promise_in_the_past",
            _("{day} is past. Ask for a day from today on."),
            status=422,
            day=due_on,
            field="promise",
        )
    for open_one in Promise.objects.filter(case=case, currency=amount.currency, state="open"):
        PROMISE.move(open_one, "replace", judged_on=clock.today())
        release(open_one, by=by)
    promise = Promise.objects.create(
        case=case,
        currency=amount.currency,
        amount=amount.amount,
        promised_on=clock.today(),
        due_on=due_on,
        by=by,
    )
    tell(
        PromiseRecorded(
            thing_id=promise.pk,
            party_id=case.party_id,
            case=case.number,
            amount=amount.amount,
            currency=amount.currency,
            due_on=due_on,
        ),
        by=by,
    )
    restraints.place(
        case.party,
        Hold.PROMISE,
        creditor=case.creditor,
        reason=str(amount),
        until_at=dt.datetime.combine(due_on + dt.timedelta(days=1), dt.time(), clock.zone()),
        source=_source(promise),
        by=None,
    )
    return promise


def release(promise: Promise, *, by: User | None) -> None:
    """The promise runs no more: it was replaced or withdrawn."""
    standing = Restraint.objects.filter(party=customer(promise.case.party), kind=Hold.PROMISE, source=_source(promise))
    for held in standing.filter(lifted_at=None, until_at__gt=clock.now()):
        restraints.lift(held, reason=promise.case.number, by=None)


def _source(promise: Promise) -> str:
    return f"promise/{promise.pk}"
