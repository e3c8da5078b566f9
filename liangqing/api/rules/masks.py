"""How personal data is shown to a program that did not say what it wants it for."""

from __future__ import annotations

_HIDDEN = "***"


def name(text: str) -> str:
    """The first letter only: 张***."""
    return f"{text[0]}{_HIDDEN}" if text else ""


def identity(text: str) -> str:
    """The last four: ***1234."""
    return f"{_HIDDEN}{text[-4:]}" if len(text) > 8 else _HIDDEN if text else ""


def way(kind: str, text: str) -> str:
    """A phone by its last four digits, an e-mail address by its first letter and domain, an address not at all."""
    if not text:
        return ""
    if kind == "phone":
        return f"{_HIDDEN}{text[-4:]}" if len(text) > 6 else _HIDDEN
    if kind == "email" and "@" in text:
        return f"{text[0]}{_HIDDEN}{text[text.rindex('@') :]}"
    return _HIDDEN


def note(text: str) -> str:
    """Free words may hold anything, so none of them are shown."""
    return _HIDDEN if text else ""
