"""How long a text message is: how many parts it is sent, and paid, as."""

from __future__ import annotations

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€\f")
ALONE, JOINED = 70, 67
"""Characters of one message, and of each part of a longer one, as soon as one of them is not of the GSM alphabet."""
ALONE_GSM, JOINED_GSM = 160, 153


def units(text: str) -> int:
    """How many characters a text counts as: a rare Chinese one beyond the basic plane counts as two."""
    if _is_gsm(text):
        return sum(2 if sign in _TWICE else 1 for sign in text)
    return len(text.encode("utf-16-le")) // 2


def parts(text: str) -> int:
    """How many parts a text message is sent as, its signature 【…】 included when it stands in the text.

    >>> parts("您好" * 35), parts("您好" * 36)
    (1, 2)
    """
    alone, joined = (ALONE_GSM, JOINED_GSM) if _is_gsm(text) else (ALONE, JOINED)
    count = units(text)
    return 0 if not count else 1 if count <= alone else -(-count // joined)


def _is_gsm(text: str) -> bool:
    return all(sign in _GSM or sign in _TWICE for sign in text)
