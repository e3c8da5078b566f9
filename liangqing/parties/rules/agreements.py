"""An agreement on instalments: how long it may run, and what may follow a missed one. Pure."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal


@clause("P3 4.3.3 agreement")
def check_length(months: int | None, most: int) -> None:
    """信用卡业务监督管理办法 70: five years at most. Raises ``Refusal`` (422, field ``months``).

    >>> check_length(48, 60)
    >>> check_length(61, 60)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    liangqing.kit.refusal.Refusal: agreement_too_long: ...
    """
    if months is None or months < 1:
        raise Refusal("agreement_months", _("Say for how many months the instalments run."), status=422, field="months")
    if months > most:
        raise Refusal(
            "agreement_too_long",
            _(
                "An agreement on instalments may run for {most} months at most; this one runs for {months}. Agree on fewer."
            ),
            status=422,
            field="months",
            most=most,
            months=months,
        )


def check_missed(missed_on: dt.date, signed_on: dt.date, as_of: dt.date) -> None:
    """An instalment is missed after it was agreed and before today: on its own day it may still come. Raises ``Refusal``
    (422, field ``on``)."""
    if not signed_on <= missed_on < as_of:
        raise Refusal(
            "missed_day",
            _("The missed instalment was due between {signed} and yesterday. Check the day."),
            status=422,
            field="on",
            signed=signed_on,
        )


def check_noticed(noticed_on: dt.date, missed_on: dt.date, as_of: dt.date) -> None:
    """Notice is given after the instalment was missed, and not in the future. Raises ``Refusal`` (422, field ``on``)."""
    if not missed_on < noticed_on <= as_of:
        raise Refusal(
            "notice_day",
            _("Notice can be given from the day after the missed instalment ({missed}) until today. Check the day."),
            status=422,
            field="on",
            missed=missed_on,
        )
