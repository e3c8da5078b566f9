from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, sealing
from liangqing.parties.models.creditor import Creditor
from liangqing.parties.models.party import Party


class Hold(models.TextChoices):
    """Why somebody may not be contacted as usual. What each forbids, the policy's table contact.restraint says."""

    OPT_OUT = "opt_out", _("asked not to be reached this way")
    STOP_WORD = "stop_word", _("third person asked to be left alone")
    CEASE = "cease", _("asked in writing that all contact stop")
    HOURS = "hours", _("wants to be reached at certain hours only")
    REPRESENTED = "represented", _("speaks through a representative only")
    DISPUTE = "dispute", _("dispute open")
    COMPLAINT = "complaint", _("complaint open")
    PROMISE = "promise", _("promise running")
    AGREEMENT = "agreement", _("repayment agreement kept")
    BREACH = "breach", _("repayment agreement broken, notice not given yet")
    DECEASED = "deceased", _("has died")
    MINOR = "minor", _("a minor")
    INCAPABLE = "incapable", _("lacks legal capacity")
    HOSPITAL = "hospital", _("ill or in hospital")
    HARDSHIP = "hardship", _("in hardship")
    BANKRUPTCY = "bankruptcy", _("bankruptcy accepted by a court")
    FRAUD = "fraud", _("identity fraud under investigation")
    MORATORIUM = "moratorium", _("moratorium")
    PLACE = "place", _("wants no visit or letter at a certain place")
    LINE = "line", _("reached from a line that is not registered")
    CONSENT = "consent", _("agreed to be reached outside the usual hours")


class Restraint(models.Model):
    """A fact that holds contact back (or, ``CONSENT``, opens it): who said it, why, from when and until when.

    It counts for the customer under all its numbers. ``channel`` empty is every channel, ``value_index`` empty every
    number and address, ``creditor`` empty every debt. A dispute names the bill and the amount that are ``about`` it: only
    that part is not asked for (保障中小企业款项支付条例 15). ``from_minute`` and ``until_minute`` are minutes after
    midnight where the customer is, half-open; of ``HOURS`` and ``CONSENT`` alone. ``began_on`` is the day the fact itself
    began, which may lie before the institution knew: the complaint taken, the agreement signed, the bankruptcy accepted.
    ``place`` is the role of the addresses a ``PLACE`` is about (see ``Role``). Rows are lifted, never changed.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="restraints", db_index=False)
    kind = models.CharField(max_length=16, choices=Hold)
    channel = models.CharField(max_length=8, blank=True, default="")
    value_index = models.BinaryField(default=b"")
    creditor = models.ForeignKey(Creditor, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    about = models.CharField(max_length=64, blank=True, default="", help_text="number of the bill")
    amount = models.BigIntegerField(null=True, help_text="minor units disputed; empty is the whole bill")
    currency = models.CharField(max_length=3, blank=True, default="")
    from_minute = models.SmallIntegerField(null=True)
    until_minute = models.SmallIntegerField(null=True)
    began_on = models.DateField(null=True, help_text="day the fact began; empty is the day of since_at")
    place = models.CharField(max_length=16, blank=True, default="", db_default="", help_text="role of addresses")
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, help_text="first instant it holds no more; empty is until it is lifted")
    reason_stored = models.TextField(blank=True, default="", help_text="sealed")
    source = models.CharField(max_length=64, blank=True, default="", help_text="what it rests on, as record/17")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    lifted_reason_stored = models.TextField(blank=True, default="", help_text="sealed")

    class Meta:
        indexes = [
            models.Index(fields=["party", "kind"], name="parties_restraint_party"),
            # Receipts ask who is bankrupt: few among all.
            models.Index(
                fields=["party"],
                name="parties_restraint_bankrupt",
                condition=models.Q(kind=Hold.BANKRUPTCY, lifted_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(from_minute__isnull=True, until_minute__isnull=True)
                | models.Q(from_minute__gte=0, until_minute__lte=1440, from_minute__lt=models.F("until_minute")),
                name="parties_restraint_hours",
            ),
        ]

    @property
    def day(self) -> dt.date:
        """The day the fact began; the day it was put on record where no other is known."""
        return self.began_on or self.since_at.astimezone(clock.zone()).date()

    @property
    def reason(self) -> str:
        return sealing.unseal(self.reason_stored)

    @property
    def lifted_reason(self) -> str:
        return sealing.unseal(self.lifted_reason_stored)
