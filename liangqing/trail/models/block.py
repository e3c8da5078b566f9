from __future__ import annotations

from django.db import models


class Block(models.Model):
    """A run of entries, sealed: its hash covers the entries' codes and the hash of the block before it."""

    number = models.BigIntegerField(primary_key=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(db_index=True)
    count = models.BigIntegerField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    sealed_at = models.DateTimeField()
