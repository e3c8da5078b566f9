"""Receipts as a list shows them: what is left of each, and whether it was reversed; and where their money went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from liangqing.receivables.models import Allocation, Bill, Receipt
from liangqing.receivables.queries.bills import by_number


@dataclass(frozen=True)
class ReceiptRow:
    """A receipt today; minor units. ``rest`` is set against nothing: 0 for what is reversed, and for a reversal."""

    receipt: Receipt
    applied: int
    rest: int
    reversed: bool

    @property
    def standing(self) -> bool:
        """Whether the money is there: neither reversed nor itself a reversal."""
        return not self.reversed and self.receipt.reverses_id is None


def receipt_rows(receipts: Iterable[Receipt]) -> list[ReceiptRow]:
    """The receipts given, in their order: two queries for a page."""
    page = list(receipts)
    ids = [receipt.pk for receipt in page]
    applied = dict(
        Allocation.objects.filter(receipt__in=ids)
        .values("receipt_id")
        .annotate(total=Sum("amount"))
        .values_list("receipt_id", "total")
    )
    back = set(Receipt.objects.filter(reverses__in=ids).values_list("reverses_id", flat=True))
    found = []
    for receipt in page:
        used, gone = int(applied.get(receipt.pk) or 0), receipt.pk in back
        standing = not gone and receipt.reverses_id is None
        found.append(ReceiptRow(receipt, used if standing else 0, receipt.amount - used if standing else 0, gone))
    return found


def receipt_list(
    receipts: QuerySet[Receipt],
    *,
    unapplied_only: bool = False,
    standing_only: bool = False,
    received_from: dt.date | None = None,
    received_until: dt.date | None = None,
    number: str = "",
) -> QuerySet[Receipt]:
    """The receipts of a list page, the latest first; slice it, then ask ``receipt_rows``. ``received_until`` is
    exclusive; ``number`` is how the number begins or ends (``by_number``).

    What has something left is found while the index of days is walked in order, with two look-ups for each receipt,
    until the page is full; don't count it.
    """
    if received_from is not None:
        receipts = receipts.filter(received_on__gte=received_from)
    if received_until is not None:
        receipts = receipts.filter(received_on__lt=received_until)
    if number:
        receipts = by_number(receipts, number)
    if unapplied_only or standing_only:
        receipts = receipts.filter(~Exists(Receipt.objects.filter(reverses=OuterRef("pk"))), reverses=None)
    if unapplied_only:
        used = (
            Allocation.objects.filter(receipt=OuterRef("pk"))
            .order_by()
            .values("receipt")
            .annotate(total=Sum("amount"))
            .values("total")
        )
        receipts = receipts.filter(amount__gt=Coalesce(Subquery(used, output_field=BigIntegerField()), 0))
    return receipts.order_by("-received_on", "-id")


def allocations_of(*, bill: Bill | None = None, receipt: Receipt | None = None) -> list[Allocation]:
    """What stands of a bill (a credit note: where it was used) or of a receipt: rows not taken back, with receipt,
    credit note and bill read along, by day. Each can be given to ``actions.apply.unapply``."""
    found = Allocation.objects.select_related("receipt", "credit", "bill").order_by("allocated_on", "id")
    if receipt is not None:
        found = found.filter(Q(receipt=receipt) | Q(receipt__reverses=receipt))
    elif bill is not None and bill.kind == Bill.Kind.CREDIT_NOTE:
        found = found.filter(credit=bill).exclude(bill=bill)
    else:
        found = found.filter(bill=bill)
    by_source: dict[tuple[int | None, int | None, int, dt.date], list[Allocation]] = {}
    for row in found:
        by_source.setdefault((_first(row), row.credit_id, row.bill_id, row.allocated_on), []).append(row)
    standing: list[Allocation] = []
    for group in by_source.values():
        if sum(row.amount for row in group) > 0:
            standing += _not_taken_back(
                [row for row in group if row.receipt is None or row.receipt.reverses_id is None]
            )
    return sorted(standing, key=lambda row: (row.allocated_on, row.pk))


def _not_taken_back(group: list[Allocation]) -> list[Allocation]:
    """The positive rows without those of which a later row takes the same amount back."""
    standing: list[Allocation] = []
    for row in group:
        if row.amount > 0:
            standing.append(row)
        elif gone := next((each for each in standing if each.amount == -row.amount), None):
            standing.remove(gone)
    return standing


def _first(row: Allocation) -> int | None:
    """The receipt a row speaks of: of a reversal, the one it reverses."""
    return row.receipt.reverses_id or row.receipt_id if row.receipt is not None else None
