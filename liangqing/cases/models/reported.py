from __future__ import annotations

from django.db import models

from liangqing.cases.models.record import Record


class Reported(models.Model):
    """A contact that came in by a file, known again when the file comes again. The database keeps it as written.

    ``reference`` is the number its agency gave it; where it gave none, a mark and the digest. ``digest`` is keyed, of all
    that the row said.
    """

    agency = models.CharField(max_length=64, blank=True, default="")
    reference = models.CharField(max_length=64)
    digest = models.BinaryField(max_length=16)
    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="+")
    imported = models.BigIntegerField(help_text="imports_import")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reference", "agency"], name="cases_reported_once")]
