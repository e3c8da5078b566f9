"""A letter as PDF: an approved wording in the layout of ``letters/letter.typ``, with all a demand must show (信用卡办法 69)."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _

from liangqing.kit import typeset
from liangqing.kit.actions import clause
from liangqing.kit.money import Money, digits
from liangqing.kit.refusal import Refusal
from liangqing.outreach.content import saying
from liangqing.outreach.content.rendering import Rendered, render
from liangqing.outreach.content.values import BillLine, Values
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.models import TemplateVersion

LAYOUT = Path(__file__).parent.parent / "letters" / "letter.typ"
_NEEDED = (
    "institution", "reference", "today", "amount", "bills", "account_name", "bank", "account", "callback_phone",
    "complaint_phone", "customer",
)  # fmt: skip
_WHO_OWES = frozenset(Recipient) - {Recipient.SPOUSE, Recipient.CONTACT, Recipient.OTHER}
_MAY_BREAK = str.maketrans({sign: f"{sign}\u200b" for sign in "-/_."})
"""A long number may be broken behind these."""


@dataclass(frozen=True)
class Addressee:
    """To whom a letter goes, as the postman reads it."""

    name: str
    lines: tuple[str, ...]
    postcode: str = ""


@dataclass(frozen=True)
class Letter:
    """One letter, ready to be set; ``data`` is what the layout reads, ``rendered`` what the record of the contact keeps."""

    reference: str
    language: str
    addressee: Addressee
    rendered: Rendered
    data: Mapping[str, Any]


@clause("P3 4.2.3")
def compose(version: TemplateVersion, values: Values, addressee: Addressee) -> Letter:
    """The letter of a wording, for these values.

    Raises ``Refusal``: what ``rendering.render`` raises; ``no_letter_to`` (409) for somebody who does not owe, since the
    layout shows the debt; ``value_missing`` where the layout needs what is not known; ``amounts_differ`` where the
    bills do not add up to the amount.
    """
    template = version.template
    if template.channel != Channel.LETTER or template.recipient not in _WHO_OWES or template.content == Content.LOCATE:
        raise Refusal("no_letter_to", _("This layout shows the debt: it goes to nobody but those who owe."))
    missing = [name for name in _NEEDED if getattr(values, name) in (None, "")]
    if missing:
        raise Refusal(
            "value_missing",
            _("The template names what is not known here: {what}. Enter it, or choose another template."),
            what=", ".join(missing),
        )
    rendered = render(version, values)
    return Letter(values.reference or "", values.language, addressee, rendered, _data(values, addressee, rendered))


def _data(values: Values, addressee: Addressee, rendered: Rendered) -> dict[str, Any]:
    written = values.written()
    amount, bills = values.amount, values.bills or ()
    assert amount is not None
    if bills != () and _sum(bills) != amount:
        raise Refusal(
            "amounts_differ",
            _("The bills of letter {reference} do not add up to its amount."),
            reference=values.reference,
        )
    figure = saying.amount(amount, values.language)
    before, after = figure.split(f"{amount.major:,.{digits(amount.currency)}f}")
    chinese = values.language == saying.CHINESE
    phone = f"{words(values.language)['phone']} {values.callback_phone}"
    head = (values.institution_address, phone, values.institution_email)
    address = (addressee.postcode, *addressee.lines, addressee.name)
    return {
        "reference": values.reference,
        "institution": values.institution,
        "head": ("　" if chinese else "  ·  ").join(each for each in head if each),
        "address": [
            each for each in (address if chinese else (addressee.name, *addressee.lines, addressee.postcode)) if each
        ],
        "addressee": addressee.name,
        "date": written["today"],
        "subject": rendered.subject,
        "salutation": values.customer,
        "body": [part for part in rendered.body.split("\n") if part.strip()],
        "total": figure,
        "before": before,
        "after": after,
        "capitals": written["amount_capitals"],
        "minor": amount.amount,
        "unit": 10 ** digits(amount.currency),
        "digits": digits(amount.currency),
        "pay_by": written.get("pay_by_on", ""),
        "bills": [_line(line, bill) for line, bill in zip(written.get("bills", ()), bills, strict=True)],
        "account_name": values.account_name,
        "bank": values.bank,
        "account": values.account,
        "callback_phone": values.callback_phone,
        "complaint_phone": values.complaint_phone,
        "mail": values.institution_address or "",
        "email": values.institution_email or "",
        "signer": values.signer or "",
    }


def _sum(bills: Sequence[BillLine]) -> Money | None:
    """What the bills come to; None where they are in several currencies."""
    if len({bill.amount.currency for bill in bills}) != 1:
        return None
    return Money(sum(bill.amount.amount for bill in bills), bills[0].amount.currency)


def _line(written: Mapping[str, str], bill: BillLine) -> dict[str, Any]:
    broken = {name: written[name].translate(_MAY_BREAK) for name in ("number", "contract")}
    return {**written, **broken, "minor": bill.amount.amount}


@functools.cache
def words(language: str) -> dict[str, Any]:
    """What the layout says by itself."""
    found: dict[str, Any] = yaml.safe_load((LAYOUT.parent / "words.yaml").read_text(encoding="utf-8"))[language]
    return found


def document(letters: Sequence[Letter], *, duplex: bool = False) -> dict[str, Any]:
    """What the layout reads for letters of one language; ``duplex`` begins each on a new sheet."""
    first = letters[0]
    return {
        "language": first.language,
        "words": words(first.language),
        "institution": first.data["institution"],
        "title": first.rendered.subject if len(letters) == 1 else words(first.language)["contents"],
        "letters": [letter.data for letter in letters],
        "duplex": duplex,
    }


def pdf(letter: Letter) -> bytes:
    """One letter as PDF/A. Raises ``typeset.TypesetError`` when it can't be set, as for a character without a glyph."""
    return typeset.pdf(LAYOUT, document([letter]))


def pictures(letter: Letter, *, ppi: float = 80) -> list[bytes]:
    """The same as one PNG a page, to look at before it is sent."""
    return typeset.pictures(LAYOUT, document([letter]), ppi=ppi)
