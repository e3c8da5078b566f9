"""Ways to reach somebody: what makes two of them the same, and whether one is well formed."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[\s()（）\-－‐–—./]+")
_CHINA = re.compile(r"^(\+|00)86")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LEAST_DIGITS = 5


def same(kind: str, value: str) -> str:
    """The spelling under which a way is found: a phone without blanks, dashes and the country code of China."""
    if kind != "phone":
        return value
    bare = _BETWEEN.sub("", value)
    return _CHINA.sub("", bare) or value


def sound(kind: str, value: str) -> bool:
    """A phone has five digits or more, an e-mail address an @ and a domain, an address anything."""
    if kind == "email":
        return _EMAIL.fullmatch(value) is not None
    if kind == "phone":
        return sum(character.isdigit() for character in value) >= _LEAST_DIGITS
    return bool(value.strip())
