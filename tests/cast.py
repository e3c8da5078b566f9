"""A small named cast for diaries: two who collect, one who sells, two heads, and customers as a test needs them.

林 (lin) works at every desk, 梅 (mei) at none of her own; 王 (wang) sells; 陈 (chen) heads sales, 赵 (zhao) heads risk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from liangqing.cases.actions import promises
from liangqing.cases.models import Case, Promise, Task
from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.parties.models import Creditor, Party
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.receivables.models import Allocation, Bill, Contract, Receipt
from liangqing.trail.models import Entry
from liangqing.warning.models import Alert, Standing

DESKS = ("business", "collection", "special")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def yuan(amount: int | str, currency: str = "CNY") -> Money:
    return Money.of(str(amount), currency)


@dataclass
class Customer:
    """One customer of the cast, towards the institution itself."""

    party: Party
    creditor: Creditor

    def bill(
        self, amount: int | str, *, due: str, kind: str = "invoice", seller: User | None = None,
        currency: str = "CNY", contract_ends: str | None = None,
    ) -> Bill:  # fmt: skip
        number = f"{self.party.number}-{Bill.objects.count() + 1}"
        contract = None
        if contract_ends:
            contract = Contract.objects.create(
                party=self.party, creditor=self.creditor, number=number, ends_on=day(contract_ends)
            )
        return Bill.objects.create(
            party=self.party,
            creditor=self.creditor,
            contract=contract,
            number=number,
            kind=kind,
            currency=currency,
            due_on=day(due),
            principal=yuan(amount, currency).amount,
            seller=seller,
        )

    def pays(self, amount: int | str, *, on: str, bill: Bill | None = None, currency: str = "CNY") -> Receipt:
        """Money comes; on account when no bill is named."""
        receipt = Receipt.objects.create(
            party=self.party,
            creditor=self.creditor,
            number=f"P{Receipt.objects.count() + 1}",
            received_on=day(on),
            amount=yuan(amount, currency).amount,
            currency=currency,
        )
        if bill:
            Allocation.objects.create(receipt=receipt, bill=bill, allocated_on=day(on), amount=receipt.amount)
        return receipt

    def promises(self, amount: int | str, *, on: str, due: str, currency: str = "CNY") -> Promise:
        with clock.at(on):
            return promises.record(self.live_case, amount=yuan(amount, currency), due_on=day(due), by=None)

    @property
    def live_case(self) -> Case:
        return Case.objects.get(party=self.party, stage="open")

    @property
    def case(self) -> Case | None:
        """The last case there was, open or closed."""
        return Case.objects.filter(party=self.party).order_by("-id").first()

    @property
    def task(self) -> Task | None:
        return Task.objects.filter(party=self.party, state="open").first()

    @property
    def action(self) -> str | None:
        return self.task.action if self.task else None

    @property
    def level(self) -> str | None:
        standing = Standing.objects.filter(party=self.party).first()
        return standing.level if standing else None

    @property
    def alerts(self) -> Sequence[tuple[str, str]]:
        return [(row.raised_on.isoformat(), row.level) for row in Alert.objects.filter(party=self.party).order_by("id")]

    def timeline(self) -> list[str]:
        """What the trail tells of this customer, in order."""
        return list(Entry.objects.filter(party_id=self.party.pk).order_by("id").values_list("event", flat=True))


@dataclass
class Cast:
    """The institution and its people; customers join as they are named."""

    creditor: Creditor = field(init=False)
    lin: User = field(init=False)
    mei: User = field(init=False)
    wang: User = field(init=False)
    chen: User = field(init=False)
    zhao: User = field(init=False)

    def __post_init__(self) -> None:
        self.creditor = Creditor.objects.create(code="HOME", name="本单位")
        sales = staff.found_department("sales", name="销售部", kind="business")
        risk = staff.found_department("risk", name="风控部", kind="risk")
        collection = staff.found_department("collection", name="催收部", kind="collection")
        self.chen = staff.join("chen", name="陈", department=sales, duties=("head",))
        self.zhao = staff.join("zhao", name="赵", department=risk, duties=("head", "risk"))
        self.wang = staff.join("wang", name="王", department=sales, duties=("sell",))
        self.lin = staff.join("lin", name="林", department=collection, skills=DESKS)
        self.mei = staff.join("mei", name="梅", department=collection)

    def customer(self, name: str, **columns: Any) -> Customer:
        number = f"K{(Party.objects.aggregate(last=Max('id'))['last'] or 0) + 1}"
        party = Party.objects.create(number=number, kind="company", name_stored=name, name_index=b"", **columns)
        return Customer(party, self.creditor)

    def leaves(self, person: User) -> None:
        User.objects.filter(pk=person.pk).update(is_active=False)
