from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.cases.models.case import Case
from liangqing.cases.models.promise import Promise
from liangqing.kit import sealing
from liangqing.outreach.kinds import Channel
from liangqing.parties.models import Contact, Creditor, Party


class Reached(models.TextChoices):
    SELF = "self", _("the customer")
    FAMILY = "family", _("family")
    COLLEAGUE = "colleague", _("colleague or switchboard")
    REPRESENTATIVE = "representative", _("representative or guarantor")
    OTHER = "other", _("somebody else")
    NOBODY = "nobody", pgettext_lazy("reached", "nobody")


class Reason(models.TextChoices):
    """Why the debt is late, as the debtor says it or the collector finds it (P4-3.4)."""

    OVERSIGHT = "oversight", _("oversight")
    PROCESS = "process", _("payment still being approved")
    CASH_SHORTAGE = "cash_shortage", _("cash shortage")
    DISSATISFACTION = "dissatisfaction", _("dissatisfied with goods or service")
    DISPUTE = "dispute", _("disputes the bill")
    DELIBERATE = "deliberate", _("deliberate")
    CIRCUMSTANCE = "circumstance", _("illness, death or other misfortune")
    OTHER = "other", _("other reason")


class Record(models.Model):
    """A contact as it was 催收记录: who, whom, how, with what result (P1 2.3, P2 3.4). The database keeps it as written.

    A correction is a new record that ``corrects`` an older one; both stay and are shown. ``result`` is a row of the
    policy's table case.result; what that row said at the time is kept with it: ``says`` is what the night hears as the
    last result until the day before ``says_until_on`` (``unchanged``: this record tells it nothing new). ``seen`` is the
    id of the last record of the case its author knew of.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="records", db_index=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+", db_index=False)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    contacted_on = models.DateField(help_text="the day of the contact; a correction keeps that of what it corrects")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel)
    # Without a constraint: a contact may go when its import is undone, the record stays as written.
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    address_stored = models.TextField(blank=True, default="", help_text="sealed: the number or address used")
    reached = models.CharField(max_length=16, choices=Reached)
    result = models.CharField(max_length=32)
    result_row = models.CharField(max_length=32, help_text="the row of case.result that decided what follows")
    policy = models.CharField(max_length=64)
    says = models.CharField(max_length=32)
    says_until_on = models.DateField()
    reason = models.CharField(max_length=16, choices=Reason, blank=True, default="")
    attitude = models.CharField(max_length=16, blank=True, default="", help_text="one of cases.attitudes")
    note_stored = models.TextField(blank=True, default="", help_text="sealed")
    next_on = models.DateField(null=True)
    promise = models.ForeignKey(Promise, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    seen = models.BigIntegerField(null=True)
    corrects = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="corrected_by")

    class Meta:
        indexes = [
            models.Index(fields=["case", "id"], name="cases_record_case"),
            models.Index(fields=["party", "id"], name="cases_record_party"),
            models.Index(fields=["by", "contacted_on"], name="cases_record_by"),
            models.Index(fields=["contacted_on"], name="cases_record_day"),
        ]

    @property
    def note(self) -> str:
        return sealing.unseal(self.note_stored)

    @property
    def address(self) -> str:
        return sealing.unseal(self.address_stored)


class Attachment(models.Model):
    """A file that belongs to a record: found by its hash, never changed. The name may tell of a person, so is sealed."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="attachments")
    sha256 = models.CharField(max_length=64)
    name_stored = models.TextField()
    size = models.BigIntegerField(help_text="bytes")
    media_type = models.CharField(max_length=100)

    @property
    def name(self) -> str:
        return sealing.unseal(self.name_stored)

    @property
    def is_audio(self) -> bool:
        """Whether it is a recording somebody listens to."""
        return self.media_type.startswith("audio/")
