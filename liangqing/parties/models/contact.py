from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit import sealing
from liangqing.parties.models.party import Party


class Role(models.TextChoices):
    """Who answers there, seen from the party."""

    SELF = "self", _("the customer")
    SPOUSE = "spouse", _("spouse")
    PARENT = "parent", _("parent")
    CHILD = "child", _("child")
    RELATIVE = "relative", _("relative")
    COLLEAGUE = "colleague", _("colleague")
    FRIEND = "friend", _("friend")
    CLASSMATE = "classmate", _("classmate")
    EMPLOYER = "employer", _("employer")
    REPRESENTATIVE = "representative", _("authorised representative")
    LAWYER = "lawyer", _("lawyer")
    GUARANTOR = "guarantor", _("guarantor")
    CO_DEBTOR = "co_debtor", _("co-debtor")
    HEIR = "heir", _("heir")
    GUARDIAN = "guardian", _("guardian")
    OTHER = "other", _("somebody else")


class Contact(models.Model):
    """A way to reach a party, through whom, whether it works and when that was last seen (P2 3.1.1).

    Values are sealed even for companies: behind a company's number answers a natural person.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", _("phone")
        EMAIL = "email", _("e-mail")
        ADDRESS = "address", _("address")

    class Validity(models.TextChoices):
        UNKNOWN = "unknown", _("not verified")
        VALID = "valid", _("valid")
        INVALID = "invalid", _("invalid")

    class Source(models.TextChoices):
        """Where the institution has it from. A phone book somebody uploaded is no lawful source (个人信息保护法 13)."""

        UNKNOWN = "", _("not recorded")
        CONTRACT = "contract", _("contract")
        DEBTOR = "debtor", _("given by the debtor")
        AUTHORISED = "authorised", _("authorised by the debtor")
        PUBLIC = "public", _("lawful public source")
        TOLD = "told", _("told by the contact person")
        BUREAU = "bureau", _("authorised credit report")
        PHONE_BOOK = "phone_book", _("uploaded phone book")

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=8, choices=Kind)
    role = models.CharField(max_length=16, default="self", help_text="本人, 配偶, 单位 …; self is the party")
    person_stored = models.TextField(blank=True, default="")
    value_stored = models.TextField()
    value_index = models.BinaryField()
    validity = models.CharField(max_length=8, choices=Validity, default=Validity.UNKNOWN)
    verified_on = models.DateField(null=True)
    source = models.CharField(max_length=16, choices=Source, blank=True, default="", db_default="")
    proof = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="document that proves the role, as a guarantee"
    )
    imported = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "kind", "value_index"], name="parties_contact_once"),
        ]
        indexes = [
            models.Index(fields=["value_index"], name="parties_contact_value"),
            # The night asks who is known from a phone book: few among all.
            models.Index(fields=["party"], name="parties_contact_phone_book", condition=models.Q(source="phone_book")),
        ]

    @property
    def value(self) -> str:
        return sealing.unseal(self.value_stored)

    @property
    def person(self) -> str:
        return sealing.unseal(self.person_stored)
