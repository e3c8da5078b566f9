from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from liangqing.api.lifecycle import DeliveryState
from liangqing.api.models.client import Client
from liangqing.kit import sealing


class Webhook(models.Model):
    """Where a client wants to be told what happened, and of which events. It is told of what its client may see.

    ``from_entry`` is the last trail entry there was when the webhook came: what happened before is not told.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="webhooks")
    url = models.TextField()
    secret_stored = models.TextField(help_text="sealed; signs what is sent")
    former_stored = models.TextField(
        blank=True, default="", help_text="sealed; the secret before, which signs beside it until former_until_at"
    )
    former_until_at = models.DateTimeField(null=True)
    events = ArrayField(models.CharField(max_length=32))
    active = models.BooleanField(default=True)
    from_entry = models.BigIntegerField()
    registered_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.url

    @property
    def secret(self) -> str:
        return sealing.unseal(self.secret_stored)

    def secrets(self, at: dt.datetime) -> list[str]:
        """What signs a message at that instant: the secret, and for a while the one it replaced."""
        if self.former_until_at is not None and at < self.former_until_at:
            return [self.secret, sealing.unseal(self.former_stored)]
        return [self.secret]


class Delivery(models.Model):
    """One message to one webhook: the events of a run of trail entries, in their order. Made once, sent until it
    arrives or is given up; a later one waits for an earlier one."""

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    first_entry = models.BigIntegerField()
    last_entry = models.BigIntegerField()
    count = models.IntegerField(help_text="events in the message")
    events = models.JSONField(help_text="what is told, as it is sent")
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.WAITING)
    tries = models.SmallIntegerField(default=0)
    made_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    last_status = models.SmallIntegerField(null=True, help_text="HTTP status of the last answer, if there was one")
    last_error = models.CharField(
        max_length=200, blank=True, default="", help_text="why the last try failed, as a code"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "first_entry"], name="api_delivery_once")]
        indexes = [
            models.Index(fields=["webhook", "id"], name="api_delivery_queue", condition=models.Q(state="waiting")),
            models.Index(fields=["webhook", "-id"], name="api_delivery_list"),
        ]


class Place(models.Model):
    """How far the trail has been told to the webhooks: one row, the last entry looked at."""

    last_entry = models.BigIntegerField()
