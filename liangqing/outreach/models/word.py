from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.outreach.lifecycle import WordState
from liangqing.outreach.models.provider import Provider


class Word(models.Model):
    """A word to staff that leaves the house: a warning, or a request that waits for approval, by a group robot or by
    e-mail. Staff are no debtors: the guard is not asked. Once for each thing and address.

    It names nobody: who is meant is read in the house.
    """

    class About(models.TextChoices):
        ALERT = "alert", _("warning")
        REQUEST = "request", _("request for approval")

    about = models.CharField(max_length=8, choices=About)
    thing_id = models.BigIntegerField()
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="whose e-mail; empty: the group of the robot",
    )  # fmt: skip
    facts = models.JSONField(default=dict)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=8, choices=WordState, default=WordState.WAITING)
    reason = models.CharField(max_length=64, blank=True, default="")
    due_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["about", "thing_id", "provider", "person"], name="outreach_word_once", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="outreach_word_due", condition=models.Q(state__in=["waiting", "claimed"])
            )
        ]
