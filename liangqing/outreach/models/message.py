from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from liangqing.kit import sealing
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.lifecycle import DUE, MessageState
from liangqing.outreach.models.attempt import Attempt, Source
from liangqing.outreach.models.dispatch import Dispatch
from liangqing.outreach.models.provider import Provider
from liangqing.outreach.models.template import Template, TemplateVersion
from liangqing.parties.models import Creditor, Party


class Message(models.Model):
    """Something that is to leave the institution once: written with the decision to send it, sent by the worker later.

    What makes it one: the customer, the creditor, the channel, the ``step`` that wanted it, the day and the bills. Asked
    for again, it is the same row. What it says is rendered when it leaves, from the bills that are still owed then:
    ``bills`` are those it was meant for (none: all that are late). ``written_stored`` are words of a person's own;
    ``given`` is what only the asking room knows (level, class, collector, promise).

    ``key`` names the act of sending towards the provider and stays the same whenever it is tried again. ``attempt`` is the
    guard's receipt of the last time it was asked. ``doubled``: it may have arrived twice, since it was handed over again
    though nobody could tell whether it had gone out. ``due_at``: not before that instant; empty on a doubtful one, a person
    decides.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+", db_index=False)
    creditor = models.ForeignKey(Creditor, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.CharField(max_length=32, blank=True, default="")
    channel = models.CharField(max_length=8, choices=Channel)
    content = models.CharField(max_length=8, choices=Content)
    recipient = models.CharField(max_length=16, choices=Recipient)
    occasion = models.CharField(max_length=16, choices=Template.Occasion, blank=True, default="")
    contact = models.BigIntegerField(null=True, help_text="parties_contact; it may go when an import is undone")
    value_stored = models.TextField(help_text="sealed: the number or address")
    value_index = models.BinaryField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    source = models.CharField(max_length=8, choices=Source)
    dispatch = models.ForeignKey(Dispatch, null=True, on_delete=models.PROTECT, related_name="messages", db_index=False)
    template = models.ForeignKey(
        TemplateVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="the wording; empty: chosen when it leaves",
    )  # fmt: skip
    written_stored = models.TextField(blank=True, default="", help_text="sealed: subject and text a person wrote")
    given = models.JSONField(default=dict)
    bills = ArrayField(models.BigIntegerField(), default=list)
    bills_hash = models.CharField(max_length=32)
    step = models.CharField(max_length=64)
    day = models.DateField()
    key = models.UUIDField(default=uuid.uuid4, unique=True)

    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.WAITING)
    reason = models.CharField(max_length=64, blank=True, default="", help_text="code: why it stands where it stands")
    said_stored = models.TextField(blank=True, default="", help_text="sealed: the reason as a sentence")
    priority = models.SmallIntegerField(default=0, help_text="higher goes first")
    due_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    asked = models.SmallIntegerField(default=0, help_text="how often the provider was asked what became of it")
    passed_over = ArrayField(models.BigIntegerField(), default=list, help_text="providers that did not take it")
    doubled = models.BooleanField(default=False)
    claimed_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=64, blank=True, default="")
    provider = models.ForeignKey(Provider, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    their_id = models.CharField(max_length=200, blank=True, default="")
    attempt = models.OneToOneField(Attempt, null=True, on_delete=models.PROTECT, related_name="message")
    into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="parts", db_index=False)
    said = models.ForeignKey(
        TemplateVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="the wording that was used",
    )  # fmt: skip
    text_stored = models.TextField(blank=True, default="", help_text="sealed: subject and text as they left")
    digest = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256 of subject and text")
    amount = models.BigIntegerField(null=True, help_text="what was asked for, minor units")
    currency = models.CharField(max_length=3, blank=True, default="")
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="delivered, or known that it never will be")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party", "creditor", "channel", "step", "day", "bills_hash"],
                name="outreach_message_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(
                fields=["-priority", "due_at", "id"],
                name="outreach_message_due",
                condition=models.Q(state__in=[state.value for state in DUE]) & ~models.Q(channel="letter"),
            ),
            models.Index(
                fields=["due_at", "id"],
                name="outreach_message_letters",
                condition=models.Q(state__in=[state.value for state in DUE], channel="letter"),
            ),
            models.Index(
                fields=["claimed_at"],
                name="outreach_message_claimed",
                condition=models.Q(state__in=["claimed", "doubtful"]),
            ),
            models.Index(
                fields=["dispatch", "state"],
                name="outreach_message_dispatch",
                condition=models.Q(dispatch__isnull=False),
            ),
            models.Index(fields=["state", "-id"], name="outreach_message_state"),
            models.Index(
                fields=["provider", "-id"],
                name="outreach_message_provider",
                condition=models.Q(provider__isnull=False),
            ),
            models.Index(
                fields=["into"], name="outreach_message_into", condition=models.Q(into__isnull=False)
            ),
            models.Index(
                fields=["their_id"], name="outreach_message_theirs", condition=~models.Q(their_id="")
            ),
            models.Index(
                fields=["value_index", "-sent_at"],
                name="outreach_message_value",
                condition=models.Q(sent_at__isnull=False),
            ),
        ]  # fmt: skip

    @property
    def number(self) -> str:
        return f"M-{self.pk:09d}"

    @property
    def value(self) -> str:
        return sealing.unseal(self.value_stored)

    @property
    def reason_said(self) -> str:
        return sealing.unseal(self.said_stored)

    @property
    def written(self) -> Mapping[str, str]:
        """``subject`` and ``body`` a person wrote; empty when it is a template."""
        return _opened(self.written_stored)

    @property
    def text(self) -> Mapping[str, str]:
        """``subject`` and ``body`` as they left; empty before."""
        return _opened(self.text_stored)


def _opened(stored: str) -> Mapping[str, str]:
    found: dict[str, Any] = json.loads(sealing.unseal(stored)) if stored else {}
    return found
