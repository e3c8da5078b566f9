"""The words of a contact: by which channel, with what content, to whom, and whose rules count."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Channel(models.TextChoices):
    """How somebody is reached."""

    PHONE = "phone", _("phone")
    SMS = "sms", _("text message")
    EMAIL = "email", _("e-mail")
    LETTER = "letter", _("letter")
    VISIT = "visit", _("visit")
    WECHAT = "wechat", _("WeChat")
    OTHER = "other", _("other channel")


class Content(models.TextChoices):
    """What a contact is for. The guard asks it, since a notice the law demands may go where a reminder may not."""

    BILL = "bill", _("bill or statement")
    REMINDER = "reminder", _("reminder")
    DEMAND = "demand", _("demand for payment")
    FORMAL = "formal", _("formal demand")
    LOCATE = "locate", _("asking to be called back")
    NOTICE = "notice", _("notice the law asks for")
    REPLY = "reply", _("answer to the debtor")
    CONFIRM = "confirm", _("confirmation of a wish")


class Recipient(models.TextChoices):
    """Who is addressed, seen from the debt (GB/T 45251-2025, 中银协指引 2026: only those who owe are pressed)."""

    SELF = "self", pgettext_lazy("recipient", "the debtor")
    REPRESENTATIVE = "representative", pgettext_lazy("recipient", "authorised representative")
    LAWYER = "lawyer", pgettext_lazy("recipient", "lawyer")
    GUARANTOR = "guarantor", pgettext_lazy("recipient", "guarantor")
    CO_DEBTOR = "co_debtor", pgettext_lazy("recipient", "co-debtor")
    HEIR = "heir", pgettext_lazy("recipient", "heir")
    GUARDIAN = "guardian", pgettext_lazy("recipient", "guardian")
    SPOUSE = "spouse", pgettext_lazy("recipient", "spouse")
    CONTACT = "contact", pgettext_lazy("recipient", "contact person")
    OTHER = "other", pgettext_lazy("recipient", "somebody else")


class Regime(models.TextChoices):
    """Whose rules count for a debtor: the policy's table contact.regime chooses it."""

    CN_CONSUMER = "cn_consumer", _("consumer, China")
    CN_BUSINESS = "cn_business", _("business, China")
    US_CONSUMER = "us_consumer", _("consumer, United States")
    UK_CONSUMER = "uk_consumer", _("consumer, United Kingdom")
    OTHER = "other", _("elsewhere")


_BESIDE_THE_DEBT = frozenset((Recipient.CONTACT, Recipient.OTHER, Recipient.SPOUSE))


def content_for(recipient: str, content: str = Content.DEMAND) -> str:
    """What a contact is for, by who gets it: whoever does not answer for the debt is only asked to pass on a message."""
    return Content.LOCATE if recipient in _BESIDE_THE_DEBT else content
