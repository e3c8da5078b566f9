"""A finance desk: bills, receipts and credit notes entered by hand through the real doors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from liangqing.house.invariants import broken
from liangqing.parties.models import Party
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.receivables.actions import apply, bills, receipts
from liangqing.receivables.models import Bill, Receipt
from liangqing.receivables.queries import proof
from liangqing.receivables.queries.left import open_items
from liangqing.receivables.rules.allocation import Line
from tests.cast import Cast, day


@dataclass
class Desk:
    """芳 (fang) of finance, and the cast; one customer unless another is named."""

    cast: Cast = field(default_factory=Cast)
    fang: User = field(init=False)
    party: Party = field(init=False)
    serial: int = 0

    def __post_init__(self) -> None:
        self.fang = staff.join("fang", name="芳", department=None, duties=("finance",))
        self.party = self.cast.customer("华信").party

    def bill(self, principal: int, *, due: str = "2026-01-31", issued: str | None = "2026-01-01", **more: Any) -> Bill:
        """``principal`` in minor units."""
        self.serial += 1
        given: dict[str, Any] = {
            "party": self.party,
            "creditor": self.cast.creditor,
            "number": f"HB{self.serial}",
            "kind": "invoice",
            "currency": "CNY",
            "issued_on": day(issued) if issued else None,
            "due_on": day(due),
            "principal": principal,
            "by": self.fang,
        }
        return bills.enter(**{**given, **more})

    def note(self, amount: int, **more: Any) -> Bill:
        return self.bill(amount, kind="credit_note", **more)

    def receipt(self, amount: int, *, on: str = "2026-02-01", names: str = "", **more: Any) -> Receipt:
        self.serial += 1
        given: dict[str, Any] = {
            "party": self.party,
            "creditor": self.cast.creditor,
            "number": f"HP{self.serial}",
            "received_on": day(on),
            "amount": amount,
            "currency": "CNY",
            "bill_number": names,
            "by": self.fang,
        }
        return receipts.enter(**{**given, **more})

    def proposal(self, as_of: str = "2026-03-01", currency: str = "CNY") -> list[Line]:
        return apply.propose(self.party, self.cast.creditor, currency, day(as_of))

    def left(self) -> dict[str, int]:
        """What is left of each source (positive) and what each bill still asks, by number."""
        sources, claims = open_items(self.party.pk, self.cast.creditor.pk, "CNY")
        return {each.number: each.left for each in (*sources, *claims)}

    def whole(self) -> bool:
        """Every invariant holds and every row is as it was told."""
        assert list(broken()) == list(proof.flaws()) == []
        return True
