"""Currencies as people write them: ISO codes, Chinese names and signs."""

from __future__ import annotations

from liangqing.imports.rules.outcome import Bad, folded, shown, spreadsheet_error
from liangqing.kit.money import CURRENCIES

_NAMES: dict[str, tuple[str, ...]] = {
    "CNY": ("人民币", "人民币元", "元", "圆", "RMB", "RMB¥", "¥", "CN¥", "CNY¥", "YUAN", "RENMINBI"),
    "USD": ("美元", "美金", "US$", "$US", "USD$", "US", "美圆", "DOLLAR"),
    "HKD": ("港币", "港元", "HK$", "港纸"),
    "EUR": ("欧元", "€", "EURO"),
    "JPY": ("日元", "日圆", "日币", "JP¥", "YEN"),
    "GBP": ("英镑", "£"),
    "TWD": ("新台币", "台币", "NT$"),
    "MOP": ("澳门元", "澳门币", "MOP$"),
    "SGD": ("新加坡元", "新币", "S$"),
    "KRW": ("韩元", "韩币", "₩"),
    "AUD": ("澳元", "澳大利亚元", "澳币", "A$", "AU$"),
    "CAD": ("加元", "加拿大元", "加币", "C$", "CA$"),
    "CHF": ("瑞士法郎",),
    "NZD": ("新西兰元", "NZ$"),
    "THB": ("泰铢", "฿"),
    "RUB": ("卢布", "俄罗斯卢布"),
    "MYR": ("马来西亚林吉特", "林吉特", "马币"),
    "INR": ("印度卢比", "₹"),
    "VND": ("越南盾", "₫"),
}
_BY_NAME = {name: code for code, names in _NAMES.items() for name in names} | {code: code for code in CURRENCIES}

_DOLLARS = frozenset(("USD", "HKD", "TWD", "SGD", "AUD", "CAD", "NZD", "MOP", "MXN"))
_SHARED_MARKS = {
    "¥": frozenset(("CNY", "JPY")),
    "元": frozenset(("CNY", "HKD", "TWD", "MOP")),
    "圆": frozenset(("CNY", "JPY")),
    "$": _DOLLARS,
}


def parse(text: str) -> str | Bad | None:
    """The ISO code of the currency a cell names; None for an empty cell."""
    cell = folded(text).upper()
    if not cell:
        return None
    return _BY_NAME.get(cell) or spreadsheet_error(cell) or Bad("unknown_currency", shown(text))


def meant_by(mark: str) -> frozenset[str]:
    """The currencies a sign beside an amount may mean; empty when the sign is none."""
    shared = _SHARED_MARKS.get(mark)
    if shared:
        return shared
    code = _BY_NAME.get(mark.upper())
    return frozenset((code,)) if code else frozenset()


def in_header(header: str) -> str | None:
    """The currency a header such as 金额(USD) declares in its parentheses."""
    text = folded(header)
    if "(" not in text or not text.endswith(")"):
        return None
    inside = text[text.rindex("(") + 1 : -1].strip().upper()
    return _BY_NAME.get(inside) or _BY_NAME.get(inside.lstrip("百千万亿"))
