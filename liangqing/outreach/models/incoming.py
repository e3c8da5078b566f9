from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit import sealing
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models.message import Message
from liangqing.outreach.models.provider import Provider
from liangqing.parties.models import Party


class Incoming(models.Model):
    """What somebody wrote to us: an answer to a message, or a word of their own. The database keeps it as it came.

    ``their_id`` tells a push that is repeated from a second answer. ``party`` is empty where nobody knows who wrote; a
    person may say so later, and that it was dealt with.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("answer")
        AUTOMATIC = "automatic", _("automatic answer")
        OTHER = "other", _("other message")

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel)
    kind = models.CharField(max_length=10, choices=Kind)
    their_id = models.CharField(max_length=64, help_text="digest of what the provider, or the mail, calls it")
    at = models.DateTimeField(help_text="when it was written, as far as it says")
    came_at = models.DateTimeField()
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.CharField(max_length=32, blank=True, default="")
    message = models.ForeignKey(
        Message,
        null=True,
        on_delete=models.PROTECT,
        related_name="answers",
        db_index=False,
        help_text="it answers this",
    )
    sender_stored = models.TextField(blank=True, default="", help_text="sealed")
    sender_index = models.BinaryField(default=b"")
    subject_stored = models.TextField(blank=True, default="", help_text="sealed")
    text_stored = models.TextField(blank=True, default="", help_text="sealed")
    wants_silence = models.BooleanField(default=False)
    restraint = models.BigIntegerField(null=True, help_text="parties_restraint placed for it")
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "their_id"], name="outreach_incoming_once")]
        indexes = [
            models.Index(
                fields=["party", "at"], name="outreach_incoming_party", condition=models.Q(party__isnull=False)
            ),
            models.Index(
                fields=["came_at"], name="outreach_incoming_open", condition=models.Q(handled_at__isnull=True)
            ),
        ]

    @property
    def sender(self) -> str:
        return sealing.unseal(self.sender_stored)

    @property
    def subject(self) -> str:
        return sealing.unseal(self.subject_stored)

    @property
    def text(self) -> str:
        return sealing.unseal(self.text_stored)


class MailboxMark(models.Model):
    """How far a mailbox was read."""

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, primary_key=True, related_name="mark")
    validity = models.BigIntegerField(default=0)
    uid = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
