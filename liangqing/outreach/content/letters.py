"""A letter on paper, with all a demand must show (信用卡办法 69): an approved wording as PDF in the layout of
``letters/letter.typ``; or, where the institution brought a Word document of its own, that document, filled in."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _

from liangqing.kit import typeset
from liangqing.kit.actions import clause
from liangqing.kit.money import Money, digits
from liangqing.kit.refusal import Refusal
from liangqing.outreach.content import documents, saying
from liangqing.outreach.content.rendering import Rendered, digest, fill, render
from liangqing.outreach.content.values import BillLine, Values
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.models import TemplateVersion

LAYOUT = Path(__file__).parent.parent / "letters" / "letter.typ"
PDF = "application/pdf"
_NEEDED = (
    "institution", "reference", "today", "amount", "bills", "account_name", "bank", "account", "callback_phone",
    "complaint_phone", "customer",
)  # fmt: skip
WHO_OWES = frozenset(Recipient) - {Recipient.SPOUSE, Recipient.CONTACT, Recipient.OTHER}
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
    """One letter, ready to be set; ``data`` is what the layout reads, ``rendered`` what the record of the contact keeps.
    ``word`` is the institution's own document, filled in: such a letter is never set in the layout."""

    reference: str
    language: str
    addressee: Addressee
    rendered: Rendered
    data: Mapping[str, Any]
    word: bytes = field(default=b"", repr=False)

    @property
    def media_type(self) -> str:
        """What is handed out: a PDF, or a Word document."""
        return documents.DOCX if self.word else PDF


@clause("P3 4.2.3")
def compose(version: TemplateVersion, values: Values, addressee: Addressee) -> Letter:
    """The letter of a wording, for these values. A wording with a Word document is that document, filled in.

    Raises ``Refusal``: what ``rendering.render`` raises; ``no_letter_to`` (409) for somebody who does not owe, since a
    demand shows the debt; ``value_missing`` where the layout or the document needs what is not known;
    ``amounts_differ`` where the bills do not add up to the amount.
    """
    template = version.template
    if template.channel != Channel.LETTER or template.recipient not in WHO_OWES or template.content == Content.LOCATE:
        raise Refusal("no_letter_to", _("This layout shows the debt: it goes to nobody but those who owe."))
    _demand_sum(values)
    if version.document:
        to = dataclasses.replace(values, addressee=addressee.name, address=" ".join(addressee.lines))
        word = documents.render(version, to)
        subject, body = " ".join(fill(version.subject, values.written(), version.name).split()), documents.said(word)
        rendered = Rendered(subject, body, digest(subject, body))
        return Letter(values.reference or "", values.language, addressee, rendered, {}, word)
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


def _demand_sum(values: Values) -> None:
    if values.amount is not None and values.bills and _sum(values.bills) != values.amount:
        raise Refusal(
            "amounts_differ",
            _("The bills of letter {reference} do not add up to its amount."),
            reference=values.reference,
        )


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
    if any(letter.word for letter in letters):
        raise ValueError("a Word document is not set in the layout")
    return {
        "language": first.language,
        "words": words(first.language),
        "institution": first.data["institution"],
        "title": first.rendered.subject if len(letters) == 1 else words(first.language)["contents"],
        "letters": [letter.data for letter in letters],
        "duplex": duplex,
    }


def paper(letter: Letter) -> bytes:
    """One letter as it is handed out, of ``letter.media_type``. Raises ``typeset.TypesetError`` as ``pdf`` does."""
    return letter.word or pdf(letter)


def pdf(letter: Letter) -> bytes:
    """One letter as PDF/A. Raises ``typeset.TypesetError`` when it can't be set, as for a character without a glyph."""
    return typeset.pdf(LAYOUT, document([letter]))


def pictures(letter: Letter, *, ppi: float = 80) -> list[bytes]:
    """The same as one PNG a page, to look at before it is sent."""
    return typeset.pictures(LAYOUT, document([letter]), ppi=ppi)
