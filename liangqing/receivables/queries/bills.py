"""Bills as a list shows them: what is asked, paid and owed of a page of bills, and which bills are open or late."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Reverse

from liangqing.receivables.models import Adjustment, Allocation, Bill, Contract, Receipt
from liangqing.receivables.queries.order import payments
from liangqing.receivables.rules.allocation import fall
from liangqing.receivables.rules.lateness import HELD_KINDS, bucket_of, due_day

COMPONENTS = ("principal", "interest", "penalty", "fee")
MOST_BY_NUMBER = 1000
Row = TypeVar("Row", Bill, Receipt)
_TOTAL = F("principal") + F("interest") + F("penalty") + F("fee")


@dataclass(frozen=True)
class BillRow:
    """A bill on a day; amounts in minor units, of a credit note negative.

    ``asked`` includes adjustments; ``paid`` is what receipts paid, ``credited`` what credit notes did (of a credit note:
    what was used of it, negative); ``owed`` is what is left. ``days`` counts from the due day (due on D, late from D+1:
    1), negative before it; None when nothing is owed. Which parts are paid follows the table receipt.order.
    """

    bill: Bill
    due_on: dt.date
    asked: int
    paid: int
    credited: int
    owed: int
    days: int | None
    bucket: str
    asked_parts: dict[str, int]
    owed_parts: dict[str, int]

    @property
    def late(self) -> bool:
        return self.owed > 0 and self.days is not None and self.days >= 1


def rows(bills: Iterable[Bill], as_of: dt.date) -> list[BillRow]:
    """The bills given, in their order, as of a day: two queries for a page, however long it is; one more where deposits
    are among them, and one where bills with several parts are paid in part.

    What came later, and adjustments that count from a later day, do not exist yet on ``as_of``.
    """
    page = list(bills)
    ids = [bill.pk for bill in page]
    added, set_against = _sums(ids, as_of)
    held = {bill.contract_id for bill in page if bill.kind in HELD_KINDS and bill.contract_id}
    ends = dict(Contract.objects.filter(id__in=held).values_list("id", "ends_on")) if held else {}
    found: list[BillRow] = []
    partly: dict[int, dt.date] = {}
    for bill in page:
        more = added.get(bill.pk, (0,) * len(COMPONENTS))
        asked = {name: getattr(bill, name) + each for name, each in zip(COMPONENTS, more, strict=True)}
        paid, credited = set_against.get(bill.pk, (0, 0))
        due_on = due_day(bill.kind, bill.due_on, ends.get(bill.contract_id or 0))
        owed = sum(asked.values()) - paid - credited
        days = (as_of - due_on).days if owed else None
        if owed and paid + credited and sum(each != 0 for each in asked.values()) > 1:
            partly[bill.pk] = due_on
        found.append(
            BillRow(
                bill=bill,
                due_on=due_on,
                asked=sum(asked.values()),
                paid=paid,
                credited=credited,
                owed=owed,
                days=days,
                bucket=bucket_of(days) if days is not None else "",
                asked_parts=asked,
                owed_parts=_left_of(asked, [(paid + credited, "costs_first")]),
            )
        )
    if partly:
        paid_on = payments(partly, as_of)
        found = [
            dataclasses.replace(row, owed_parts=_left_of(row.asked_parts, paid_on[row.bill.pk]))
            if row.bill.pk in paid_on
            else row
            for row in found
        ]
    return found


def _sums(bills: Iterable[int], as_of: dt.date) -> tuple[dict[int, tuple[int, ...]], dict[int, tuple[int, int]]]:
    """Of each bill, what adjustments added to each component, and what receipts paid and credit notes credited."""
    nothing = Value(0, output_field=BigIntegerField())
    adjusted = (
        Adjustment.objects.filter(bill__in=bills)
        .filter(Q(effective_on=None) | Q(effective_on__lte=as_of))
        .values("bill_id")
        .annotate(**{f"more_{name}": Sum(name) for name in COMPONENTS}, adjusts=Value(True))
        .values_list("bill_id", "adjusts", *(f"more_{name}" for name in COMPONENTS))
        .order_by()
    )
    paid = (
        Allocation.objects.filter(bill__in=bills, allocated_on__lte=as_of)
        .values("bill_id")
        .annotate(
            adjusts=Value(False),
            paid=Sum("amount", filter=Q(receipt__isnull=False)),
            credited=Sum("amount", filter=Q(credit__isnull=False)),
            none=nothing,
            neither=nothing,
        )
        .values_list("bill_id", "adjusts", "paid", "credited", "none", "neither")
        .order_by()
    )
    added: dict[int, tuple[int, ...]] = {}
    set_against: dict[int, tuple[int, int]] = {}
    for bill, adjusts, *sums in adjusted.union(paid, all=True):
        whole = [int(each or 0) for each in sums]
        if adjusts:
            added[bill] = tuple(whole)
        else:
            set_against[bill] = (whole[0], whole[1])
    return added, set_against


def _left_of(asked: dict[str, int], used: list[tuple[int, str]]) -> dict[str, int]:
    sign = -1 if sum(asked.values()) < 0 else 1
    if sum(amount for amount, _order in used) * sign <= 0:
        return asked
    paid = fall([(amount * sign, order) for amount, order in used], **{name: asked[name] * sign for name in COMPONENTS})
    return {name: asked[name] - sign * paid[name] for name in COMPONENTS}


def bill_list(
    bills: QuerySet[Bill],
    *,
    as_of: dt.date,
    open_only: bool = False,
    late_only: bool = False,
    due_from: dt.date | None = None,
    due_until: dt.date | None = None,
    number: str = "",
    newest_first: bool = False,
    known_open: bool = False,
) -> QuerySet[Bill]:
    """The bills of a list page, by due day; slice it, then ask ``rows``. ``due_until`` is exclusive; ``number`` is how
    the number begins or ends (``by_number``).

    Open and late are found while the index of due days is walked in order: for each bill two look-ups of its own rows,
    until the page is full. Nothing is summed over the portfolio, and it must not be counted: ask for one row more than
    a page to know whether there is another. ``known_open``: what is left of each, and for late ones that it asks for
    money, the caller has seen to.
    """
    if due_from is not None:
        bills = bills.filter(due_on__gte=due_from)
    if due_until is not None:
        bills = bills.filter(due_on__lt=due_until)
    if number:
        bills = by_number(bills, number)
    if (open_only or late_only) and not known_open:
        bills = bills.filter(Q(issued_on=None) | Q(issued_on__lte=as_of)).alias(left_now=left_on(as_of))
        bills = bills.filter(left_now__gt=0) if late_only else bills.exclude(left_now=0)
    if late_only:
        over = Q(contract=None) | Q(contract__ends_on=None) | Q(contract__ends_on__lt=as_of)
        bills = bills.filter(~Q(kind__in=HELD_KINDS) | over, due_on__lt=as_of)
    return bills.order_by("-due_on", "-id") if newest_first else bills.order_by("due_on", "id")


def by_number(rows: QuerySet[Row], text: str) -> QuerySet[Row]:
    """Bills or receipts whose number begins or ends so, ``MOST_BY_NUMBER`` at most of each: both are looked up in an
    index, however many there are.

    A part from the middle is not looked up: an index of all parts of three characters takes three seconds more for each
    million rows that an import brings, a sixth of the whole (docs/performance.md).
    """
    plain = rows.select_related(None).order_by()
    begins = plain.filter(number__startswith=text)
    ends = plain.alias(backwards=Reverse("number")).filter(backwards__startswith=text[::-1])
    found = begins.values("pk")[:MOST_BY_NUMBER].union(ends.values("pk")[:MOST_BY_NUMBER])
    return rows.filter(pk__in=found)


def left_on(as_of: dt.date) -> Coalesce:
    """What a bill still asks on a day, as an expression for ``annotate``: two look-ups by the bill's id."""
    added = (
        Adjustment.objects.filter(Q(effective_on=None) | Q(effective_on__lte=as_of), bill=OuterRef("pk"))
        .order_by()
        .values("bill")
        .annotate(total=Sum(_TOTAL))
        .values("total")
    )
    paid = (
        Allocation.objects.filter(bill=OuterRef("pk"), allocated_on__lte=as_of)
        .order_by()
        .values("bill")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    whole = BigIntegerField()
    return Coalesce(
        _TOTAL + Coalesce(Subquery(added, output_field=whole), 0) - Coalesce(Subquery(paid, output_field=whole), 0), 0
    )
