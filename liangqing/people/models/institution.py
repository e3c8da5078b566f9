from __future__ import annotations

from django.db import models


class Institution(models.Model):
    """The institution itself, as it signs what it prints: one row, there once somebody has entered it.

    ``place`` is where its seal is put, as a document names it (杭州).
    """

    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True, default="")
    place = models.CharField(max_length=100, blank=True, default="")
    place_en = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="people_one_institution")]

    def __str__(self) -> str:
        return self.name
