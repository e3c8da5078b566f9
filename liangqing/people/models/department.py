from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Department(models.Model):
    """A part of the institution with somebody at its head (P2 2.1). A closed one stays for what it did."""

    class Kind(models.TextChoices):
        BUSINESS = "business", _("business")
        COLLECTION = "collection", _("collection")
        RISK = "risk", _("risk")
        FINANCE = "finance", _("finance")
        LEGAL = "legal", _("legal")
        AUDIT = "audit", _("audit")
        MANAGEMENT = "management", _("management")

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=16, choices=Kind)
    head = models.ForeignKey("people.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    closed_on = models.DateField(null=True, blank=True, help_text="nobody joins it from then on")

    def __str__(self) -> str:
        return self.name
