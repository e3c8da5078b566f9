"""Two months at the demo institution: what finance brings in, whom people call, what debtors say and do.

A night decides for the day that begins. Then people work through the tops of their lists; in the evening finance brings
in what the bank and the ledger have.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from random import Random

from liangqing.cases.actions import records, tasks
from liangqing.cases.lifecycle import TaskState
from liangqing.cases.models import Task
from liangqing.house.demo import files
from liangqing.house.demo.cast import LEDGER_CLERK
from liangqing.house.demo.customers import Customer
from liangqing.house.demo.days import after, is_billing_day, is_payment_day, is_working, next_payment_day
from liangqing.house.demo.ledger import Bill, Ledger, Payment, pay_as_promised, put_off
from liangqing.house.demo.talks import Talk, Voice
from liangqing.imports.actions.bring import Result, bring
from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.nightly.actions.run import Progress
from liangqing.parties.models import Contact
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.receivables.importables import IMPORTABLES

_CALLS_A_DAY = 2
_REST_DAYS = 8
"""A debtor who was reached is left in peace so long."""
_PROMISES = {"prompt": 55, "slow": 50, "poor": 45, "stopped": 25}
"""How many of a hundred calls end with a promise, by habit."""
_KEEPS = {"prompt": (80, 10), "slow": (62, 18), "poor": (25, 30), "stopped": (0, 30)}
"""How many of a hundred promises are kept, and kept in part."""
_PROMISING = frozenset(("call", "ask_and_remind", "remind", "ask_why", "negotiate", "visit", "send_letter"))
_DOUBTS = frozenset(("handle_dispute", "handle_complaint", "trace_payment", "find_contact"))
"""Actions after which somebody writes down how the matter ended."""
_WAYS = {"phone": "phone", "wechat": "phone", "letter": "address", "visit": "address"}
"""The kind of contact a channel uses."""
_PENALTY_PER_10000_A_DAY = 5
"""As the instalment contracts of the demo say."""


class Life:
    """The days, one after the other, over one ledger."""

    def __init__(
        self,
        customers: list[Customer],
        ledger: Ledger,
        people: Mapping[str, User],
        random: Random,
        folder: Path,
        hear: Progress,
    ) -> None:
        self.customers = {customer.number: customer for customer in customers}
        self.ledger = ledger
        self.people = people
        self.random = random
        self.folder = folder
        self.hear = hear
        self.voice = Voice(len(customers))
        self.reached: dict[tuple[int, int], dt.date] = {}
        self.billed_until: dt.date | None = None
        self.put_right: list[Payment] = []
        self.to_bill_again: list[Bill] = []
        self.billing_files = self.payment_files = 0

    # files -----------------------------------------------------------------------------------------------------------

    def open_the_books(self, day: dt.date) -> None:
        """The ledger as of a day, brought in on that evening."""
        with clock.at(_evening(day)):
            self._bring(day, files.companies(self.folder / "企业客户.csv", self.customers.values()))
            self._bring(day, files.persons(self.folder / "个人客户.csv", self.customers.values()))
            self._bill(day, "期初")
            self._take_in(day, "期初")

    def evening(self, day: dt.date) -> None:
        """What finance brings in at the end of a day: on Fridays new bills, on Tuesdays and Fridays money."""
        with clock.at(_evening(day)):
            if is_billing_day(day):
                self._bill(day, f"{day:%m%d}")
            if is_payment_day(day):
                self._take_in(day, f"{day:%m%d}")

    def _bill(self, day: dt.date, label: str) -> None:
        first = after(self.billed_until, 1) if self.billed_until else None
        bills, self.billed_until = self.ledger.issued(first, day), day
        self.billing_files += 1
        late = self._charge_penalties(day)
        instalments = {bill.number: bill for bill in [*(b for b in bills if b.kind == "instalment"), *late]}
        trade = [*self.to_bill_again, *(bill for bill in bills if bill.kind != "instalment")]
        self.to_bill_again = []
        misdated: dict[str, str] = {}
        if self.billing_files == 3 and trade:
            # Somebody typed a day that does not exist; the row comes back and stands right in the next week's file.
            self.to_bill_again = trade[-1:]
            misdated = {trade[-1].number: f"{trade[-1].due_on:%Y}/06/31"}
        if trade:
            self._bring(day, files.invoices(self.folder / f"应收账单_{label}.csv", trade, self.random, misdated))
        if instalments:
            self._bring(day, files.instalments(self.folder / f"分期账单_{label}.csv", list(instalments.values())))

    def _charge_penalties(self, day: dt.date) -> list[Bill]:
        """Late instalments, with the penalty that has grown since the last file."""
        late = self.ledger.late_instalments(day)
        for bill in late:
            bill.penalty = bill.principal * (day - bill.due_on).days * _PENALTY_PER_10000_A_DAY // 10_000
        return late

    def _take_in(self, day: dt.date, label: str) -> None:
        came = self.ledger.receive(day)
        self.payment_files += 1
        again, self.put_right = self.put_right, []
        mistyped: dict[str, int] = {}
        named = [payment for payment in came if payment.meant_for and payment.bill == payment.meant_for.number]
        if self.payment_files == 4 and named:
            # A decimal point slipped; the next file puts it right.
            mistyped = {named[-1].number: named[-1].amount // 10}
            self.put_right = named[-1:]
        if came or again:
            numbers = {payment.number: payment for payment in [*again, *came]}
            path = self.folder / f"收款_{label}.csv"
            self._bring(day, files.payments(path, list(numbers.values()), self.random, mistyped))

    def _bring(self, day: dt.date, path: Path) -> Result:
        return bring(path, IMPORTABLES, by=self.people[LEDGER_CLERK], progress=lambda step: self.hear(day, step))

    # work ------------------------------------------------------------------------------------------------------------

    def work(self, day: dt.date) -> None:
        """Everybody who collects goes through the top of the list."""
        if not is_working(day):
            return
        for person in self.people.values():
            if person.has_duty(Duty.COLLECT):
                for task in self._top_of_the_list(person, day):
                    with clock.at(self.voice.moment(_morning(day))):
                        self._talk(task, person, day)

    def _top_of_the_list(self, person: User, day: dt.date) -> list[Task]:
        """The most urgent tasks, in the order of the list, of debtors who were not reached in the last days."""
        chosen: list[Task] = []
        waiting = Task.objects.filter(owner=person, state=TaskState.OPEN).select_related("case", "party", "creditor")
        for task in waiting.order_by("-points", "due_on", "party__number", "id"):
            who = (task.party_id, task.creditor_id)
            if who in self.reached and after(self.reached[who], _REST_DAYS) > day:
                continue
            self.reached[who] = day
            chosen.append(task)
            if len(chosen) == _CALLS_A_DAY:
                break
        return chosen

    def _talk(self, task: Task, person: User, day: dt.date) -> None:
        """What the debtor answers: has paid already, promises, or neither; and what is written down of it."""
        customer, creditor = self.customers[task.party.number], task.creditor.code
        unnamed = self.ledger.unnamed(customer.number, creditor, day)
        late = self.ledger.late(customer.number, creditor, day)
        if task.action == "apply_money" or not late:
            tasks.finish(task, by=person)
            self._find(unnamed)
            return
        if task.case is None:
            tasks.finish(task, by=person)
            return
        if task.action in _DOUBTS:
            self._write(task, person, self.voice.about(task.action, day, promised=False, settled=True))
            self._find(unnamed)
            return
        if task.action not in _PROMISING:
            tasks.finish(task, by=person)
            return
        if self.random.randrange(100) >= _PROMISES[customer.habit]:
            if why := self.voice.waits():
                tasks.postpone(task, after(day, self.voice.days(2, 7)), why, by=person)
            else:
                self._write(task, person, self.voice.about(task.action, day, promised=False))
            return
        currency = max(late, key=lambda code: (sum(bill.open for bill in late[code]), code))
        owed = sum(bill.open for bill in late[currency])
        amount = owed if self.random.random() < 0.65 else max(owed // 2 // 10_000 * 10_000, owed // 3, 1)
        due_on = next_payment_day(after(day, self.random.randint(1, 8)))
        talk = self.voice.about(task.action, day, promised=True)
        self._write(task, person, talk, promise=(Money(amount, currency), due_on))
        self._act_on_promise(customer, late[currency], amount, due_on)

    def _write(self, task: Task, person: User, talk: Talk, promise: tuple[Money, dt.date] | None = None) -> None:
        """Write the contact down; once in a while the result was picked wrongly and is corrected at once."""
        assert task.case is not None
        ways = Contact.objects.filter(party=task.party, kind=_WAYS.get(talk.channel, "phone"))
        contact = None
        if talk.result != "settled_doubt":
            contact = ways.exclude(validity=Contact.Validity.INVALID).order_by("id").first()
        seen = corrects = None
        if promise is None and talk.result == "call_back" and self.voice.misheard():
            corrects = records.record(
                task.case,
                channel=talk.channel,
                reached="nobody",
                result="no_answer",
                by=person,
                contact=contact,
                note="无人接听。",
            )
            seen = corrects.pk
        records.record(
            task.case,
            channel=talk.channel,
            reached=talk.reached,
            result=talk.result,
            by=person,
            contact=contact,
            reason=talk.reason,
            attitude=talk.attitude,
            note=f"更正：已接通。{talk.note}" if corrects else talk.note,
            next_on=talk.next_on,
            promise=promise,
            seen=seen,
            corrects=corrects,
        )

    def _act_on_promise(self, customer: Customer, late: list[Bill], amount: int, due_on: dt.date) -> None:
        """Whether the customer will do as it said, and what it will do instead."""
        keeps, partly = _KEEPS[customer.habit]
        drawn = self.random.randrange(100)
        later = after(due_on, self.random.randint(9, 45)) if customer.habit != "stopped" else None
        if drawn < keeps:
            pay_as_promised(late, amount, due_on, later)
        elif drawn < keeps + partly:
            pay_as_promised(late, max(amount * self.random.randint(20, 60) // 100, 1), due_on, later)
        else:
            put_off(late, later)

    def _find(self, unnamed: list[Payment]) -> None:
        """Finance finds out which bills the money was for; the next file says so."""
        for payment in unnamed:
            if payment.meant_for is not None:
                payment.bill = payment.meant_for.number
                payment.reference = f"{payment.reference}（已核对）"
                self.put_right.append(payment)


def small_hours(day: dt.date) -> dt.datetime:
    """When the night of a day runs."""
    return dt.datetime.combine(day, dt.time(2, 30), tzinfo=clock.zone())


def _morning(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(9, 40), tzinfo=clock.zone())


def _evening(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(17, 45), tzinfo=clock.zone())
