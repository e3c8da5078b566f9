from __future__ import annotations

from django.db import models

FREQUENT = ("alert raised", "case assigned", "case closed", "case level moved", "case opened")
"""What nights tell by the thousand. Anybody who looks for one finds some on the last pages, so the index of events leaves
them out: it would be half as big as the trail otherwise, and nights the slower."""


class Entry(models.Model):
    """One act: who, when, what happened to which thing of whom. The database refuses to change or delete it.

    ``mac`` is an HMAC over all other columns with a key that is not in the database, so that even somebody who may do
    everything in the database can't alter an entry or add one unseen.
    """

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    day = models.DateField(help_text="the business day it belongs to: the date of the night, or the day of the act")
    event = models.CharField(max_length=64)
    actor_id = models.BigIntegerField(null=True, help_text="the person who acted; empty when the system did")
    thing = models.CharField(max_length=32)
    thing_id = models.BigIntegerField()
    party_id = models.BigIntegerField(null=True)
    facts = models.JSONField()
    mac = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["party_id", "id"], name="trail_party", condition=models.Q(party_id__isnull=False)),
            models.Index(fields=["thing", "thing_id"], name="trail_thing"),
            models.Index(fields=["actor_id", "id"], name="trail_actor", condition=models.Q(actor_id__isnull=False)),
            models.Index(fields=["event", "id"], name="trail_event", condition=~models.Q(event__in=FREQUENT)),
            models.Index(fields=["day", "id"], name="trail_day"),
        ]
