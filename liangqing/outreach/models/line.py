from __future__ import annotations

from django.db import models

from liangqing.outreach.kinds import Channel


class Line(models.Model):
    """A number or account the institution registered for reaching debtors; nothing else may be used (中银协指引 2026)."""

    channel = models.CharField(max_length=8, choices=Channel)
    value = models.CharField(max_length=64, help_text="our own number, address or account")
    name = models.CharField(max_length=100, blank=True, default="")
    contracted = models.BooleanField(default=True, help_text="own or contracted route, which may carry demands")
    active = models.BooleanField(default=True)
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "value"], name="outreach_line_once")]

    def __str__(self) -> str:
        return self.value
