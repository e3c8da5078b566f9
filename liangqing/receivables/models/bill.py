from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _

from liangqing.parties.models import Creditor, Party
from liangqing.receivables.models.contract import Contract


class Bill(models.Model):
    """Money asked for, by a number, due on a day. Amounts are whole minor units (分), by component.

    Amounts are never edited (the database refuses): what turns out wrong is put right by an ``Adjustment``. A credit
    note's amounts are negative. Due on D, late from D+1.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        CREDIT_NOTE = "credit_note", _("credit note")
        INSTALMENT = "instalment", _("instalment")
        DEPOSIT = "deposit", _("deposit")
        RETENTION = "retention", _("retention money")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=Kind)
    currency = models.CharField(max_length=3)
    issued_on = models.DateField(null=True)
    due_on = models.DateField()
    principal = models.BigIntegerField()
    interest = models.BigIntegerField(default=0)
    penalty = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0)
    reference = models.TextField(blank=True, default="")
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    imported = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "number"], name="receivables_bill_once")]
        indexes = [
            models.Index(fields=["due_on"], name="receivables_bill_due"),
            models.Index(OpClass(Reverse("number"), "text_pattern_ops"), name="receivables_bill_ending"),
            models.Index(
                fields=["seller", "due_on"], name="receivables_bill_seller", condition=models.Q(seller__isnull=False)
            ),
        ]


class Adjustment(models.Model):
    """Puts a bill's amounts right: what to add (or take away) by component, from which day. Append-only."""

    class Reason(models.TextChoices):
        CORRECTION = "correction", _("the ledger was wrong")
        UNDONE = "undone", _("the import that brought the bill was undone")
        CANCELLED = "cancelled", _("the bill was cancelled")

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="adjustments")
    effective_on = models.DateField(null=True, help_text="empty: as if the bill had said so from the start")
    principal = models.BigIntegerField(default=0)
    interest = models.BigIntegerField(default=0)
    penalty = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=16, choices=Reason)
    note = models.TextField(blank=True, default="", db_default="", help_text="why, in the words of whoever did it")
    imported = models.BigIntegerField(null=True)
