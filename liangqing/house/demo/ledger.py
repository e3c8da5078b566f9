"""The ledger as the group's finance system knows it, and what each customer means to pay when.

The house sees none of this but the files made from it. A plan may be changed by what happens: a promise, a slip found.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from liangqing.house.demo.customers import Customer
from liangqing.house.demo.days import after, next_working


@dataclass
class Planned:
    """A payment the customer will make: on which day, how much (None: all that is open then) and what its slip says.

    ``names``: the bill ("bill"), nothing ("") or a number nobody knows.
    """

    on: dt.date
    amount: int | None = None
    names: str = "bill"
    too_much: int = 0


@dataclass
class Bill:
    """A bill, credit note, instalment, deposit or retention, in minor units."""

    number: str
    customer: Customer
    creditor: str
    kind: str
    currency: str
    issued_on: dt.date
    due_on: dt.date
    principal: int
    interest: int = 0
    penalty: int = 0
    seller: str = ""
    contract: str = ""
    contract_ends_on: dt.date | None = None
    reference: str = ""
    plan: list[Planned] = field(default_factory=list)
    paid: int = 0
    cleared_on: dt.date | None = None
    """Cleared in the old ledger, which kept no slips."""

    @property
    def asked(self) -> int:
        return self.principal + self.interest + self.penalty

    @property
    def open(self) -> int:
        """What the customer has not paid yet, as the customer sees it."""
        return max(self.asked - self.paid, 0)

    def late_on(self, day: dt.date) -> bool:
        falls_due = self.due_on if self.kind not in ("deposit", "retention") else self.contract_ends_on or self.due_on
        return self.open > 0 and falls_due < day and self.issued_on <= day


@dataclass
class Payment:
    """Money that came in, with what its slip says and what it was meant for."""

    number: str
    customer: Customer
    creditor: str
    currency: str
    received_on: dt.date
    amount: int
    bill: str
    reference: str
    meant_for: Bill | None = None


class Ledger:
    """Bills and payments by day."""

    def __init__(self, bills: Iterable[Bill], extra: Iterable[Payment] = ()) -> None:
        self.bills = sorted(bills, key=lambda bill: (bill.issued_on, bill.number))
        self.payments: list[Payment] = []
        self._extra = sorted(extra, key=lambda payment: (payment.received_on, payment.customer.number))
        self._unpaid = list(self.bills)
        self._slips: Counter[dt.date] = Counter()

    def issued(self, first: dt.date | None, last: dt.date) -> list[Bill]:
        """Bills of a span of days, both included."""
        return [bill for bill in self.bills if bill.issued_on <= last and (first is None or bill.issued_on >= first)]

    def receive(self, last: dt.date) -> list[Payment]:
        """All money that came in by this day and was not received before, in order of the days."""
        due: list[tuple[dt.date, str, Planned, Bill]] = []
        for bill in self._unpaid:
            due.extend((step.on, bill.number, step, bill) for step in bill.plan if step.on <= last)
            bill.plan = [step for step in bill.plan if step.on > last]
        came = [payment for payment in self._extra if payment.received_on <= last]
        self._extra = [payment for payment in self._extra if payment.received_on > last]
        for day, _number, step, bill in sorted(due, key=lambda item: item[:2]):
            if payment := self._pay(bill, step, day):
                came.append(payment)
        came.sort(key=lambda payment: payment.received_on)
        for payment in came:
            self._slips[payment.received_on] += 1
            payment.number = f"SK{payment.received_on:%Y%m%d}{self._slips[payment.received_on]:03}"
        self.payments.extend(came)
        self._unpaid = [bill for bill in self._unpaid if bill.plan or bill.open]
        return came

    def _pay(self, bill: Bill, step: Planned, day: dt.date) -> Payment | None:
        amount = bill.open if step.amount is None else min(step.amount, bill.open)
        if amount <= 0:
            return None
        bill.paid += amount
        named = bill.number if step.names == "bill" else step.names
        words = {"bill": f"付{bill.number}", "": "货款"}.get(step.names, f"付{step.names}号票款")
        return Payment(
            number="",
            customer=bill.customer,
            creditor=bill.creditor,
            currency=bill.currency,
            received_on=day,
            amount=amount + step.too_much,
            bill=named,
            reference=words,
            meant_for=bill,
        )

    def late(self, customer: str, creditor: str, day: dt.date) -> dict[str, list[Bill]]:
        """The customer's late bills by currency, the oldest first, as the customer sees it."""
        found: dict[str, list[Bill]] = {}
        for bill in self._unpaid:
            if bill.customer.number == customer and bill.creditor == creditor and bill.late_on(day):
                found.setdefault(bill.currency, []).append(bill)
        return {currency: sorted(bills, key=lambda bill: bill.due_on) for currency, bills in sorted(found.items())}

    def late_instalments(self, day: dt.date) -> list[Bill]:
        return [bill for bill in self._unpaid if bill.kind == "instalment" and bill.late_on(day)]

    def unnamed(self, customer: str, creditor: str, day: dt.date) -> list[Payment]:
        """Money that came without the right bill number but was meant for a bill."""
        return [
            payment
            for payment in self.payments
            if payment.meant_for is not None
            and payment.bill != payment.meant_for.number
            and payment.received_on <= day
            and payment.customer.number == customer
            and payment.creditor == creditor
        ]


def pay_as_promised(bills: Iterable[Bill], amount: int, on: dt.date, rest_on: dt.date | None) -> None:
    """So much comes on that day, the oldest bill first; the rest later, or never."""
    for bill in bills:
        part = min(amount, bill.open)
        amount -= part
        if part == bill.open:
            bill.plan = [Planned(on)]
            continue
        bill.plan = [Planned(on, part)] if part else []
        if rest_on:
            bill.plan.append(Planned(next_working(rest_on)))


def put_off(bills: Iterable[Bill], until: dt.date | None) -> None:
    """Nothing comes before that day, or ever."""
    for bill in bills:
        bill.plan = [Planned(next_working(max(until, after(bill.due_on, 1))))] if until else []
