"""The amounts a text names: in figures with a sign, a code or a word for the currency, or in Chinese capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from liangqing.kit.money import CURRENCIES, Money

_FIGURE = r"(?:\d{1,3}(?:[,，]\d{3})+|\d+)(?:[.．]\d{1,3})?"
_SIGNS = {
    "¥": ("CNY", "JPY"),
    "￥": ("CNY", "JPY"),
    "$": ("USD",),
    "US$": ("USD",),
    "HK$": ("HKD",),
    "£": ("GBP",),
    "€": ("EUR",),
}
_WORDS_OF: dict[str, str] = {
    "CNY": "元 块 块钱 圆 人民币 yuan rmb",
    "USD": "美元 dollars",
    "HKD": "港元 港币",
    "EUR": "欧元 euros",
    "GBP": "英镑 pounds",
    "JPY": "日元",
}
_UNITS = {word: (currency,) for currency, words in _WORDS_OF.items() for word in words.split()}
_TIMES = {"": 1, "千": 1_000, "万": 10_000, "萬": 10_000, "百万": 1_000_000, "亿": 100_000_000, "億": 100_000_000}
_CODES = "|".join(sorted(CURRENCIES))
_CAPITAL = "零壹贰叁肆伍陆柒捌玖拾佰仟万亿"
_FIGURES = re.compile(_FIGURE + r"(?![\d%％])")
_BEFORE = re.compile(rf"(US\$|HK\$|[¥￥$£€]|人民币|(?<![A-Za-z])(?:{_CODES}|RMB))\s*$", re.IGNORECASE)
_AFTER = re.compile(
    rf"\s*(?P<times>百万|[千万萬亿億])?\s*"
    rf"(?P<unit>美元|港元|港币|欧元|英镑|日元|元|圆|块钱?|(?:dollars|yuan|pounds|euros|RMB|{_CODES})(?![A-Za-z]))?",
    re.IGNORECASE,
)
_LONGEST_BEFORE = 8
_IN_CAPITALS = re.compile(
    rf"(?P<whole>[{_CAPITAL}]+)[元圆](?:(?P<tenth>[{_CAPITAL}])角)?零?(?:(?P<cent>[{_CAPITAL}])分)?整?正?"
)
_FIGURES_OF = {sign: place for place, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}


def amounts(text: str) -> Iterator[tuple[int, int, tuple[Money, ...]]]:
    """Each amount with its place; where the currency could be one of several, each of them."""
    for match in _FIGURES.finditer(text):
        start, end = match.span()
        before = _BEFORE.search(text[max(0, start - _LONGEST_BEFORE) : start])
        after = _AFTER.match(text, end)
        unit, times = (after["unit"], after["times"]) if after else (None, None)
        currencies = _currencies(before[1] if before else None, unit)
        if not currencies:
            continue
        value = Decimal(re.sub("[,，]", "", match[0]).replace("．", ".")) * _TIMES[times or ""]
        since = start - len(before[0]) if before else start
        until = after.end() if after and unit else end
        yield since, until, tuple(Money.of(value, each) for each in currencies)
    for match in _IN_CAPITALS.finditer(text):
        import cn2an  # slow to load, and few texts need it

        try:
            value = Decimal(int(cn2an.cn2an(match["whole"], "smart")))
        except ValueError:
            continue
        value += Decimal(_FIGURES_OF.get(match["tenth"] or "零", 0)) / 10
        value += Decimal(_FIGURES_OF.get(match["cent"] or "零", 0)) / 100
        yield match.start(), match.end(), (Money.of(value, "CNY"),)


def _currencies(before: str | None, after: str | None) -> tuple[str, ...]:
    for given in (after, before):
        if given:
            known = _SIGNS.get(given.upper()) or _UNITS.get(given.lower())
            return known or (given.upper(),)
    return ()
