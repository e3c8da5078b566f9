"""What of personal data is shown to whoever has not asked to see it, naming a purpose (MISSION 14.3).

Never more than somebody needs to tell two customers apart; what is too short to be masked is not shown at all.
"""

from __future__ import annotations

import re

from liangqing.parties.rules.ways import same

_HIDDEN = "***"
_COMPOUND = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 "
    "钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 "
    "呼延 东郭 南门 羊舌 微生 公户 梁丘 左丘 东门 西门 第五".split()
)
_CITY = re.compile(
    r"^(?:[\u4e00-\u9fff]{2,8}?(?:省|自治区))?(?:[\u4e00-\u9fff]{2,6}?(?:市(?!场|民|府)|自治州|盟|地区(?!局)))"
)


def name(text: str, kind: str) -> str:
    """A person keeps the surname (张*, 欧阳**), or the first letter where there is none; a company its whole name."""
    text = text.strip()
    if kind != "person" or not text:
        return text
    if not re.match(r"[\u3400-\u9fff]", text):
        return text[0] + _HIDDEN if len(text) > 1 else _HIDDEN
    if len(text) == 1:
        return "*"
    shown = 2 if len(text) > 2 and text[:2] in _COMPOUND else 1
    return text[:shown] + "*" * min(len(text) - shown, 3)


def phone(text: str) -> str:
    """138****5678; of any other number the last four digits, of a short one the last two."""
    digits = "".join(filter(str.isdecimal, same("phone", text)))
    if re.fullmatch(r"1\d{10}", digits):
        return f"{digits[:3]}****{digits[-4:]}"
    if len(digits) >= 8:
        return "****" + digits[-4:]
    return _HIDDEN + digits[-2:] if len(digits) >= 5 else _HIDDEN


def email(text: str) -> str:
    """a***@b.com"""
    local, at, domain = text.strip().rpartition("@")
    if not at or not domain:
        return _HIDDEN
    return (local[0] if len(local) > 1 else "") + _HIDDEN + "@" + domain


def identity(text: str, kind: str) -> str:
    """The first three and the last four places of a person's number; a company's is public."""
    if kind != "person" or not text:
        return text
    return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}" if len(text) >= 15 else _HIDDEN


def address(text: str, area: str = "") -> str:
    """The city: the customer's ``area`` where the address names it, else what the address begins with."""
    if area and area in text.split():
        return area + _HIDDEN
    city = _CITY.match(text)
    return (city.group() if city else "") + _HIDDEN


def way(kind: str, value: str, area: str = "") -> str:
    """A contact's value, by its kind."""
    return {"phone": phone, "email": email}[kind](value) if kind != "address" else address(value, area)
