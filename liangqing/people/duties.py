"""What a person is there for. Rights follow from duties."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Duty(models.TextChoices):
    """P2 2.2: each position's duties."""

    COLLECT = "collect", _("collects")
    SELL = "sell", _("sells and keeps the customer")
    HEAD = "head", _("heads a department")
    RISK = "risk", _("watches risk")
    FINANCE = "finance", _("keeps the ledger")
    LEGAL = "legal", _("goes to court")
    AUDIT = "audit", _("audits")
    MANAGE = "manage", _("leads the institution")
    ADMIN = "admin", _("runs the system")
