from __future__ import annotations

from django.conf import settings
from django.db import models

from liangqing.approvals.models.request import Request
from liangqing.kit import sealing


class Attachment(models.Model):
    """A file that belongs to a request, handed in with one of its rounds: found by its hash, never changed."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="attachments")
    round = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    name_stored = models.TextField(help_text="sealed")
    size = models.BigIntegerField(help_text="bytes")
    media_type = models.CharField(max_length=100)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    @property
    def name(self) -> str:
        return sealing.unseal(self.name_stored)
