"""Portfolios dense with the cases that matter: every edge of days and amounts, every kind of bill, odd histories."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from liangqing.cases.models import Case, Grace, Promise, Record, Task
from liangqing.kit import clock
from liangqing.parties.models import Creditor, Party
from liangqing.people.models import Department, User
from liangqing.receivables.models import Adjustment, Allocation, Bill, Contract, Receipt
from liangqing.warning.models import Alert, Standing
from tests.oracle.book import Book

FIRST = dt.date(2026, 3, 10)
CURRENCIES = ("CNY", "CNY", "CNY", "USD", "JPY", "KWD", "EUR")
DAYS = (-400, -31, -4, -3, -2, -1, 0, 0, 1, 2, 5, 6, 7, 8, 29, 30, 31, 59, 60, 61, 88, 89, 90, 91, 120, 179, 180, 181)
LONG_AGO = (400, 719, 720, 721, 1500)
KINDS = ("invoice", "invoice", "invoice", "instalment", "deposit", "retention", "credit_note")
TERMS = ("warning.share_floor", "case.minimum", "priority.medium_from", "priority.large_from")
ACTIONS = (
    "call",
    "ask_and_remind",
    "remind",
    "send_letter",
    "remind_before_due",
    "negotiate",
    "apply_money",
    "ask_why",
)
SAID = (
    ("no_answer", "unchanged", 0),
    ("promised", "none", 0),
    ("dispute_claimed", "dispute_claimed", 90),
    ("paid_already", "paid_already", 1),
    ("paid_already", "paid_already", 2),
    ("cannot_pay", "cannot_pay", 30),
    ("refused", "refused", 3),
    ("complaint", "complaint", 60),
    ("wrong_number", "unreachable", 60),
    ("deceased", "special", 3650),
)
"""Results, what they say to the night, and for how many days."""


@dataclass
class Portfolio:
    """A seeded institution: ``found`` makes it; ``live`` lets a day of work pass between two nights."""

    seed: int
    random: random.Random = field(init=False)
    book: Book = field(default_factory=Book)
    serial: int = 0
    left: dict[int, int] = field(default_factory=dict)
    """What each bill (by id) can still take, over all time."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    # the institution -----------------------------------------------------------------------------------------------

    def found(self) -> None:
        self._people()
        self.creditors = Creditor.objects.bulk_create([Creditor(code=code, name=code) for code in ("HOME", "WT")])
        count = self.random.randint(40, 80)
        self.parties = Party.objects.bulk_create(
            Party(
                number=f"K{number:03}",
                kind=self.random.choice(("company", "person")),
                name_stored=f"客户{number}",
                name_index=b"",
                customer_class=self.random.choice(("A", "B", "C", "D", "", "E")),
            )
            for number in range(count)
        )
        self.contracts = [
            Contract(creditor=creditor, party=party, number=self._number("HT"), ends_on=self._contract_end())
            for party in self.parties
            for creditor in self.creditors
            if self.random.random() < 0.4
        ]
        Contract.objects.bulk_create(self.contracts)
        for party in self.parties:
            for creditor in self.creditors if self.random.random() < 0.3 else self.creditors[:1]:
                self._bills(party, creditor, FIRST)
        self._money(FIRST, chance=0.4)
        self._history()
        self._warnings()

    def _people(self) -> None:
        pick = self.random
        units = Department.objects.bulk_create(
            Department(code=code, name=code, kind=kind)
            for code, kind in (
                ("B1", "business"),
                ("B2", "business"),
                ("C", "collection"),
                ("R", "risk"),
                ("R2", "risk"),
                *((("M", "management"),) if self.seed % 3 == 0 else ()),
            )
        )
        desks = ("business", "collection", "special") if self.seed % 4 else ("collection",)
        nobody = self.seed % 9 == 8
        people = []
        for number in range(pick.randint(6, 12)):
            duties = pick.choice(
                (["sell"], ["sell"], ["collect"], ["collect"], ["collect", "sell"], ["head"], ["risk"])
            )
            people.append(
                User(
                    username=f"u{number}",
                    name=f"u{number}",
                    department=pick.choice([*units, None]),
                    duties=["risk"] if nobody else duties,
                    skills=pick.sample(desks, pick.randint(0, len(desks))),
                    capacity=pick.choice((0, 30, 50, 100, 100, 150)),
                    is_active=pick.random() < 0.85,
                )
            )
        self.people = User.objects.bulk_create(people)
        # Nobody heads two departments; some departments have no head.
        for unit, head in zip(units, pick.sample(self.people, len(units)), strict=True):
            if pick.random() < 0.8:
                Department.objects.filter(pk=unit.pk).update(head=head)

    def _number(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}{self.serial:05}"

    def _contract_end(self) -> dt.date | None:
        if self.random.random() < 0.2:
            return None
        return FIRST - dt.timedelta(days=self.random.choice((*DAYS, 400)))

    # bills ---------------------------------------------------------------------------------------------------------

    def amount(self, currency: str) -> int:
        """On an edge of some term, about it, or anything."""
        edge = self.book.money(self.random.choice(TERMS), currency)
        return max(
            1, self.random.choice((edge - 1, edge, edge + 1, edge // 2, edge * 6 // 10, self.random.randint(1, 10**6)))
        )

    def _bills(self, party: Party, creditor: Creditor, today: dt.date) -> None:
        pick = self.random
        money = [pick.choice(CURRENCIES) for _ in range(pick.choice((1, 1, 1, 2)))]
        own = [c for c in self.contracts if c.party_id == party.pk and c.creditor_id == creditor.pk]
        long_ago = pick.random() < 0.1
        bills = []
        for _ in range(pick.choice((0, 1, 1, 2, 2, 3, 5))):
            kind, currency = pick.choice(KINDS), pick.choice(money)
            total = self.amount(currency)
            interest, penalty, fee = (pick.choice((0, 0, total // 20)) for _ in range(3))
            sign = -1 if kind == "credit_note" else 1
            due_on = today - dt.timedelta(days=pick.choice((*DAYS, *LONG_AGO) if long_ago else DAYS))
            issued_on = pick.choice((None, due_on - dt.timedelta(days=30), due_on, today, today + dt.timedelta(days=1)))
            bills.append(
                Bill(
                    party=party,
                    creditor=creditor,
                    contract=pick.choice(own) if own and pick.random() < 0.7 else None,
                    number=self._number("B"),
                    kind=kind,
                    currency=currency,
                    issued_on=issued_on,
                    due_on=due_on,
                    principal=sign * (total - interest - penalty - fee),
                    interest=sign * interest,
                    penalty=sign * penalty,
                    fee=sign * fee,
                    seller=pick.choice(self.people) if pick.random() < 0.5 else None,
                )
            )
        for bill in Bill.objects.bulk_create(bills):
            asked = bill.principal + bill.interest + bill.penalty + bill.fee
            if pick.random() < 0.15:
                change = pick.choice((-asked, -asked // 2, asked // 3, -asked - 1, 1))
                component = pick.choice(("principal", "interest", "penalty", "fee"))
                day = pick.choice((None, today - dt.timedelta(days=5), today, today + dt.timedelta(days=1)))
                Adjustment.objects.create(bill=bill, effective_on=day, reason="correction", **{component: change})
                asked += change
            self.left[bill.pk] = max(asked, 0)

    # money ---------------------------------------------------------------------------------------------------------

    def _money(self, today: dt.date, *, chance: float) -> None:
        """Receipts against bills in part or in full, on account, and some reversed, with a corrected version after."""
        pick = self.random
        for bill in list(Bill.objects.select_related("party", "creditor").order_by("id")):
            if pick.random() > chance:
                continue
            left = self.left[bill.pk]
            received_on = today - dt.timedelta(days=pick.choice((-1, 0, 0, 1, 1, 2, 3, 10, 40)))
            set_against = min(left, pick.choice((0, left, left, left // 2, left - 1 if left else 0)))
            over = pick.choice((0, 0, 1, self.amount(bill.currency)))
            if set_against + over <= 0:
                continue
            number = self._number("R")
            receipt = self._receipt(bill, number, 1, received_on, set_against + over)
            allocated_on = received_on + dt.timedelta(days=pick.choice((0, 0, 0, 1)))
            if set_against:
                Allocation.objects.create(receipt=receipt, bill=bill, allocated_on=allocated_on, amount=set_against)
            if pick.random() < 0.2:
                back = self._receipt(bill, number, 2, received_on, -receipt.amount, reverses=receipt)
                if set_against:
                    Allocation.objects.create(receipt=back, bill=bill, allocated_on=allocated_on, amount=-set_against)
                if pick.random() < 0.5:
                    again = self._receipt(bill, number, 3, received_on, max(1, receipt.amount // 2))
                    part = min(set_against, again.amount)
                    if part:
                        Allocation.objects.create(receipt=again, bill=bill, allocated_on=allocated_on, amount=part)
                    set_against = part
                else:
                    set_against = 0
            self.left[bill.pk] -= set_against

    def _receipt(
        self, bill: Bill, number: str, version: int, day: dt.date, amount: int, reverses: Receipt | None = None
    ) -> Receipt:
        return Receipt.objects.create(
            creditor=bill.creditor,
            party=bill.party,
            number=number,
            version=version,
            received_on=day,
            amount=amount,
            currency=bill.currency,
            reverses=reverses,
        )

    # what was there before -----------------------------------------------------------------------------------------

    def _history(self) -> None:
        """Standings, cases, promises and tasks of earlier days, some of them far from what is right now."""
        pick = self.random
        levels = (("mild", "D1"), ("moderate", "D1S"), ("moderate", "D2"), ("severe", "D2S"), ("severe", "D3"))
        before = FIRST - dt.timedelta(days=3)
        for party in self.parties:
            for creditor in self.creditors:
                if pick.random() < 0.25:
                    level, row = pick.choice(levels)
                    Standing.objects.create(
                        party=party,
                        creditor=creditor,
                        currency=pick.choice(CURRENCIES),
                        level=level,
                        row=row,
                        policy="before",
                        since_on=before,
                    )
                case = None
                for stage in ("closed", "open"):
                    if pick.random() > (0.1 if stage == "closed" else 0.3):
                        continue
                    level, row = pick.choice(levels)
                    year = pick.choice((2025, 2026))
                    self.serial += 1
                    case = Case.objects.create(
                        number=f"LQ-{year}-{self.serial:06}",
                        party=party,
                        creditor=creditor,
                        stage=stage,
                        level=level,
                        level_row=row,
                        owner=pick.choice([*self.people, None]),
                        desk="collection",
                        opened_on=before - dt.timedelta(days=pick.choice((0, 0, 87, 88, 120))),
                        closed_on=before if stage == "closed" else None,
                        policy="before",
                    )
                    if stage == "open":
                        self._promises(case, FIRST)
                        self._grace(case, FIRST)
                    self._records(case, FIRST)
                if pick.random() < 0.3:
                    self._task(party, creditor, case if case and case.stage == "open" else None, "open")
                if pick.random() < 0.2:
                    self._task(party, creditor, case, pick.choice(("done", "done", "dropped")))

    def _grace(self, case: Case, today: dt.date) -> None:
        """Time given now and then: over, running, or yet to begin."""
        if self.random.random() < 0.2:
            from_on = today + dt.timedelta(days=self.random.choice((-9, -3, -1, 0, 1)))
            Grace.objects.create(
                case=case,
                from_on=from_on,
                until_on=from_on + dt.timedelta(days=self.random.choice((1, 2, 5, 9))),
                reason_stored="",
                granted_by=self.random.choice(self.people),
                granted_at=clock.now(),
                policy="before",
            )

    def _records(self, case: Case, today: dt.date) -> None:
        """Contacts before, on and after the day, some of them corrected, and a next day that may be overruled."""
        pick = self.random
        known = list(Record.objects.filter(case=case, corrected_by__isnull=True))
        for _ in range(pick.choice((0, 0, 1, 1, 2))):
            contacted_on = today - dt.timedelta(days=pick.choice((-1, 0, 0, 1, 1, 2, 3, 10)))
            corrects = pick.choice(known) if known and pick.random() < 0.3 else None
            if corrects:
                known.remove(corrects)
                contacted_on = corrects.contacted_on
            result, says, days = pick.choice(SAID)
            record = Record.objects.create(
                case=case,
                party_id=case.party_id,
                creditor_id=case.creditor_id,
                at=dt.datetime.combine(contacted_on, dt.time(9), tzinfo=dt.UTC),
                contacted_on=contacted_on,
                by=pick.choice(self.people),
                channel=pick.choice(("phone", "visit")),
                reached="self",
                result=result,
                result_row="Z00",
                policy="before",
                says=says,
                says_until_on=contacted_on + dt.timedelta(days=days),
                corrects=corrects,
            )
            known.append(record)
        if pick.random() < 0.4:
            next_on = pick.choice((None, today, *(today + dt.timedelta(days=days) for days in (-2, 1, 1, 2, 5))))
            Case.objects.filter(pk=case.pk).update(next_on=next_on)

    def _warnings(self) -> None:
        """Alerts of earlier nights: waiting, acknowledged or escalated, at and about the days they may wait."""
        pick = self.random
        accounts = sorted(set(Bill.objects.values_list("party", "creditor", "currency")))
        Alert.objects.bulk_create(
            Alert(
                party_id=party,
                creditor_id=creditor,
                currency=currency,
                level=pick.choice(("mild", "moderate", "severe")),
                row="D1",
                policy="before",
                raised_on=FIRST - dt.timedelta(days=pick.choice((1, 2, 3, 4, 5, 8, 9, 10, 11))),
                amount=1,
                days_late=1,
                recipients=sorted({pick.choice(self.people).pk for _ in range(pick.choice((0, 1, 2)))}),
                acknowledged_at=at,
                acknowledged_by=self.people[0] if at else None,
                escalated_on=pick.choice((None, None, None, FIRST - dt.timedelta(days=1))),
            )
            for party, creditor, currency in accounts
            if pick.random() < 0.3
            for at in (pick.choice((None, None, None, dt.datetime(2026, 3, 9, tzinfo=dt.UTC))),)
        )

    def _promises(self, case: Case, today: dt.date) -> None:
        pick = self.random
        for currency in sorted({pick.choice(CURRENCIES) for _ in range(pick.choice((0, 1, 2)))}):
            for state in ("kept", "partly", "broken", "replaced"):
                if pick.random() < 0.2:
                    judged = today - dt.timedelta(days=pick.choice((1, 2, 3, 12, 13, 14, 15)))
                    self._promise(case, currency, today, state, judged)
            if pick.random() < 0.7 and not Promise.objects.filter(case=case, currency=currency, state="open").exists():
                self._promise(case, currency, today, "open", None)

    def _promise(self, case: Case, currency: str, today: dt.date, state: str, judged: dt.date | None) -> None:
        pick = self.random
        promised = today - dt.timedelta(days=pick.choice((-1, 0, 1, 2, 3, 10)))
        Promise.objects.create(
            case=case,
            currency=currency,
            amount=self.amount(currency),
            promised_on=promised,
            due_on=today + dt.timedelta(days=pick.choice((-5, -3, -2, -1, -1, 0, 1, 7))),
            state=state,
            judged_on=judged,
        )

    def _task(self, party: Party, creditor: Creditor, case: Case | None, state: str) -> None:
        pick = self.random
        ended = {"open": None}.get(state, FIRST - dt.timedelta(days=pick.choice((-1, 0, 0, 1))))
        owner = case.owner if case else pick.choice([*self.people, None])
        Task.objects.create(
            party=party,
            creditor=creditor,
            case=case,
            action=pick.choice(ACTIONS),
            action_row=pick.choice(("A06", "A08", "A10", "A11")),
            owner=owner,
            points=pick.choice((0, 10, 18, 25)),
            reasons=pick.choice(([], ["L1"], ["L1", "T1"], ["L2"])),
            policy="before",
            created_on=FIRST - dt.timedelta(days=2),
            due_on=FIRST - dt.timedelta(days=2),
            state=state,
            ended_on=ended,
        )

    # a day of work -------------------------------------------------------------------------------------------------

    def live(self, today: dt.date) -> None:
        """The day after a night: money comes, promises are made, tasks are finished, people come and leave."""
        pick = self.random
        self._money(today, chance=0.15)
        for case in Case.objects.filter(stage="open").order_by("id"):
            if pick.random() < 0.3:
                self._promises(case, today)
            if pick.random() < 0.4:
                self._records(case, today)
        for task in Task.objects.filter(state="open").order_by("id"):
            if pick.random() < 0.3:
                Task.objects.filter(pk=task.pk).update(
                    state="done", ended_on=today + dt.timedelta(days=pick.choice((-1, 0, 0, 1)))
                )
        for person in pick.sample(self.people, 2):
            User.objects.filter(pk=person.pk).update(
                is_active=pick.random() < 0.5, capacity=pick.choice((0, 50, 100, 150))
            )
        User.objects.create(username=f"new{today}", name="new", duties=["collect"], skills=["special"], capacity=100)
        for party in pick.sample(self.parties, 8):
            self._bills(party, pick.choice(self.creditors), today)
        for party in pick.sample(self.parties, 5):
            Party.objects.filter(pk=party.pk).update(customer_class=pick.choice(("A", "B", "C", "D", "")))
