from __future__ import annotations

from django.conf import settings
from django.db import models

from liangqing.people.models import Department


class _OfANight(models.Model):
    """A small sum of one night, by the person who answers, so that no page adds up the portfolio.

    ``owner`` is the person whose case it is, ``department`` that person's on that day; both empty where nobody has a
    case. Written by the night alone; the same date run again replaces its rows.
    """

    date = models.DateField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    department = models.ForeignKey(Department, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True


class Tally(_OfANight):
    """What was owed on the morning of a date, by person, currency, level and age band; amounts in minor units.

    A customer counts once in a currency, in the band of the oldest bill that asks for something; so counts add up.
    """

    desk = models.CharField(
        max_length=32, blank=True, default="", help_text="the desk such a case is dealt to; empty without a case"
    )
    currency = models.CharField(max_length=3)
    level = models.CharField(max_length=8, help_text="the account's warning level, or none")
    bucket = models.CharField(max_length=8, help_text="age band")
    obligors = models.BigIntegerField()
    bills = models.BigIntegerField()
    amount = models.BigIntegerField(help_text="owed, less credit notes")
    asked = models.BigIntegerField(help_text="owed, without credit notes")
    late = models.BigIntegerField(help_text="of this, what is late")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["date", "owner", "currency", "bucket", "level", "desk"],
                nulls_distinct=False,
                name="cases_tally_once",
            )
        ]


class Roll(_OfANight):
    """How money moved between age bands since the night before 迁徙; minor units, credit notes left out.

    What went out of a band adds up to what stood in it the night before; what came into one, to what stands in it now.
    A bill paid in part moves with what is left, and what was paid goes to ``paid`` (which is also where money goes that
    was credited or corrected away). A bill counts there only when nothing of it is left.
    """

    currency = models.CharField(max_length=3)
    from_bucket = models.CharField(max_length=8)
    to_bucket = models.CharField(max_length=8)
    bills = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["date", "owner", "currency", "from_bucket", "to_bucket"],
                nulls_distinct=False,
                name="cases_roll_once",
            )
        ]


class Load(_OfANight):
    """How much a person had to do on the morning of a date: cases, tasks, and the tasks' points."""

    cases = models.IntegerField()
    tasks = models.IntegerField()
    points = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["date", "owner"], nulls_distinct=False, name="cases_load_once")]


class Collected(_OfANight):
    """Money that came to the books since the night before, by the person who had the customer's case that night.

    A reversal takes away what it reverses on the night it comes.
    """

    currency = models.CharField(max_length=3)
    receipts = models.IntegerField(help_text="receipts, less reversals")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["date", "owner", "currency"], nulls_distinct=False, name="cases_collected_once"
            )
        ]
