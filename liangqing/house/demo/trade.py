"""Eighteen months of trade: what was billed, and when each customer means to pay, by its habit."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from liangqing.house.demo import cast
from liangqing.house.demo.customers import PARENT, SIZES, SUBSIDIARY, Customer
from liangqing.house.demo.days import LAST_NIGHT, LEDGER_BEGINS, after, months, next_working
from liangqing.house.demo.ledger import Bill, Ledger, Payment, Planned

_OLD_LEDGER_UNTIL = dt.date(2025, 10, 1)
"""Bills paid before this day come as cleared, without slips."""
_GOODS = ("机加工件", "减速机", "液压件", "配套电机", "备品备件", "工装夹具", "技术服务", "年度维保", "输送线设备")
_YUAN_A_DOLLAR = 7


@dataclass
class _Books:
    """What is being written, and the numbers given so far."""

    random: Random
    bills: list[Bill] = field(default_factory=list)
    extra: list[Payment] = field(default_factory=list)
    serials: Counter[str] = field(default_factory=Counter)

    def number(self, prefix: str, day: dt.date) -> str:
        self.serials[prefix] += 1
        return f"{prefix}{day:%Y%m}{self.serials[prefix]:05}"


def trade(customers: list[Customer], random: Random) -> Ledger:
    """The ledger of eighteen months, ends loose: plans reach beyond the last night."""
    books = _Books(random)
    for customer in customers:
        if customer.size == "borrower":
            _instalments(books, customer)
        else:
            for place, creditor in enumerate(customer.creditors):
                for currency in customer.currencies if place == 0 else customer.currencies[:1]:
                    _invoices(books, customer, creditor, currency, share=1 if place == 0 else 2)
    _credit_notes(books)
    _held(books, customers)
    _loose_slips(books, customers)
    _former_seller(books)
    return Ledger(books.bills, books.extra)


def _invoices(books: _Books, customer: Customer, creditor: str, currency: str, *, share: int) -> None:
    """Bills month by month; a customer that stopped paying is supplied a little longer, then no more."""
    random, size = books.random, SIZES[customer.size]
    begins = LEDGER_BEGINS if random.random() < 0.6 else after(LEDGER_BEGINS, random.randint(30, 330))
    stops = after(LAST_NIGHT, -random.randint(70, 330)) if customer.habit == "stopped" else None
    supplied = after(stops, random.randint(0, 35)) if stops else LAST_NIGHT
    usual = random.randint(size.least, size.most) // share
    if currency == "USD" and customer.country == "CN":
        usual //= _YUAN_A_DOLLAR
    contract = f"HT{begins.year}-{customer.number[2:]}{'B' if share > 1 else ''}"
    skip = random.randrange(size.every_months)
    for place, month in enumerate(months(begins, supplied)):
        if place % size.every_months != skip:
            continue
        for _turn in range(size.bills_a_month if share == 1 else 1):
            issued = next_working(after(month, random.randint(0, 26)))
            if issued > min(supplied, LAST_NIGHT) or (customer.size in ("large", "medium") and random.random() < 0.1):
                continue
            amount = int(usual * 100 * random.triangular(0.35, 1.9, 0.9))
            bill = Bill(
                number=books.number("XP" if creditor == SUBSIDIARY else "KP", issued),
                customer=customer,
                creditor=creditor,
                kind="invoice",
                currency=currency,
                issued_on=issued,
                due_on=after(issued, customer.terms_days),
                principal=amount - amount % (1 if customer.size in ("large", "medium") else 100),
                seller=customer.seller,
                contract=contract,
                reference=random.choice(_GOODS),
            )
            _plan(books, bill, stops)
            books.bills.append(bill)


def _plan(books: _Books, bill: Bill, stops: dt.date | None = None) -> None:
    """When and how the bill will be paid, by the customer's habit."""
    random, habit = books.random, bill.customer.habit
    if stops and after(bill.due_on, 5) >= stops:
        return
    late = {
        "prompt": random.randint(-9, 0) if random.random() < 0.93 else random.randint(2, 16),
        "slow": int(random.triangular(-4, 48, 9)),
        "stopped": int(random.triangular(-4, 40, 9)),
        "poor": int(random.triangular(8, 115, 35)),
    }[habit]
    day = next_working(max(after(bill.due_on, late), after(bill.issued_on, 1)))
    if habit == "poor" and random.random() < 0.4:
        rest_on = next_working(after(day, random.randint(20, 70)))
        bill.plan = [Planned(day, bill.asked * random.randint(25, 60) // 100), Planned(rest_on)]
        return
    bill.plan = [Planned(day)]
    if day < _OLD_LEDGER_UNTIL:
        bill.cleared_on, bill.paid, bill.plan = day, bill.asked, []
    elif bill.kind == "invoice" and bill.customer.kind == "company":
        _slip(books, bill.plan[0], bill)


def _slip(books: _Books, step: Planned, bill: Bill) -> None:
    """Now and then a slip names no bill, a wrong one, or brings too much."""
    random = books.random
    chance = random.random()
    if step.on < after(LAST_NIGHT, -150):
        return
    if chance < 0.025:
        step.names = ""
    elif chance < 0.03:
        step.names = f"KP2023{random.randint(1, 12):02}{random.randint(10, 999):05}"
    elif chance < 0.045:
        step.too_much = max(bill.asked * random.randint(2, 12) // 100 // 100 * 100, 100)


def _instalments(books: _Books, customer: Customer) -> None:
    """Equipment bought on credit: twelve instalments of principal and interest, booked when the contract is signed."""
    random = books.random
    signed = next_working(after(LEDGER_BEGINS, random.randint(100, 480)))
    price = random.randint(SIZES["borrower"].least, SIZES["borrower"].most) // 100 * 10_000
    stops = after(LAST_NIGHT, -random.randint(40, 160)) if customer.habit == "stopped" else None
    contract = f"FQ{signed.year}-{customer.number[2:]}"
    reference = random.choice(("微耕机分期", "数控雕刻机分期", "电动三轮车分期", "烘干机分期"))
    for place in range(1, 13):
        left = price * (13 - place) // 12
        year, month = divmod(signed.year * 12 + signed.month - 1 + place, 12)
        bill = Bill(
            number=f"{contract}-{place:02}",
            customer=customer,
            creditor=SUBSIDIARY,
            kind="instalment",
            currency="CNY",
            issued_on=signed,
            due_on=dt.date(year, month + 1, min(signed.day, 28)),
            principal=price // 12,
            interest=left * 6 // 1000,
            seller=customer.seller,
            contract=contract,
            reference=f"{reference}第{place}期",
        )
        _plan(books, bill, stops)
        books.bills.append(bill)


def _credit_notes(books: _Books) -> None:
    """Goods came back in the last months: credit notes on bills of that time."""
    random = books.random
    recent = [
        bill
        for bill in books.bills
        if bill.kind == "invoice" and after(LAST_NIGHT, -130) <= bill.issued_on <= after(LAST_NIGHT, -8)
        and bill.customer.size in ("large", "medium")
    ]  # fmt: skip
    for bill in random.sample(recent, min(len(recent), 18)):
        issued = next_working(after(bill.issued_on, random.randint(4, 20)))
        if issued <= LAST_NIGHT:
            books.bills.append(
                Bill(
                    number=books.number("HZ", issued),
                    customer=bill.customer,
                    creditor=bill.creditor,
                    kind="credit_note",
                    currency=bill.currency,
                    issued_on=issued,
                    due_on=issued,
                    principal=-(bill.asked * random.randint(2, 10) // 100),
                    seller=bill.seller,
                    contract=bill.contract,
                    reference=f"退货冲红，原票{bill.number}",
                )
            )


def _held(books: _Books, customers: list[Customer]) -> None:
    """Retention and deposits under contracts, most of which still run; of two that ended the money is late."""
    random = books.random
    big = [customer for customer in customers if customer.size in ("large", "medium")]
    for place, customer in enumerate(random.sample(big, 18)):
        kind = "retention" if place % 3 else "deposit"
        issued = next_working(after(LEDGER_BEGINS, random.randint(20, 300)))
        ended = place in (0, 7, 13)
        ends = after(LAST_NIGHT, -random.randint(5, 70)) if ended else after(LAST_NIGHT, random.randint(20, 420))
        bill = Bill(
            number=books.number("ZB" if kind == "retention" else "YJ", issued),
            customer=customer,
            creditor=PARENT,
            kind=kind,
            currency="CNY",
            issued_on=issued,
            due_on=after(issued, 30),
            principal=random.randint(8, 60) * 100_000,
            seller=customer.seller,
            contract=f"HT{issued.year}-{customer.number[2:]}-{'ZB' if kind == 'retention' else 'YJ'}",
            contract_ends_on=ends,
            reference="设备款5%质保金" if kind == "retention" else "履约保证金",
        )
        if place == 7:
            bill.plan = [Planned(next_working(after(ends, 3)))]
        books.bills.append(bill)


def _loose_slips(books: _Books, customers: list[Customer]) -> None:
    """Money for no bill at all: prepayments, in both currencies."""
    random = books.random
    some = [c for c in customers if c.size in ("large", "medium", "abroad") and c.habit == "prompt"]
    for customer in random.sample(some, 9):
        came = next_working(after(LAST_NIGHT, -random.randint(4, 120)))
        books.extra.append(
            Payment(
                number="",
                customer=customer,
                creditor=PARENT,
                currency=customer.currencies[-1],
                received_on=came,
                amount=random.randint(4, 30) * (200_000 if customer.currencies[-1] == "USD" else 500_000),
                bill="",
                reference="预付货款" if customer.country == "CN" else "ADVANCE PAYMENT",
            )
        )


def _former_seller(books: _Books) -> None:
    """The oldest bills of one customer still name somebody who left."""
    owed = [bill for bill in books.bills if bill.kind == "invoice" and bill.plan == [] and bill.paid == 0]
    for bill in owed[:4]:
        bill.seller = cast.FORMER_SELLER
