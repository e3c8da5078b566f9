from __future__ import annotations

from django.db import models


class Institution(models.Model):
    """The institution itself, as it signs what it prints: one row, there once somebody has entered it.

    ``place`` is where its seal is put, as a document names it (杭州). How it is reached and paid stands on every letter
    and in many a message: none of it is anybody's private number or account. ``signer`` is who signs its letters, such
    as 应收账款管理部.
    """

    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True, default="")
    place = models.CharField(max_length=100, blank=True, default="")
    place_en = models.CharField(max_length=100, blank=True, default="")
    signer = models.CharField(max_length=100, blank=True, default="", db_default="")
    signer_en = models.CharField(max_length=100, blank=True, default="", db_default="")
    address = models.CharField(max_length=200, blank=True, default="", db_default="")
    address_en = models.CharField(max_length=200, blank=True, default="", db_default="")
    postcode = models.CharField(max_length=16, blank=True, default="", db_default="")
    callback_phone = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="a registered line"
    )
    complaint_phone = models.CharField(max_length=40, blank=True, default="", db_default="")
    email = models.CharField(max_length=200, blank=True, default="", db_default="")
    account_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    bank = models.CharField(max_length=200, blank=True, default="", db_default="")
    account = models.CharField(max_length=64, blank=True, default="", db_default="")

    REACH = (
        "signer", "signer_en", "address", "address_en", "postcode", "callback_phone", "complaint_phone", "email",
        "account_name", "bank", "account",
    )  # fmt: skip
    """How it signs, is reached and is paid."""

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="people_one_institution")]

    def __str__(self) -> str:
        return self.name
