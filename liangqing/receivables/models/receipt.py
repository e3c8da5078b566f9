from __future__ import annotations

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.parties.models import Creditor, Party


class Receipt(models.Model):
    """Money received, in whole minor units (分). Append-only: a reversal is a new row of the opposite amount.

    A number's rows are its versions: 1 as first entered; a correction adds a reversal and a new version, all on the
    day the money came, so that the past is told right.
    """

    class Method(models.TextChoices):
        TRANSFER = "transfer", pgettext_lazy("method", "transfer")
        CASH = "cash", _("cash")
        DRAFT = "draft", _("bill of exchange")
        DEBIT = "debit", _("direct debit")
        WALLET = "wallet", _("mobile wallet")
        CLEARING = "clearing", _("cleared in the ledger it came from")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=80)
    version = models.SmallIntegerField(default=1)
    received_on = models.DateField()
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=12, choices=Method, default=Method.TRANSFER)
    bill_number = models.CharField(max_length=64, blank=True, default="", help_text="the bill the payer named")
    reference = models.TextField(blank=True, default="")
    reverses = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    imported = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "number", "version"], name="receivables_receipt_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, reverses=None) | models.Q(amount__lt=0, reverses__isnull=False),
                name="receivables_receipt_sign",
            ),
        ]
        indexes = [
            models.Index(fields=["received_on"], name="receivables_receipt_day"),
            models.Index(OpClass(Reverse("number"), "text_pattern_ops"), name="receivables_receipt_ending"),
            models.Index(
                fields=["reverses"], name="receivables_receipt_back", condition=models.Q(reverses__isnull=False)
            ),
        ]
