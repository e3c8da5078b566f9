"""Telephone numbers in the spelling each side wants. Stored and compared in E.164, as +8613800000000."""

from __future__ import annotations

import phonenumbers

HOME = "CN"


class NotANumber(ValueError):
    """No telephone number that can exist."""


def e164(number: str, region: str = HOME) -> str:
    """The number as +8613800000000; ``region`` is assumed where it says no country. Raises ``NotANumber``.

    >>> e164("138 0000-0000")
    '+8613800000000'
    >>> e164("010-6552 9988")
    '+861065529988'
    """
    return phonenumbers.format_number(_parse(number, region), phonenumbers.PhoneNumberFormat.E164)


def is_mobile(number: str, region: str = HOME) -> bool:
    """Whether a text message can reach it. False for what is no number."""
    try:
        kind = phonenumbers.number_type(_parse(number, region))
    except NotANumber:
        return False
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def line(written: str, region: str = HOME) -> str:
    """A line of our own: E.164 for a full number, a short service number (95588) as it is written.

    >>> line("021 5234 5678"), line("95588")
    ('+862152345678', '95588')
    """
    try:
        parsed = _parse(written, region)
    except NotANumber:
        return written.strip()
    if not phonenumbers.is_valid_number(parsed):
        return written.strip()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def national(number: str, region: str = HOME) -> str:
    """As it is dialled at home, digits only; abroad with the country code and no plus, as 85291234567.

    Raises ``NotANumber``.

    >>> national("+8613800000000"), national("+85291234567")
    ('13800000000', '85291234567')
    """
    parsed = _parse(number, region)
    if parsed.country_code == phonenumbers.country_code_for_region(HOME):
        if phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE:
            return str(parsed.national_number)
        written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        return "".join(filter(str.isdigit, written))
    return f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"


def _parse(number: str, region: str) -> phonenumbers.PhoneNumber:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException as error:
        raise NotANumber(str(error)) from None
    if not phonenumbers.is_possible_number(parsed):
        raise NotANumber("too long or too short")
    return parsed
