"""Receipts entered one by one, and reversed."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, connection
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Creditor, Party
from liangqing.people.models import User
from liangqing.receivables.actions.apply import set_against_named
from liangqing.receivables.actions.by_hand import (
    MOST,
    begin,
    checked_currency,
    checked_day,
    checked_number,
    checked_reason,
    written,
    wrong,
)
from liangqing.receivables.actions.money_in import reverse_allocations
from liangqing.receivables.events import ReceiptEntered, ReceiptReversed
from liangqing.receivables.models import Allocation, Receipt
from liangqing.trail.actions.tell import tell


@action
@clause("P3 2.4 by hand")
def enter(
    *,
    party: Party,
    creditor: Creditor,
    number: str,
    received_on: dt.date,
    amount: int,
    currency: str,
    method: str = Receipt.Method.TRANSFER,
    bill_number: str = "",
    reference: str = "",
    by: User,
    right: str = "money.enter",
) -> Receipt:
    """Enter money that came; ``amount`` in minor units. ``right`` is the act ``by`` must be allowed: whoever takes cash on
    a visit need not be of the cash desk. When it names a bill that still asks, it is set against that
    bill at once, as an import does it; what is over, and what names nothing, stays unapplied.

    A number whose receipt was reversed may be entered anew: it becomes the next version. Raises ``Refusal`` (422,
    ``facts["field"]``) for what can't be right and for a number that is taken.
    """
    begin(party.pk, by, right=right)
    number, currency = checked_number(number, 80), checked_currency(currency)
    if not 0 < amount <= MOST:
        raise wrong("amount", _("A receipt needs an amount above zero."))
    if checked_day("received_on", received_on) > clock.today():
        raise wrong("received_on", _("{day} is still to come. Enter money when it has come."), day=received_on)
    if method not in Receipt.Method.values or method == Receipt.Method.CLEARING:
        raise wrong("method", _("Choose how the money came."))
    if len(bill_number := bill_number.strip()) > 64:
        raise wrong("bill_number", _("A number has at most {most} characters and no line breaks."), most=64)
    taken = wrong(
        "number",
        _("{creditor} has a receipt {number} already. Reverse that one first if it is wrong."),
        code="number_taken",
        creditor=creditor,
        number=number,
    )
    versions = Receipt.objects.filter(creditor=creditor, number=number)
    if versions.filter(reverses=None).exclude(id__in=versions.exclude(reverses=None).values("reverses")).exists():
        raise taken
    last = versions.aggregate(last=Max("version"))["last"] or 0
    try:
        receipt = Receipt.objects.create(
            party=party,
            creditor=creditor,
            number=number,
            version=last + 1,
            received_on=received_on,
            amount=amount,
            currency=currency,
            method=method,
            bill_number=bill_number,
            reference=reference.strip(),
        )
    except IntegrityError as error:  # somebody else entered it at this very moment
        raise taken from error
    allocations = set_against_named(receipt)
    tell(
        ReceiptEntered(
            thing_id=receipt.pk,
            party_id=party.pk,
            number=number,
            amount=amount,
            currency=currency,
            received_on=received_on,
            rows=written(receipt=[receipt.pk], allocation=allocations),
        ),
        by=by,
    )
    return receipt


@action
@clause("P3 2.4 by hand")
def reverse(receipt: Receipt, reason: str, by: User) -> Receipt:
    """Take a receipt back: a row of the opposite amount on its day, and what it was set against is free again, on the
    same days. Returns the reversal. Raises ``Refusal`` for a reversal and for what is reversed already."""
    reason = checked_reason(reason)
    begin(receipt.party_id, by)
    if receipt.reverses_id is not None:
        raise Refusal(
            "is_a_reversal",
            _("This row reverses receipt {number}. Enter the receipt anew instead."),
            number=receipt.number,
        )
    if Receipt.objects.filter(reverses=receipt).exists():
        raise Refusal("already_reversed", _("Receipt {number} has been reversed already."), number=receipt.number)
    versions = Receipt.objects.filter(creditor_id=receipt.creditor_id, number=receipt.number)
    reversal = Receipt.objects.create(
        party_id=receipt.party_id,
        creditor_id=receipt.creditor_id,
        number=receipt.number,
        version=(versions.aggregate(last=Max("version"))["last"] or 0) + 1,
        received_on=receipt.received_on,
        amount=-receipt.amount,
        currency=receipt.currency,
        method=receipt.method,
        bill_number=receipt.bill_number,
        reference=receipt.reference,
        reverses=receipt,
    )
    with connection.cursor() as cursor:
        reverse_allocations(cursor, [reversal.pk])
    allocations = list(Allocation.objects.filter(receipt=reversal).values_list("id", flat=True))
    tell(
        ReceiptReversed(
            thing_id=receipt.pk,
            party_id=receipt.party_id,
            number=receipt.number,
            amount=receipt.amount,
            currency=receipt.currency,
            reason=reason,
            rows=written(receipt=[reversal.pk], allocation=allocations),
        ),
        by=by,
    )
    return reversal
