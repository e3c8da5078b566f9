"""What is filled into a message about what is late: the institution, the customer, and the bills without what is disputed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import clause
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.outreach.content.rendering import MOST_BILLS
from liangqing.outreach.content.saying import CHINESE
from liangqing.outreach.content.values import BillLine, Values
from liangqing.parties.models import Creditor, Party
from liangqing.parties.models.restraint import Hold
from liangqing.parties.queries.members import customer, members
from liangqing.parties.queries.restraints import holding
from liangqing.people.models import User
from liangqing.people.queries.institution import institution
from liangqing.receivables.models import Bill
from liangqing.receivables.queries.bills import BillRow, bill_list, rows

_SALUTATIONS = {CHINESE: "尊敬的客户", "en": "Dear customer"}


def standing(language: str) -> dict[str, Any]:
    """The facts of the institution itself, as ``Values`` names them; nothing while nobody entered them."""
    us = institution()
    if us is None:
        return {}
    english = language != CHINESE
    return {
        "institution": (us.name_en if english else "") or us.name,
        "institution_address": (us.address_en if english else "") or us.address,
        "signer": (us.signer_en if english else "") or us.signer,
        "callback_phone": us.callback_phone,
        "complaint_phone": us.complaint_phone,
        "institution_email": us.email,
        "account_name": us.account_name,
        "bank": us.bank,
        "account": us.account,
    }


@clause("P3 4.2.4")
def late_values(
    party: Party,
    creditor: Creditor,
    *,
    currency: str,
    on: dt.date,
    language: str,
    by: User | None = None,
    **more: Any,
) -> Values:
    """The values of a message about everything late of one customer towards one creditor in one currency, on a day.

    The disputed part of a bill is not asked for (保障中小企业款项支付条例 15); a bill wholly disputed is left out.
    ``more`` are further fields of ``Values``, such as ``pay_by_on``, and win. Raises ``Refusal`` (409): ``nothing_late``;
    ``too_many_bills`` for more than one message shows.
    """
    ids = members(party)
    bills = Bill.objects.filter(party__in=ids, creditor=creditor, currency=currency).select_related("contract")
    found = rows(bill_list(bills, as_of=on, late_only=True)[: MOST_BILLS + 1], on)
    if len(found) > MOST_BILLS:
        raise Refusal("too_many_bills", _("More bills are late than one message shows. Send a statement instead."))
    disputed = _disputed(ids, currency, on)
    lines = [line for row in found if (line := _line(row, disputed)) is not None]
    if not lines:
        raise Refusal("nothing_late", _("Nothing is late that could be asked for: there is nothing to write about."))
    oldest = min(lines, key=lambda line: (line.due_on, line.number))
    given: dict[str, Any] = {
        **standing(language),
        "customer": customer(party).name,
        "salutation": _SALUTATIONS[language],
        "collector": by.name if by else None,
        "collector_number": by.username if by else None,
        "amount": Money(sum(line.amount.amount for line in lines), currency),
        "bills": tuple(lines),
        "bill_number": oldest.number,
        "due_on": oldest.due_on,
        "oldest_due_on": oldest.due_on,
        "days_late": oldest.days_late,
        "contract": _separator(language).join(dict.fromkeys(line.contract for line in lines if line.contract)) or None,
        "today": on,
        **more,
    }
    return Values(language=language, **given)


def _separator(language: str) -> str:
    return "、" if language == CHINESE else ", "


def _disputed(ids: list[int], currency: str, on: dt.date) -> dict[str, int | None]:
    """What is disputed of each bill, by its number; None for the whole of it."""
    at = dt.datetime.combine(on, dt.time(23, 59, 59), tzinfo=clock.zone())
    found: dict[str, int | None] = {}
    for each in holding(ids, at).filter(kind=Hold.DISPUTE).exclude(about=""):
        if each.amount is None or found.get(each.about, 0) is None:
            found[each.about] = None
        elif each.currency in ("", currency):
            found[each.about] = (found.get(each.about) or 0) + each.amount
    return found


def _line(row: BillRow, disputed: dict[str, int | None]) -> BillLine | None:
    less = disputed.get(row.bill.number, 0)
    asked = 0 if less is None else row.owed - less
    if asked <= 0:
        return None
    contract = row.bill.contract.number if row.bill.contract else ""
    return BillLine(row.bill.number, row.due_on, Money(asked, row.bill.currency), row.days or 0, contract)
