"""What is filled into a template: facts with their types; how they are written is decided here, once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from liangqing.kit.money import Money
from liangqing.outreach.content import saying
from liangqing.outreach.rules.wording import variables


@dataclass(frozen=True)
class BillLine:
    """One bill as a message shows it: ``amount`` is what is asked of it, without what is disputed."""

    number: str
    due_on: dt.date
    amount: Money
    days_late: int
    contract: str = ""


@dataclass(frozen=True)
class Values:
    """What may be filled in, by the names of ``catalogue/variables.yaml``. What is None is not there: a template that
    names it is not rendered. ``customer`` is the full name: mask it where the result is shown in a list."""

    language: str
    institution: str | None = None
    institution_address: str | None = None
    signer: str | None = None
    collector: str | None = None
    collector_number: str | None = None
    callback_phone: str | None = None
    complaint_phone: str | None = None
    institution_email: str | None = None
    account_name: str | None = None
    bank: str | None = None
    account: str | None = None
    customer: str | None = None
    salutation: str | None = None
    amount: Money | None = None
    principal: Money | None = None
    interest: Money | None = None
    penalty: Money | None = None
    bills: tuple[BillLine, ...] | None = None
    bill_number: str | None = None
    due_on: dt.date | None = None
    oldest_due_on: dt.date | None = None
    days_late: int | None = None
    contract: str | None = None
    case_number: str | None = None
    reference: str | None = None
    addressee: str | None = None
    address: str | None = None
    promise_amount: Money | None = None
    promise_due_on: dt.date | None = None
    pay_by_on: dt.date | None = None
    today: dt.date | None = None
    unsubscribe_url: str | None = None
    channel_name: str | None = None

    def written(self) -> dict[str, Any]:
        """Everything that is there, as it is written in the language of the template."""
        found: dict[str, Any] = {
            each.name: self._write(value)
            for each in dataclasses.fields(self)
            if each.name != "language" and (value := getattr(self, each.name)) not in (None, "")
        }
        if self.amount is not None:
            found["amount_capitals"] = saying.in_words(self.amount, self.language)
            found["currency"] = saying.currency(self.amount.currency, self.language)
        if self.bills is not None:
            found["bill_count"] = str(len(self.bills))
        return found

    def amounts(self) -> frozenset[Money]:
        """Every amount a text may name."""
        own = (self.amount, self.principal, self.interest, self.penalty, self.promise_amount)
        bills = (bill.amount for bill in self.bills or ())
        return frozenset(each for each in (*own, *bills) if each is not None)

    def names(self) -> tuple[str, ...]:
        """Words somebody bears and nobody chose to say: no check holds them against the text."""
        contracts = (bill.contract for bill in self.bills or ())
        numbers = (bill.number for bill in self.bills or ())
        own = (self.customer, self.collector, self.institution, self.institution_address, self.account_name, self.bank)
        to = (self.addressee, self.address)
        return tuple(each for each in (*own, *to, self.salutation, self.contract, *contracts, *numbers) if each)

    def _write(self, value: Any) -> Any:
        if isinstance(value, Money):
            return saying.amount(value, self.language)
        if isinstance(value, dt.date):
            return saying.day(value, self.language)
        if isinstance(value, tuple):
            return list(self._lines())
        return str(value)

    def _lines(self) -> Iterator[Mapping[str, str]]:
        for bill in self.bills or ():
            yield {
                "number": bill.number,
                "due_on": saying.day(bill.due_on, self.language),
                "amount": saying.amount(bill.amount, self.language),
                "days_late": str(bill.days_late),
                "contract": bill.contract,
            }


def samples(language: str) -> dict[str, Any]:
    """A sample of every variable, for a preview."""
    key = "zh" if language == saying.CHINESE else "en"
    found: dict[str, Any] = {name: each.sample[key] for name, each in variables().items() if each.kind != "list"}
    line = {name: found[source] for name, source in _OF_A_BILL.items()}
    return {**found, "bills": [line, {**line, "number": "INV-2026-0002"}]}


_OF_A_BILL = {
    "number": "bill_number",
    "due_on": "due_on",
    "amount": "amount",
    "days_late": "days_late",
    "contract": "contract",
}
