"""How amounts, days and numbers of words are written in Chinese and English letters."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.kit.money import Money, digits
from liangqing.kit.refusal import Refusal

CHINESE = "zh-hans"
_CURRENCIES = {
    "CNY": "人民币",
    "USD": "美元",
    "HKD": "港元",
    "EUR": "欧元",
    "GBP": "英镑",
    "JPY": "日元",
}
_MONTHS = "January February March April May June July August September October November December".split()
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "- ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))


def currency(code: str, language: str) -> str:
    """What a currency is called: 人民币, CNY."""
    return _CURRENCIES.get(code, code) if language == CHINESE else code


def amount(money: Money, language: str) -> str:
    """``12,345.00元``, ``12,345.00美元``, ``CNY 12,345.00``."""
    figure = f"{money.major:,.{digits(money.currency)}f}"
    if language != CHINESE:
        return f"{money.currency} {figure}"
    return f"{figure}元" if money.currency == "CNY" else f"{figure}{currency(money.currency, language)}"


def in_words(money: Money, language: str) -> str:
    """The amount so that nobody can add a figure: 人民币壹万贰仟叁佰元整. Raises ``Refusal`` below zero."""
    if money.amount < 0:
        raise Refusal("amount_negative", _("Nobody is asked for less than nothing; look at the bills."), status=422)
    if language == CHINESE:
        import cn2an  # a tenth of a second, which most commands need not spend

        return currency(money.currency, language) + str(cn2an.an2cn(str(money.major), "rmb"))
    unit = 10 ** digits(money.currency)
    whole, rest = divmod(money.amount, unit)
    cents = f" and {rest:0{digits(money.currency)}d}/{unit}" if unit > 1 else ""
    return f"{money.currency} {_spelled(whole)}{cents}"


def _spelled(number: int) -> str:
    for scale, name in _SCALES:
        if number >= scale:
            many, rest = divmod(number, scale)
            return f"{_spelled(many)} {name}" + (f" {_spelled(rest)}" if rest else "")
    if number >= 100:
        many, rest = divmod(number, 100)
        return f"{_ONES[many]} hundred" + (f" {_spelled(rest)}" if rest else "")
    if number >= len(_ONES):
        many, rest = divmod(number, 10)
        return _TENS[many] + (f"-{_ONES[rest]}" if rest else "")
    return _ONES[number]


def day(on: dt.date, language: str) -> str:
    """``2026年11月22日``, ``22 November 2026``."""
    if language == CHINESE:
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"
