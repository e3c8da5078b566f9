from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from liangqing.outreach.kinds import Channel
from liangqing.parties.models import Creditor, Party


class Outlook(models.Model):
    """What keeps a debtor from being asked for payment by a channel today, for reasons of their own: the night decided it.

    Only what differs from everybody in the same place is here: whoever has no row may be reached in the hours that count
    for all. ``effect`` is that of the strictest of ``rules`` (block, approval, warn; empty: only the hours differ);
    ``from_minute`` is the minute after midnight, in the debtor's own zone, from which hours they asked for or agreed to
    allow it; empty where the usual ones count. The guard itself is asked again before every contact.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+", db_index=False)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel)
    effect = models.CharField(max_length=8, blank=True, default="")
    from_minute = models.SmallIntegerField(null=True)
    rules = ArrayField(models.CharField(max_length=48), default=list)
    since_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "creditor", "channel"], name="outreach_outlook_once"),
        ]
