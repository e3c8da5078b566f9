from __future__ import annotations

from django.conf import settings
from django.db import models


class Permit(models.Model):
    """Leave to take one large table away: whose, which list with which filters, and until when it was given.

    It is asked for by a request for approval, and holds from the last yes until the day ``until_on``.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    list = models.CharField(max_length=64, help_text="which table, as its file is called")
    title = models.TextField(help_text="what it was called when it was asked for")
    digest = models.BinaryField(help_text="of the list and its filters, by which it is found; keyed")
    address = models.TextField(
        help_text="the page it is taken from with what is asked of it, sealed: a search may name somebody"
    )
    asked_at = models.DateTimeField()
    granted_at = models.DateTimeField(null=True)
    until_on = models.DateField(null=True, help_text="the first day on which it holds no more")

    class Meta:
        indexes = [models.Index(fields=["user", "digest"], name="workbench_permit_found")]
