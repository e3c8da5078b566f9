from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Certificate(models.Model):
    """That somebody was trained and passed (P1 2.2.1, P2 8): valid from a day until the day it holds no more."""

    class Kind(models.TextChoices):
        COLLECTION = "collection", _("collection")
        SECURITY = "security", _("information security")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="certificates")
    kind = models.CharField(max_length=16, choices=Kind)
    from_on = models.DateField()
    until_on = models.DateField()
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(from_on__lt=models.F("until_on")), name="people_certificate_days")
        ]
