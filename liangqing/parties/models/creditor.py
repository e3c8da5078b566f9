from __future__ import annotations

from django.db import models


class Creditor(models.Model):
    """Whose money it is: a company of the group, or a principal 委托方 the institution collects for."""

    code = models.CharField(max_length=64, unique=True)
    name = models.TextField()

    def __str__(self) -> str:
        return self.name
