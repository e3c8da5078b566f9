from __future__ import annotations

from django.conf import settings
from django.db import models


class Client(models.Model):
    """A program with a key of its own. It acts as ``user``, a person's row that nobody signs in with, so that rights,
    reach and the trail treat it like anybody else.

    Of the key only the SHA-256 of its secret is kept; the key itself is shown once, when it is issued.
    """

    name = models.CharField(max_length=100)
    key_id = models.CharField(max_length=16, unique=True)
    secret_hash = models.BinaryField()
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    rate = models.IntegerField(help_text="requests a minute at most")
    active = models.BooleanField(default=True)
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(rate__gt=0), name="api_client_rate")]

    def __str__(self) -> str:
        return self.name


class Usage(models.Model):
    """How many requests a client made in a minute (the instant at which the minute began)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+", db_index=False)
    minute = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "minute"], name="api_usage_once")]


class Answer(models.Model):
    """What a write with an idempotency key was answered: the same request under the same key is answered the same.

    ``digest`` is the SHA-256 of method, path and body.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    digest = models.BinaryField()
    status = models.SmallIntegerField()
    body = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="api_answer_once")]
        indexes = [models.Index(fields=["at"], name="api_answer_age")]
