from __future__ import annotations

from django.conf import settings
from django.db import models

from liangqing.cases.lifecycle import PromiseState
from liangqing.cases.models.case import Case


class Promise(models.Model):
    """What the debtor promised 承诺还款: an amount by a day. Its fate is judged by receipts, never typed (P4-3.1)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="promises")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    promised_on = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=8, choices=PromiseState, default=PromiseState.OPEN)
    judged_on = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "currency"], condition=models.Q(state="open"), name="cases_one_open_promise"
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="cases_promise_positive"),
        ]
        indexes = [
            models.Index(fields=["promised_on"], name="cases_promise_given"),
            models.Index(fields=["judged_on"], name="cases_promise_judged"),
        ]
