from __future__ import annotations

from django.db import models

from liangqing.receivables.models.bill import Bill
from liangqing.receivables.models.receipt import Receipt


class Allocation(models.Model):
    """A part of a receipt set against a bill, in whole minor units (分). Append-only; a reversal is negative.

    A credit note is used by two rows of one day that both name it as ``credit`` and no receipt: the amount on the bill,
    and minus the amount on the credit note itself, so that what both ask for moves by the same amount.

    Which parts of a bill money pays follows from the table receipt.order (costs, then interest, then principal unless it
    says otherwise, 民法典 561) and is computed on read.
    """

    receipt = models.ForeignKey(Receipt, null=True, on_delete=models.PROTECT, related_name="allocations")
    credit = models.ForeignKey(Bill, null=True, on_delete=models.PROTECT, related_name="uses", db_index=False)
    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="allocations")
    allocated_on = models.DateField()
    amount = models.BigIntegerField()
    imported = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(receipt__isnull=False, credit=None) | models.Q(receipt=None, credit__isnull=False),
                name="receivables_allocation_source",
            )
        ]
        indexes = [
            models.Index(fields=["credit"], name="receivables_credit_used", condition=models.Q(credit__isnull=False))
        ]
