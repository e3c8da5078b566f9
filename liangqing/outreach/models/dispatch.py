from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from liangqing.outreach.kinds import Channel, Content
from liangqing.outreach.lifecycle import DispatchState
from liangqing.outreach.models.template import Template, TemplateVersion
from liangqing.parties.models import Creditor, Party


class Dispatch(models.Model):
    """Messages to many at once 群发: to whom, by which channel, what for; looked at, approved where the policy says so,
    sent, and its results seen. (Sharing cases out among people is a ``Campaign`` of the room of cases.)

    ``template`` empty: each customer gets the wording that fits. ``figures`` are those of the last preview.
    """

    name = models.CharField(max_length=100)
    channel = models.CharField(max_length=8, choices=Channel)
    content = models.CharField(max_length=8, choices=Content)
    occasion = models.CharField(max_length=16, choices=Template.Occasion, blank=True, default="")
    template = models.ForeignKey(TemplateVersion, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=DispatchState, default=DispatchState.DRAFT)
    figures = models.JSONField(default=dict)
    looked_at = models.DateTimeField(null=True)
    request = models.CharField(max_length=32, blank=True, default="", help_text="number of the request for approval")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        return f"D-{self.pk:06d}"


class Addressee(models.Model):
    """A customer of a dispatch, towards one creditor: what the guard said when it was looked at.

    ``answer`` is empty before a preview, else one of the guard's, ``no_contact``, ``nothing_owed`` or ``no_wording``;
    ``rules`` those that decided. ``given`` as in a message.
    """

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="addressees", db_index=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+", db_index=False)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.CharField(max_length=32, blank=True, default="")
    given = models.JSONField(default=dict)
    contact = models.BigIntegerField(null=True)
    answer = models.CharField(max_length=16, blank=True, default="")
    rules = models.JSONField(default=list)
    earliest_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "party", "creditor"], name="outreach_addressee_once")
        ]


class Switch(models.Model):
    """A stop: nothing leaves while it holds. Of the whole institution (no channel, no dispatch), of a channel, or of a
    dispatch. Lifted, never deleted."""

    channel = models.CharField(max_length=8, choices=Channel, blank=True, default="")
    dispatch = models.ForeignKey(Dispatch, null=True, on_delete=models.PROTECT, related_name="switches")
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(channel="") | Q(dispatch__isnull=True), name="outreach_switch_one_scope"
            ),
            models.UniqueConstraint(
                fields=["channel", "dispatch"],
                condition=Q(lifted_at__isnull=True),
                name="outreach_switch_once",
                nulls_distinct=False,
            ),
        ]  # fmt: skip
