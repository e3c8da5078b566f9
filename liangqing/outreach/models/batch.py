from __future__ import annotations

from django.conf import settings
from django.db import models

from liangqing.kit import sealing
from liangqing.outreach.models.message import Message


class LetterBatch(models.Model):
    """Letters printed together 批量打印: volumes of PDF and the list for the postal counter; posted by hand later.

    ``files``: name, hash and size of each, as ``kit.files`` keeps them; empty while it is being set.
    """

    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    count = models.IntegerField(default=0)
    files = models.JSONField(default=list)
    discarded_at = models.DateTimeField(null=True)

    @property
    def number(self) -> str:
        return f"B-{self.pk:06d}"


class Posting(models.Model):
    """One letter on paper: its place in the batch, under which number the post carries it, and the slip that came back
    signed 签收回执."""

    message = models.OneToOneField(Message, on_delete=models.PROTECT, primary_key=True, related_name="posting")
    batch = models.ForeignKey(LetterBatch, on_delete=models.PROTECT, related_name="letters")
    place = models.IntegerField()
    reference = models.CharField(max_length=32, unique=True, help_text="on the letter itself, as LQ-H-2026-000045")
    volume = models.CharField(max_length=32, blank=True, default="")
    first_page = models.IntegerField(default=0)
    pages = models.IntegerField(default=0)
    postal_number = models.CharField(max_length=64, blank=True, default="")
    posted_on = models.DateField(null=True)
    result_on = models.DateField(null=True)
    slip_sha256 = models.CharField(max_length=64, blank=True, default="")
    slip_size = models.BigIntegerField(default=0)
    slip_name_stored = models.TextField(blank=True, default="", help_text="sealed")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["postal_number"], name="outreach_posting_number", condition=~models.Q(postal_number="")
            )
        ]

    @property
    def slip_name(self) -> str:
        return sealing.unseal(self.slip_name_stored)
