"""What the last night left behind of the books. Of customers of whom nothing has moved since it is still so, and a page need not
go through all they ever had (``queries.moved``)."""

from __future__ import annotations

from django.db import models


class Morning(models.Model):
    """How far the books went when the last night was decided: by it is told of whom anything has moved since."""

    on = models.DateField(unique=True)
    taken_at = models.DateTimeField(help_text="when the night took its snapshot")
    finished_below = models.BigIntegerField(help_text="all transactions numbered below were finished by then (32 bits)")
    last_bill = models.BigIntegerField()
    last_adjustment = models.BigIntegerField()
    last_allocation = models.BigIntegerField()
    last_import = models.BigIntegerField()
    undone = models.BigIntegerField(help_text="how many imports had been undone")


class Unsettled(models.Model):
    """A bill of which something was left."""

    bill_id = models.BigIntegerField(primary_key=True)
    party_id = models.BigIntegerField()
    due_on = models.DateField(help_text="as the bill says it")
    asks = models.BooleanField(help_text="whether it asks for money; a credit note gives")

    class Meta:
        indexes = [
            models.Index(
                fields=["party_id", "bill_id"], include=["due_on", "asks"], name="receivables_unsettled_party"
            ),
            # Of many customers the first that are due are met by going through everybody's in this order.
            models.Index(fields=["due_on", "bill_id"], include=["party_id", "asks"], name="receivables_unsettled_due"),
        ]


class Total(models.Model):
    """What a customer was asked for by a creditor in a currency, credit notes left out; minor units."""

    pk = models.CompositePrimaryKey("party_id", "creditor_id", "currency")
    party_id = models.BigIntegerField()
    creditor_id = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    asked = models.BigIntegerField(help_text="what is open and asked for, late or not")
    late = models.BigIntegerField()
    due_on = models.DateField(help_text="the day the oldest bill that asks for anything falls due")
