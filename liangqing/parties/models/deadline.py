from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.kit import sealing
from liangqing.parties.models.restraint import Restraint


class Purpose(models.TextChoices):
    """What has to be done in time."""

    ANSWER = "answer", _("answer the complaint in writing")
    CLAIM = "claim", _("file the claim with the administrator")


class Grade(models.TextChoices):
    """How a complaint was taken in (银行业保险业消费投诉处理管理办法): it decides how many days there are."""

    SIMPLE = "simple", pgettext_lazy("complaint", "simple")
    COMPLEX = "complex", pgettext_lazy("complaint", "complex")


class Alarm(models.TextChoices):
    """What the night found: nothing, soon due, overdue."""

    NONE = "", pgettext_lazy("deadline", "in time")
    NEAR = "near", pgettext_lazy("deadline", "due soon")
    OVERDUE = "overdue", pgettext_lazy("deadline", "overdue")


class Deadline(models.Model):
    """By when the institution itself must act on what was put on record: a complaint answered, a claim filed.

    It runs on when the restraint no longer holds: collection may resume before the answer is out. ``due_on`` is the last
    day in time, ``last_on`` the last to which it may ever be put off (empty: a court says), ``warn_on`` the first on which
    whoever answers for it is reminded. That is ``responsible``; where nobody is named, or who was named has left,
    everybody with the ``duty``. ``alarm`` is what the last night found.
    """

    restraint = models.OneToOneField(Restraint, on_delete=models.PROTECT, related_name="deadline")
    purpose = models.CharField(max_length=8, choices=Purpose)
    grade = models.CharField(max_length=8, choices=Grade, blank=True, default="")
    due_on = models.DateField()
    last_on = models.DateField(null=True)
    warn_on = models.DateField()
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    duty = models.CharField(max_length=16)
    policy = models.CharField(max_length=64, help_text="version that gave the days, last put off by it")
    alarm = models.CharField(max_length=8, choices=Alarm, blank=True, default="")
    alarmed_on = models.DateField(null=True)
    met_on = models.DateField(null=True)
    met_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    met_note_stored = models.TextField(blank=True, default="", help_text="sealed")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on=None) | Q(due_on__lte=F("last_on")), name="parties_deadline_within"
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], name="parties_deadline_open", condition=Q(met_on=None)),
            models.Index(
                fields=["responsible"], name="parties_deadline_alarm", condition=Q(met_on=None) & ~Q(alarm="")
            ),
        ]

    @property
    def met_note(self) -> str:
        return sealing.unseal(self.met_note_stored)


class Extension(models.Model):
    """A deadline put off: from when until when, why, by whom, and the approval it rests on where one was needed.
    Append-only."""

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="extensions")
    from_on = models.DateField(help_text="when it was due before")
    until_on = models.DateField()
    reason_stored = models.TextField(help_text="sealed")
    request = models.CharField(max_length=32, blank=True, default="", help_text="the approval it rests on")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    @property
    def reason(self) -> str:
        return sealing.unseal(self.reason_stored)
