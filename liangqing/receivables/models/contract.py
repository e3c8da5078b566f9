from __future__ import annotations

from django.db import models

from liangqing.parties.models import Creditor, Party


class Contract(models.Model):
    """What a bill rests on. A deposit or retention is not late while its contract runs (P4-5)."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=64)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    imported = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "number"], name="receivables_contract_once")]
