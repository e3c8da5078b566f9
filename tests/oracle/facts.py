"""What the oracle knows of an institution: rows of the database as plain objects, all of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass

Obligor = tuple[int, int]
"""party, creditor"""

Account = tuple[int, int, str]
"""party, creditor, currency"""


@dataclass(frozen=True)
class Bill:
    id: int
    party: int
    creditor: int
    currency: str
    kind: str
    issued_on: dt.date | None
    due_on: dt.date
    contract_ends_on: dt.date | None
    amount: int
    seller: int | None = None

    @property
    def account(self) -> Account:
        return self.party, self.creditor, self.currency


@dataclass(frozen=True)
class Adjustment:
    bill: int
    effective_on: dt.date | None
    amount: int


@dataclass(frozen=True)
class Receipt:
    id: int
    party: int
    creditor: int
    currency: str
    received_on: dt.date
    amount: int

    @property
    def account(self) -> Account:
        return self.party, self.creditor, self.currency


@dataclass(frozen=True)
class Allocation:
    receipt: int
    bill: int
    allocated_on: dt.date
    amount: int


@dataclass(frozen=True)
class Person:
    id: int
    active: bool
    capacity: int
    duties: tuple[str, ...]
    skills: tuple[str, ...]
    department: int | None


@dataclass(frozen=True)
class Department:
    id: int
    kind: str
    head: int | None


@dataclass
class Standing:
    level: str
    row: str
    policy: str
    since_on: dt.date


@dataclass(frozen=True)
class Warned:
    """An alert raised on an earlier night."""

    account: Account
    level: str
    raised_on: dt.date
    told: frozenset[int]
    waits: bool
    """Neither acknowledged nor escalated."""


@dataclass
class Case:
    id: int
    number: str
    party: int
    creditor: int
    stage: str
    level: str
    row: str
    owner: int | None
    desk: str
    opened_on: dt.date
    closed_on: dt.date | None
    policy: str
    next_on: dt.date | None = None
    customer_class: str = ""
    class_row: str = ""

    @property
    def obligor(self) -> Obligor:
        return self.party, self.creditor


@dataclass(frozen=True)
class Record:
    id: int
    case: int
    contacted_on: dt.date
    says: str
    says_until_on: dt.date
    corrects: int | None = None


@dataclass
class Promise:
    id: int
    case: int
    currency: str
    amount: int
    promised_on: dt.date
    due_on: dt.date
    state: str
    judged_on: dt.date | None


@dataclass
class Task:
    id: int
    party: int
    creditor: int
    case: int | None
    action: str
    row: str
    owner: int | None
    points: int
    reasons: list[str]
    policy: str
    created_on: dt.date
    due_on: dt.date
    state: str
    ended_on: dt.date | None
    pinned_at: dt.datetime | None = None

    @property
    def obligor(self) -> Obligor:
        return self.party, self.creditor


@dataclass
class Books:
    """Everything a night may look at, and everything it may change."""

    classes: dict[int, str]
    bills: list[Bill]
    adjustments: list[Adjustment]
    receipts: list[Receipt]
    allocations: list[Allocation]
    people: list[Person]
    departments: list[Department]
    standings: dict[Account, Standing]
    warned: dict[int, Warned]
    cases: dict[int, Case]
    promises: dict[int, Promise]
    tasks: dict[int, Task]
    records: list[Record]
    graces: list[tuple[int, dt.date, dt.date]]
    """case, from, until"""

    def copy(self) -> Books:
        return dataclasses.replace(
            self,
            standings={key: dataclasses.replace(row) for key, row in self.standings.items()},
            cases={key: dataclasses.replace(row) for key, row in self.cases.items()},
            promises={key: dataclasses.replace(row) for key, row in self.promises.items()},
            tasks={key: dataclasses.replace(row) for key, row in self.tasks.items()},
        )


def read() -> Books:
    """All rows of the stored books."""
    from liangqing.cases import models as cases
    from liangqing.parties.models import Party
    from liangqing.people.models import Department as StoredDepartment
    from liangqing.people.models import User
    from liangqing.receivables import models as receivables
    from liangqing.warning.models import Alert
    from liangqing.warning.models import Standing as StoredStanding

    def amount(row: receivables.Bill | receivables.Adjustment) -> int:
        return row.principal + row.interest + row.penalty + row.fee

    return Books(
        classes={party.pk: party.customer_class for party in Party.objects.all()},
        bills=[
            Bill(
                bill.pk,
                bill.party_id,
                bill.creditor_id,
                bill.currency,
                bill.kind,
                bill.issued_on,
                bill.due_on,
                bill.contract.ends_on if bill.contract else None,
                amount(bill),
                bill.seller_id,
            )
            for bill in receivables.Bill.objects.select_related("contract")
        ],
        adjustments=[
            Adjustment(row.bill_id, row.effective_on, amount(row)) for row in receivables.Adjustment.objects.all()
        ],
        receipts=[
            Receipt(row.pk, row.party_id, row.creditor_id, row.currency, row.received_on, row.amount)
            for row in receivables.Receipt.objects.all()
        ],
        allocations=[
            Allocation(row.receipt_id, row.bill_id, row.allocated_on, row.amount)
            for row in receivables.Allocation.objects.all()
        ],
        people=[
            Person(row.pk, row.is_active, row.capacity, tuple(row.duties), tuple(row.skills), row.department_id)
            for row in User.objects.all()
        ],
        departments=[Department(row.pk, row.kind, row.head_id) for row in StoredDepartment.objects.all()],
        standings={
            (row.party_id, row.creditor_id, row.currency): Standing(row.level, row.row, row.policy, row.since_on)
            for row in StoredStanding.objects.all()
        },
        warned={
            row.pk: Warned(
                (row.party_id, row.creditor_id, row.currency),
                row.level,
                row.raised_on,
                frozenset(row.recipients),
                row.acknowledged_at is None and row.escalated_on is None,
            )
            for row in Alert.objects.all()
        },
        cases={
            row.pk: Case(
                row.pk,
                row.number,
                row.party_id,
                row.creditor_id,
                row.stage,
                row.level,
                row.level_row,
                row.owner_id,
                row.desk,
                row.opened_on,
                row.closed_on,
                row.policy,
                row.next_on,
                row.customer_class,
                row.class_row,
            )
            for row in cases.Case.objects.all()
        },
        promises={
            row.pk: Promise(
                row.pk,
                row.case_id,
                row.currency,
                row.amount,
                row.promised_on,
                row.due_on,
                row.state,
                row.judged_on,
            )
            for row in cases.Promise.objects.all()
        },
        tasks={
            row.pk: Task(
                row.pk,
                row.party_id,
                row.creditor_id,
                row.case_id,
                row.action,
                row.action_row,
                row.owner_id,
                row.points,
                list(row.reasons),
                row.policy,
                row.created_on,
                row.due_on,
                row.state,
                row.ended_on,
                row.pinned_at,
            )
            for row in cases.Task.objects.all()
        },
        records=[
            Record(row.pk, row.case_id, row.contacted_on, row.says, row.says_until_on, row.corrects_id)
            for row in cases.Record.objects.all()
        ],
        graces=list(cases.Grace.objects.values_list("case_id", "from_on", "until_on")),
    )
