from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Import(models.Model):
    """One file that came in: what it was, what became of its rows, who brought it."""

    class Status(models.TextChoices):
        LANDED = "landed", _("landed")
        UNDONE = "undone", _("undone")

    file = models.TextField()
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    mapping = models.JSONField(help_text="field: header it was read from")
    rows = models.BigIntegerField()
    created = models.BigIntegerField()
    updated = models.BigIntegerField()
    unchanged = models.BigIntegerField()
    rejected = models.BigIntegerField()
    warnings = models.JSONField()
    status = models.CharField(max_length=8, choices=Status, default=Status.LANDED)
    landed_at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)


class Change(models.Model):
    """How an import changed a row that was there before: the columns before and after. Append-only history."""

    imported = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="changes")
    table = models.CharField(max_length=64)
    row_id = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["table", "row_id"], name="imports_change_row")]


class Profile(models.Model):
    """A remembered mapping for files of one origin: which header is which field, and how its dates read."""

    name = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=16)
    mapping = models.JSONField()
