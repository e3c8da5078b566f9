from __future__ import annotations

from django.db import models


class Grace(models.Model):
    """Time a customer was given: nothing is asked for until ``until_on`` (P3 4.1.2). Append-only.

    It is granted through an approval, whose ``request`` number stands here.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="graces")
    from_on = models.DateField()
    until_on = models.DateField(help_text="the first day nothing is held back any more")
    reason_stored = models.TextField(help_text="sealed")
    request = models.CharField(max_length=32, blank=True, default="", help_text="the approval it rests on")
    granted_by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    policy = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(until_on__gt=models.F("from_on")), name="cases_grace_lasts"),
        ]
        indexes = [models.Index(fields=["case", "-until_on"], name="cases_grace_case")]
