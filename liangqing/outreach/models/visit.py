from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.kit import sealing
from liangqing.outreach.kinds import Content
from liangqing.outreach.lifecycle import RoundState
from liangqing.outreach.models.attempt import Attempt
from liangqing.outreach.rules.visits import Position
from liangqing.parties.models import Creditor, Party
from liangqing.receivables.models import Receipt


class Met(models.TextChoices):
    """Who was there."""

    SELF = "self", _("the customer")
    FAMILY = "family", _("family")
    COLLEAGUE = "colleague", _("colleague or switchboard")
    REPRESENTATIVE = "representative", _("representative or guarantor")
    OTHER = "other", _("somebody else")
    NOBODY = "nobody", pgettext_lazy("reached", "nobody")


class Place(models.TextChoices):
    """What was found at the address 地址状态."""

    RIGHT = "right", pgettext_lazy("address", "the customer is found there")
    UNKNOWN = "unknown", pgettext_lazy("address", "could not be learned")
    ABSENT = "absent", pgettext_lazy("address", "does not exist")
    UNRELATED = "unrelated", pgettext_lazy("address", "has nothing to do with the customer")
    SOLD = "sold", pgettext_lazy("address", "sold")
    LET = "let", pgettext_lazy("address", "let to somebody else")
    EMPTY = "empty", pgettext_lazy("address", "empty")


class Round(models.Model):
    """A planned trip 外访任务: where, on which day, by whom, along which households.

    ``left_out`` keeps who was chosen and is not on the route, with the code of the reason and, where the guard said no,
    its findings: ``{"party": 7, "case": "LQ-…", "code": "refused", "findings": [...]}``.
    """

    area = models.CharField(max_length=100)
    on = models.DateField()
    content = models.CharField(max_length=8, choices=Content, default=Content.DEMAND)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    state = models.CharField(max_length=12, choices=RoundState, default=RoundState.PLANNED)
    left_out = models.JSONField(default=list)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-on", "-id"], name="outreach_round_on"),
            models.Index(fields=["area", "-on"], name="outreach_round_area"),
        ]

    @property
    def number(self) -> str:
        return f"V-{self.pk:06d}"


class Stop(models.Model):
    """A household on the route. ``contact`` names the address (it may go when an import is undone); what it said when the
    route was planned is kept sealed. ``attempt`` is the receipt of the guard's last answer at the door."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="stops")
    place = models.SmallIntegerField(help_text="the order of the route, from 1")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.CharField(max_length=32, blank=True, default="")
    contact = models.BigIntegerField(null=True)
    recipient = models.CharField(max_length=16)
    address_stored = models.TextField(help_text="sealed")
    attempt = models.OneToOneField(Attempt, null=True, on_delete=models.PROTECT, related_name="+")
    arrived_at = models.DateTimeField(null=True)
    arrived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "party", "creditor"], name="outreach_stop_once")]
        indexes = [models.Index(fields=["case"], name="outreach_stop_case")]

    @property
    def address(self) -> str:
        return sealing.unseal(self.address_stored)


class Visit(models.Model):
    """What came of one stop. The database keeps it as written; what turns out wrong is told by a record of the case, and
    money by reversing its receipt.

    ``key`` is made on the device that wrote it, so that sending it twice writes it once. ``at`` is when it took place,
    ``written_at`` when it reached the house. ``principal`` and ``interest`` are the cash in minor units as the debtor
    paid it; together they are the amount of ``receipt``. ``result`` is a code of the policy's table case.result.
    """

    stop = models.OneToOneField(Stop, on_delete=models.PROTECT, related_name="visit")
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+", db_index=False)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    on = models.DateField(help_text="the institution's day of it")
    written_at = models.DateTimeField()
    result = models.CharField(max_length=32)
    met = models.CharField(max_length=16, choices=Met)
    found = models.CharField(max_length=12, choices=Place, default=Place.UNKNOWN)
    signed = models.BooleanField(default=False, help_text="the notice was signed for 签回")
    principal = models.BigIntegerField(default=0)
    interest = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True, default="")
    receipt = models.OneToOneField(Receipt, null=True, on_delete=models.PROTECT, related_name="+")
    intends = models.BooleanField(default=False, help_text="means to pay 还款意向")
    intention_stored = models.TextField(blank=True, default="", help_text="sealed: in the debtor's words")
    promised = models.BigIntegerField(null=True)
    promised_for = models.DateField(null=True)
    lapsed = models.BooleanField(default=False, help_text="says limitation has passed")
    lapsed_stored = models.TextField(blank=True, default="", help_text="sealed: what was said")
    note_stored = models.TextField(blank=True, default="", help_text="sealed")
    position_stored = models.TextField(blank=True, default="", help_text="sealed: where the device was")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(principal__gte=0, interest__gte=0)
                & (models.Q(principal=0, interest=0, receipt=None) | models.Q(receipt__isnull=False)),
                name="outreach_visit_cash",
            )
        ]
        indexes = [
            models.Index(fields=["on"], name="outreach_visit_on"),
            models.Index(
                fields=["party", "creditor"], name="outreach_visit_signed", condition=models.Q(signed=True)
            ),
        ]  # fmt: skip

    @property
    def intention(self) -> str:
        return sealing.unseal(self.intention_stored)

    @property
    def lapsed_said(self) -> str:
        return sealing.unseal(self.lapsed_stored)

    @property
    def note(self) -> str:
        return sealing.unseal(self.note_stored)

    @property
    def position(self) -> Position | None:
        return Position.read(sealing.unseal(self.position_stored))


class VisitFile(models.Model):
    """A photograph taken on a visit, or the receipt slip 签收回执, found by its hash.

    ``taken_at`` and ``taken_place`` are as the picture itself says, ``chosen_at`` and ``chosen_place`` as the device said
    when it was chosen; none of them is proven. ``departs`` says which of them is further from the visit's than the terms
    allowed when it was written: codes time, place.
    """

    class Kind(models.TextChoices):
        SLIP = "slip", _("receipt slip")
        PHOTO = "photo", _("photograph")

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=8, choices=Kind)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(help_text="bytes")
    media_type = models.CharField(max_length=100)
    name_stored = models.TextField(help_text="sealed")
    taken_at = models.DateTimeField(null=True, help_text="as the picture says")
    taken_place_stored = models.TextField(blank=True, default="", help_text="sealed: as the picture says")
    chosen_at = models.DateTimeField(null=True, help_text="by the device's clock, when it was chosen")
    chosen_place_stored = models.TextField(blank=True, default="", help_text="sealed: where the device was then")
    departs = ArrayField(models.CharField(max_length=8), default=list)

    class Meta:
        indexes = [
            models.Index(
                fields=["visit"], name="outreach_visit_departs", condition=~models.Q(departs=[])
            ),
        ]  # fmt: skip

    @property
    def name(self) -> str:
        return sealing.unseal(self.name_stored)

    @property
    def taken_place(self) -> Position | None:
        return Position.read(sealing.unseal(self.taken_place_stored))

    @property
    def chosen_place(self) -> Position | None:
        return Position.read(sealing.unseal(self.chosen_place_stored))
