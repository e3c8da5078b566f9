from __future__ import annotations

from django.conf import settings
from django.db import models

from liangqing.cases.models.case import Case


class Campaign(models.Model):
    """Cases shared out among chosen people at one time (P4-4), so that it can be looked at again and undone."""

    name = models.CharField(max_length=100)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Share(models.Model):
    """One case of a campaign: whose it was before, and whose it became."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="shares", db_index=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    before = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    after = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "case"], name="cases_share_once")]
