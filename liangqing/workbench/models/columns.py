from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Columns(models.Model):
    """Which columns of a list a person wants to see."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    list = models.CharField(max_length=32)
    keys = ArrayField(models.CharField(max_length=32))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "list"], name="workbench_columns_once")]
