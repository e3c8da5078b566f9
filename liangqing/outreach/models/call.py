from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from liangqing.kit import sealing
from liangqing.outreach.channels.lifecycle import CALL_LIVE, CallStage
from liangqing.outreach.models.attempt import Attempt
from liangqing.outreach.models.provider import Provider


class Call(models.Model):
    """A telephone call that a provider dials for somebody, and how it goes.

    There is at most one for an attempt, and one under way for a person. ``key`` names it towards the provider. What the
    provider told, step by step, stands in the attempt's events; here stands the last of it. ``recording_stored`` is the
    sealed address of the recording at the provider. The number dialled is the attempt's.
    """

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="call")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=10, choices=CallStage, default=CallStage.ASKED)
    reason = models.CharField(max_length=64, blank=True, default="", help_text="code: why it ended or failed")
    their_id = models.CharField(max_length=200, blank=True, default="")
    asked_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True, help_text="when somebody last followed it, or its provider told of it")
    rang = models.BooleanField(default=False)
    connected_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    duration_s = models.IntegerField(null=True, help_text="of the talk; 0 nobody answered, empty nobody knows")
    recording_stored = models.TextField(blank=True, default="", help_text="sealed: address of the recording")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["by"],
                name="outreach_call_one_each",
                condition=models.Q(state__in=[stage.value for stage in CALL_LIVE]),
            )
        ]

    @property
    def live(self) -> bool:
        """Whether it is under way, as far as is known."""
        return self.state in CALL_LIVE

    @property
    def recording(self) -> str:
        return sealing.unseal(self.recording_stored)
