"""Identity numbers: what they are and whether they are well formed."""

from __future__ import annotations

import re

from stdnum.cn import ric, uscc

_COMPANY_WORDS = re.compile(
    r"公司|集团|厂|店|行|社|院|校|局|所|中心|事务|工作室|合伙|企业|部$|\b(ltd|inc|llc|corp|co|gmbh|foundation|trust|group)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"^[㐀-鿿·]{2,4}$")


def is_resident_id(number: str) -> bool:
    """A resident ID 居民身份证号 of 18 places with a true birth date and check digit."""
    return len(number) == 18 and ric.is_valid(number)


def well_formed(number: str, country: str) -> bool:
    """P2 3.1.1: USCC or resident ID with a right check digit; the old 15-digit forms; abroad, anything."""
    if country not in ("", "CN"):
        return True
    return is_resident_id(number) or uscc.is_valid(number) or re.fullmatch(r"\d{15}", number) is not None


def kind_of(given: str | None, name: str, identity: str | None) -> str:
    """Company or person: as given; else by the identity number; else by how the name reads."""
    if given:
        return given
    if identity:
        return "person" if is_resident_id(identity) else "company"
    return "person" if _PERSON.match(name) and not _COMPANY_WORDS.search(name) else "company"
