"""What every act on money by hand has in common: who may, what is held meanwhile, what a field may say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from liangqing.kit.money import CURRENCIES
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Party
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.receivables.actions.digests import RowCodes, row_codes

MOST = 10**15
"""Minor units; more than this on one row is a typing error."""
COMPONENTS = ("principal", "interest", "penalty", "fee")


def begin(party_id: int, by: User, *, right: str = "money.enter") -> None:
    """Ask for the right, and hold the customer's money until the transaction ends.

    Raises ``Refusal``: ``not_allowed``; ``import_landing`` while a file lands, whose rows were worked out from what was
    there when it began.
    """
    demand(by, right)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(hashtext('liangqing import'))")
        (free,) = cursor.fetchone()
    if not free:
        raise Refusal("import_landing", _("A file is being imported. Try again in a moment."))
    Party.objects.select_for_update(no_key=True).get(pk=party_id)


def written(**rows: Collection[int]) -> RowCodes:
    """The codes of the rows an act wrote, to be told with it: ``written(bill=[12], allocation=[7, 8])``."""
    with connection.cursor() as cursor:
        return row_codes(cursor, {f"receivables_{table}": ids for table, ids in rows.items()})


def wrong(field: str, sentence: str | Promise, *, code: str = "", **facts: object) -> Refusal:
    """A refusal (422) that names the field to correct."""
    return Refusal(code or f"wrong_{field}", sentence, status=422, field=field, **facts)


def checked_number(number: str, most: int) -> str:
    number = number.strip()
    if not number:
        raise wrong("number", _("Enter a number."))
    if len(number) > most or not number.isprintable():
        raise wrong("number", _("A number has at most {most} characters and no line breaks."), most=most)
    return number


def checked_currency(currency: str) -> str:
    if currency not in CURRENCIES:
        raise wrong("currency", _("{currency} is no currency. Use its three letters, such as CNY."), currency=currency)
    return currency


def checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise wrong("reason", _("Say why: it is kept with the change."))
    return reason[:500]


def checked_day(field: str, day: dt.date) -> dt.date:
    if not dt.date(1970, 1, 1) <= day <= dt.date(2200, 1, 1):
        raise wrong(field, _("{day} can't be right. Check the year."), day=day)
    return day
