from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Creditor(models.Model):
    """Whose money it is: a company of the group, or a principal 委托方 the institution collects for.

    ``kind`` helps to choose whose rules of contact count: those for lenders bind whoever lends, those for collectors
    whoever collects for somebody else.
    """

    class Kind(models.TextChoices):
        OWN = "own", _("the institution or its group")
        BANK = "bank", _("bank")
        CONSUMER_FINANCE = "consumer_finance", _("consumer finance company")
        MICROLOAN = "microloan", _("microloan company")
        PRINCIPAL = "principal", _("principal collected for")

    code = models.CharField(max_length=64, unique=True)
    name = models.TextField()
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.OWN, db_default=Kind.OWN)

    def __str__(self) -> str:
        return self.name
