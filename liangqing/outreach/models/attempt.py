from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit import sealing
from liangqing.outreach.kinds import Channel, Content, Recipient, Regime
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.models import Creditor, Party


class Source(models.TextChoices):
    """Who wanted the contact."""

    PERSON = "person", _("a person")
    CAMPAIGN = "campaign", _("a campaign")
    NIGHT = "night", _("the night")
    PROGRAM = "program", _("a program")
    AGENCY = "agency", _("an agency's report")
    RECORD = "record", _("a record written afterwards")


class Answer(models.TextChoices):
    ALLOWED = "allowed", _("allowed")
    APPROVAL = "approval", _("needs approval")
    REFUSED = "refused", _("refused")


class Attempt(models.Model):
    """The receipt of one decision of the guard: what was asked, what it answered, by which rules of which policy, and
    what became of the contact.

    The database keeps everything as written but for the outcome, which moves on while the contact does. An allowed
    attempt is counted from this row on: whoever asks next sees it. ``facts`` is what was known (as ``rules.facts``),
    ``findings`` the rules that spoke; ``code`` is their keyed digest, which the trail holds too. ``ahead``: asked before
    it happened; a contact reported afterwards is judged by the instant it happened at.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+", db_index=False)
    creditor = models.ForeignKey(Creditor, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.CharField(max_length=32, blank=True, default="")
    channel = models.CharField(max_length=8, choices=Channel)
    content = models.CharField(max_length=8, choices=Content)
    recipient = models.CharField(max_length=16, choices=Recipient)
    contact = models.BigIntegerField(null=True, help_text="parties_contact; it may go when an import is undone")
    value_stored = models.TextField(blank=True, default="", help_text="sealed: the number or address")
    value_index = models.BinaryField(default=b"")
    line = models.CharField(max_length=64, blank=True, default="", help_text="our own number or account used")
    at = models.DateTimeField()
    asked_at = models.DateTimeField()
    ahead = models.BooleanField(default=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    source = models.CharField(max_length=8, choices=Source)
    regime = models.CharField(max_length=16, choices=Regime)
    answer = models.CharField(max_length=8, choices=Answer)
    rules = ArrayField(models.CharField(max_length=48), default=list)
    findings = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    earliest_at = models.DateTimeField(null=True)
    policy = models.CharField(max_length=64)
    code = models.BinaryField()
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.OPEN)
    outcome_at = models.DateTimeField(null=True)
    duration_s = models.IntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["party", "at"], name="outreach_attempt_party"),
            models.Index(fields=["by", "at"], name="outreach_attempt_by"),
            models.Index(fields=["at"], name="outreach_attempt_at"),
            models.Index(
                fields=["at"],
                name="outreach_attempt_open",
                condition=models.Q(outcome=Outcome.OPEN.value, channel=Channel.PHONE.value),
            ),
            models.Index(
                fields=["-id"],
                name="outreach_attempt_violation",
                condition=models.Q(ahead=False) & ~models.Q(answer="allowed"),
            ),
        ]

    @property
    def number(self) -> str:
        """What a complaint or a court file names it by."""
        return f"CR-{self.pk:09d}"

    @property
    def value(self) -> str:
        return sealing.unseal(self.value_stored)


class AttemptEvent(models.Model):
    """What a channel told of an attempt: dialled, ringing, connected, ended, delivered, bounced … The database only adds."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    told = models.CharField(max_length=24)
    detail_stored = models.TextField(
        blank=True, default="", help_text="sealed: what the provider said, a recording's place"
    )
    sha256 = models.CharField(max_length=64, blank=True, default="", help_text="of a recording kept in the house")

    @property
    def detail(self) -> str:
        return sealing.unseal(self.detail_stored)


class Exemption(models.Model):
    """An approval that lifts some rules for a customer and channel, for a while (never law, nor a regulator's rule)."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel)
    rules = ArrayField(models.CharField(max_length=48))
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    request = models.CharField(max_length=32)
    reason_stored = models.TextField(help_text="sealed")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
