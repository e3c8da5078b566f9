from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Version(models.Model):
    """One version of the whole policy: drafted, submitted, approved; in force from a day until the next begins.

    ``content`` is what it sets (``liangqing.policy.content``); an approved version never changes, the database sees to
    it. ``base`` is the version it was drafted from, empty for the preset. ``revision`` counts the edits of a draft, so
    that two people do not overwrite each other. ``share`` percent of the customers are decided by it, drawn with
    ``seed``; the rest stay with the base as control. People are named by their user names: this room knows no people.
    Whether it is in force or superseded follows from the days and is not stored.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        APPROVED = "approved", _("approved")
        WITHDRAWN = "withdrawn", _("withdrawn")

    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=200)
    why = models.TextField(blank=True, default="")
    from_on = models.DateField(help_text="the first day it decides")
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    base = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField()
    digest = models.CharField(max_length=12)
    revision = models.PositiveIntegerField(default=1)
    share = models.PositiveSmallIntegerField(default=100)
    seed = models.PositiveIntegerField(default=0)
    drafted_by = models.CharField(max_length=150)
    drafted_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=150, blank=True, default="")
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.JSONField(default=list, help_text="who said yes: name, step, at")
    approved_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True, default="")
    withdrawn_at = models.DateTimeField(null=True)
    counsel = models.CharField(
        max_length=150, blank=True, default="", help_text="who of counsel agreed to go past a bound"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(share__range=(1, 100)), name="policy_share"),
            models.UniqueConstraint(
                fields=["from_on"], condition=models.Q(state="approved"), name="policy_one_version_a_day"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """How decisions and people name it."""
        return f"v{self.number}"
