from __future__ import annotations

from django.db import models

from liangqing.receivables.models.bill import Bill
from liangqing.receivables.models.receipt import Receipt


class Allocation(models.Model):
    """A part of a receipt set against a bill, in whole minor units (分). Append-only; a reversal is negative.

    Within a bill, money pays costs, then interest, then principal (民法典 561): that split follows from the total paid
    and is computed on read.
    """

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="allocations")
    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="allocations")
    allocated_on = models.DateField()
    amount = models.BigIntegerField()
    imported = models.BigIntegerField(null=True)
