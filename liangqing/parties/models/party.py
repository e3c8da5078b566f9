from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit import sealing


class Present(models.Manager["Party"]):
    """Without those who have gone."""

    def get_queryset(self) -> models.QuerySet[Party]:
        return super().get_queryset().filter(gone=False)


class Party(models.Model):
    """A customer, company or natural person. The customer number is the identity; names are only names (P2 3.1.1).

    What identifies a natural person is sealed (``liangqing.kit.sealing``) and found by its index. ``imported`` is the
    import that brought the row, empty when entered by hand.

    ``merged_into`` points from a duplicate to the customer it turned out to be. Nothing moves: bills, contacts and
    aliases stay where the ledger put them and are read together (``parties.queries.members``). ``search`` holds keyed
    hashes of parts of all its names (``parties.rules.searching``), those of its duplicates among them.

    ``gone``: the import that brought it was undone, and only rows taken back still refer to it. Nothing but its number
    is left, and ``objects`` leaves it out; ``everyone`` does not (``parties.actions.leaving``).
    """

    class Kind(models.TextChoices):
        COMPANY = "company", _("company")
        PERSON = "person", _("person")

    number = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    name_stored = models.TextField(help_text="sealed for a person, plain for a company")
    name_index = models.BinaryField()
    identity_stored = models.TextField(blank=True, default="", help_text="USCC of a company; sealed resident ID")
    identity_index = models.BinaryField(default=b"")
    customer_class = models.CharField(max_length=16, blank=True, default="", help_text="P2 3.1.2")
    terms_days = models.IntegerField(null=True, help_text="days from issue to due agreed with this customer")
    area = models.CharField(max_length=100, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    language = models.CharField(max_length=16, blank=True, default="")
    zone = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="time zone, as America/Chicago; else the country's",
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged", db_index=False
    )
    search = ArrayField(models.IntegerField(), default=list, blank=True, editable=False)
    imported = models.BigIntegerField(null=True)
    gone = models.BooleanField(default=False, db_default=False, editable=False)

    objects = Present()
    everyone: ClassVar[models.Manager[Party]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(merged_into=models.F("id")), name="parties_not_into_itself"),
        ]
        indexes = [
            GinIndex(fields=["search"], name="parties_search"),
            models.Index(fields=["merged_into"], name="parties_merged", condition=models.Q(merged_into__isnull=False)),
            models.Index(fields=["name_index"], name="parties_name"),
            models.Index(fields=["identity_index"], name="parties_identity", condition=~models.Q(identity_index=b"")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def name(self) -> str:
        return self.number if self.gone else sealing.unseal(self.name_stored)

    @property
    def identity(self) -> str:
        return sealing.unseal(self.identity_stored)


class Alias(models.Model):
    """Another spelling of a party's name, met in a ledger."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="aliases")
    name_stored = models.TextField()
    name_index = models.BinaryField()
    imported = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "name_index"], name="parties_alias_once")]
        indexes = [models.Index(fields=["name_index"], name="parties_alias_name")]

    @property
    def name(self) -> str:
        return sealing.unseal(self.name_stored)
