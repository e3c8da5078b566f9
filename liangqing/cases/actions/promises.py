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
from liangqing.people.models import User
from liangqing.trail.actions.tell import tell


@action
@clause("P2 3.4.2", "P4-3.1")
def record(case: Case, *, amount: Money, due_on: dt.date, by: User | None) -> Promise:
    """What the debtor promised, and for when. A later promise in the same currency replaces an open one.

    Raises ``Refusal`` for a closed case, an amount of nothing or a day that is past.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
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
    return promise
