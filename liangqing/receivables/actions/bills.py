"""Bills entered one by one, put right, and cancelled."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Creditor, Party
from liangqing.people.models import User
from liangqing.receivables.actions.apply import set_named_money
from liangqing.receivables.actions.by_hand import (
    COMPONENTS,
    MOST,
    begin,
    checked_currency,
    checked_day,
    checked_number,
    checked_reason,
    written,
    wrong,
)
from liangqing.receivables.events import BillAdjusted, BillCancelled, BillEntered
from liangqing.receivables.models import Adjustment, Bill, Contract
from liangqing.receivables.queries.left import asked_and_paid
from liangqing.trail.actions.tell import tell


@action
@clause("P3 2.1.1 by hand")
def enter(
    *,
    party: Party,
    creditor: Creditor,
    number: str,
    kind: str,
    currency: str,
    issued_on: dt.date | None,
    due_on: dt.date,
    principal: int,
    interest: int = 0,
    penalty: int = 0,
    fee: int = 0,
    reference: str = "",
    contract: Contract | None = None,
    seller: User | None = None,
    due_before_issue_confirmed: bool = False,
    by: User,
) -> Bill:
    """Enter one bill. Amounts in minor units; those of a credit note may be given with either sign and are kept negative.

    Money that named the number before it was known is set against the bill, as an import does it.
    Raises ``Refusal`` (422, ``facts["field"]``) for what can't be right, a number this creditor has already, and a due
    day before the issue until it is confirmed.
    """
    begin(party.pk, by)
    number, currency = checked_number(number, 64), checked_currency(currency)
    if kind not in Bill.Kind.values:
        raise wrong("kind", _("Choose one of the kinds of bill."))
    checked_day("due_on", due_on)
    if issued_on is not None and due_on < checked_day("issued_on", issued_on) and not due_before_issue_confirmed:
        raise wrong(
            "due_on",
            _(
                "The due day {due_on} is before the day of issue {issued_on}. Correct it, or confirm that it is meant so."
            ),
            code="due_before_issue",
            due_on=due_on,
            issued_on=issued_on,
        )
    amounts = _amounts(kind, dict(zip(COMPONENTS, (principal, interest, penalty, fee), strict=True)))
    if contract is not None and (contract.party_id, contract.creditor_id) != (party.pk, creditor.pk):
        raise wrong("contract", _("Contract {number} is of another customer or creditor."), number=contract.number)
    if seller is not None and not seller.is_active:
        raise wrong("seller", _("{name} does not work here any more."), name=seller.name)
    taken = wrong(
        "number", _("{creditor} has a bill {number} already."), code="number_taken", creditor=creditor, number=number
    )
    if Bill.objects.filter(creditor=creditor, number=number).exists():
        raise taken
    try:
        bill = Bill.objects.create(
            party=party,
            creditor=creditor,
            contract=contract,
            number=number,
            kind=kind,
            currency=currency,
            issued_on=issued_on,
            due_on=due_on,
            reference=reference.strip(),
            seller=seller,
            **amounts,
        )
    except IntegrityError as error:  # somebody else entered it at this very moment
        raise taken from error
    allocations = set_named_money(bill)
    tell(
        BillEntered(
            thing_id=bill.pk,
            party_id=party.pk,
            number=number,
            kind=kind,
            amount=sum(amounts.values()),
            currency=currency,
            due_on=due_on,
            issued_on=issued_on,
            rows=written(bill=[bill.pk], allocation=allocations),
        ),
        by=by,
    )
    return bill


def _amounts(kind: str, given: dict[str, int]) -> dict[str, int]:
    total = sum(given.values())
    if total == 0:
        raise wrong("principal", _("A bill needs an amount."))
    sign = -1 if total < 0 else 1
    for name, amount in given.items():
        if amount * sign < 0:
            raise wrong(name, _("The amounts of a bill have one sign."))
        if abs(amount) > MOST:
            raise wrong(name, _("This amount can't be right."))
    if kind != Bill.Kind.CREDIT_NOTE and total < 0:
        raise wrong(
            "principal", _("Only a credit note is below zero. Choose that kind, or enter an amount above zero.")
        )
    if kind == Bill.Kind.CREDIT_NOTE and total > 0:
        return {name: -amount for name, amount in given.items()}
    return given


@action
@clause("P3 2.1.1 by hand")
def adjust(
    bill: Bill,
    *,
    reason: str,
    by: User,
    principal: int = 0,
    interest: int = 0,
    penalty: int = 0,
    fee: int = 0,
    effective_on: dt.date | None = None,
) -> Adjustment:
    """Add to the bill's amounts, or take away (negative), by component and in minor units, as a new row.

    ``effective_on`` empty: as if the bill had said so from the start. Raises ``Refusal``: nothing to change, a
    component on the wrong side of zero (422), less than has been paid (or used, of a credit note) already (409).
    """
    reason = checked_reason(reason)
    begin(bill.party_id, by)
    changes = dict(zip(COMPONENTS, (principal, interest, penalty, fee), strict=True))
    if not any(changes.values()):
        raise wrong("principal", _("Nothing would change. Enter what to add, or to take away with a minus."))
    asked, paid = asked_and_paid(bill.pk)
    sign = -1 if bill.kind == Bill.Kind.CREDIT_NOTE else 1
    for name, change in changes.items():
        if change and (asked[name] + change) * sign < 0:
            raise wrong(name, _("That would take away more than the bill asks in this part."), code="below_zero")
        if abs(asked[name] + change) > MOST:
            raise wrong(name, _("This amount can't be right."))
    if (sum(asked.values()) + sum(changes.values()) - paid) * sign < 0:
        raise Refusal(
            "less_than_paid",
            _("More has been set against bill {number} than it would then ask. Take that back first."),
            number=bill.number,
        )
    if effective_on is not None:
        checked_day("effective_on", effective_on)
    adjustment = Adjustment.objects.create(
        bill=bill, effective_on=effective_on, reason=Adjustment.Reason.CORRECTION, note=reason, **changes
    )
    tell(
        BillAdjusted(
            thing_id=bill.pk,
            party_id=bill.party_id,
            number=bill.number,
            amount=sum(changes.values()),
            currency=bill.currency,
            reason=reason,
            rows=written(adjustment=[adjustment.pk]),
        ),
        by=by,
    )
    return adjustment


@action
@clause("P3 2.1.1 by hand")
def cancel(bill: Bill, reason: str, by: User) -> Adjustment:
    """The bill asks for nothing, as if from the start. Raises ``Refusal`` when money is set against it, or it already
    asks for nothing."""
    reason = checked_reason(reason)
    begin(bill.party_id, by)
    asked, paid = asked_and_paid(bill.pk)
    if paid:
        raise Refusal(
            "money_on_bill",
            _("Something is set against bill {number}. Take that back first, then cancel it."),
            number=bill.number,
        )
    if not any(asked.values()):
        raise Refusal("bill_of_nothing", _("Bill {number} asks for nothing already."), number=bill.number)
    adjustment = Adjustment.objects.create(
        bill=bill,
        reason=Adjustment.Reason.CANCELLED,
        note=reason,
        **{name: -amount for name, amount in asked.items()},
    )
    tell(
        BillCancelled(
            thing_id=bill.pk,
            party_id=bill.party_id,
            number=bill.number,
            amount=-sum(asked.values()),
            currency=bill.currency,
            reason=reason,
            rows=written(adjustment=[adjustment.pk]),
        ),
        by=by,
    )
    return adjustment
