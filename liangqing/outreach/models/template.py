from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.outreach.kinds import Channel, Content, Recipient, Regime
from liangqing.warning.level import Level

ANY = ""
"""Where a template says nothing of a circumstance, it is for all."""


class Template(models.Model):
    """What is said by a channel, for a purpose, to somebody, in a language; how it is worded is in its versions.

    ``occasion`` tells templates of one kind apart, such as the reminder of a promise from that of a bill; empty for the
    ordinary one. ``level``, ``customer_class`` and ``regime`` may be empty: for all of them. ``attitude`` is for what is said
    aloud: how the debtor behaves, as the last record of the case says; empty for everybody.
    """

    class Occasion(models.TextChoices):
        PROMISE_DUE = "promise_due", _("a promise falls due")
        PROMISE_BROKEN = "promise_broken", _("a promise was not kept")
        BEFORE_DUE = "before_due", _("before a bill falls due")
        OPTED_OUT = "opted_out", _("somebody wants no more messages")

    class Language(models.TextChoices):
        ZH = "zh-hans", _("Chinese")
        EN = "en", _("English")

    name = models.CharField(max_length=100)
    channel = models.CharField(max_length=12, choices=Channel)
    content = models.CharField(max_length=12, choices=Content)
    recipient = models.CharField(max_length=16, choices=Recipient)
    occasion = models.CharField(max_length=16, choices=Occasion, blank=True, default=ANY)
    level = models.CharField(max_length=12, choices=Level, blank=True, default=ANY)
    customer_class = models.CharField(max_length=16, blank=True, default=ANY)
    regime = models.CharField(max_length=16, choices=Regime, blank=True, default=ANY)
    attitude = models.CharField(max_length=16, blank=True, default=ANY, help_text="one of cases.attitudes")
    language = models.CharField(max_length=8, choices=Language)

    KEY = ("channel", "content", "recipient", "occasion", "level", "customer_class", "regime", "attitude", "language")
    """What tells one template from another."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "channel", "content", "recipient", "language", "occasion", "level", "customer_class", "regime", "attitude",
                ],
                name="outreach_template_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """One wording of a template: drafted, submitted, approved, and retired some day.

    In force from ``from_on``, the day of its approval, until a later one is, or until ``until_on``, the day it was
    retired. What it says never changes once it is submitted; the database sees to it. A version with a ``document`` (its
    hash, as ``kit.files`` keeps it) is a Word document with the same variables. ``preset`` came with this product and was
    approved by nobody of the institution.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        APPROVED = "approved", _("approved")
        RETIRED = "retired", _("retired")
        DROPPED = "dropped", _("given up")

    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    subject = models.CharField(max_length=200, blank=True, default="")
    body = models.TextField(blank=True, default="")
    document = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256 of a Word document")
    document_name = models.CharField(max_length=100, blank=True, default="")
    document_size = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what it says")
    why = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(default=1, help_text="edits of a draft, so that two people do not overwrite")
    preset = models.BooleanField(default=False)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    request = models.CharField(max_length=32, blank=True, default="", help_text="number of the request for approval")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    from_on = models.DateField(null=True, help_text="the first day it may be used")
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    until_on = models.DateField(null=True, help_text="the first day it may no longer be used")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="outreach_template_version_once"),
            models.CheckConstraint(
                condition=~models.Q(state="approved") | models.Q(from_on__isnull=False),
                name="outreach_approved_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """How it is named in a record: ``T12 v3``."""
        return f"T{self.template_id} v{self.number}"
