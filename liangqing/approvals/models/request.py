from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from liangqing.approvals.lifecycle import RequestState
from liangqing.kit import sealing
from liangqing.kit.money import Money
from liangqing.people.models import Department


class Counter(models.Model):
    """The last number given out in a year."""

    year = models.IntegerField(primary_key=True)
    last = models.IntegerField()


class Request(models.Model):
    """Somebody asks that an act be approved (P1 4): what, about which subject, for how much, why.

    The route is kept as it was decided: the row of the policy's table approval.route, the policy's stamp, the steps as
    spelled there and the days they may take. ``round`` counts how often it was submitted. ``step`` is the place of the
    step that waits, ``waiting_for`` the people asked now (whoever stands in for one of them may answer too), ``asked``
    all who were ever asked; the vote itself looks at people and duties anew. Who requested what stays as it is.
    """

    number = models.CharField(max_length=20, unique=True)
    act = models.CharField(max_length=64, help_text="one of approvals.acts")
    subject_kind = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    subject_stored = models.TextField(help_text="sealed: what it is about, as a sentence for people")
    party_id = models.BigIntegerField(null=True, help_text="the customer it concerns, as the trail names it")
    amount = models.BigIntegerField(null=True, help_text="minor units")
    currency = models.CharField(max_length=3, blank=True, default="")
    department = models.ForeignKey(Department, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    facts = models.JSONField(default=dict, help_text="what the table of routes hears besides act, amount, department")
    reason_stored = models.TextField(help_text="sealed: why it is asked")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=RequestState, default=RequestState.OPEN)
    round = models.IntegerField(default=1)

    row = models.CharField(max_length=32, help_text="the row of approval.route that decided")
    policy = models.CharField(max_length=64)
    steps = models.JSONField(help_text="the steps in order, as spelled in the table")
    bulk = models.BooleanField(default=False, help_text="whether it may be approved together with others")
    due_in_days = models.IntegerField(help_text="working days a step may take before those asked are reminded")
    escalate_in_days = models.IntegerField(help_text="working days a step may take before the next higher is asked")

    step = models.IntegerField(default=0)
    waiting_for = ArrayField(models.BigIntegerField(), default=list, help_text="the people asked now")
    asked = ArrayField(models.BigIntegerField(), default=list, help_text="everybody asked so far, and who answered")
    due_on = models.DateField(null=True, help_text="of the step that waits")
    escalates_on = models.DateField(null=True)
    reminded_on = models.DateField(null=True)
    escalated_on = models.DateField(null=True)

    decided_at = models.DateTimeField(null=True, help_text="when it was approved, rejected, returned or withdrawn")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    failed_at = models.DateTimeField(null=True, help_text="when the act could not be done though all had approved")
    failure = models.TextField(blank=True, default="", help_text="why not, as it was said then")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount=None, currency="") | (Q(amount__isnull=False) & ~Q(currency="")),
                name="approvals_request_money",
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.OPEN, decided_at=None, due_on__isnull=False, escalates_on__isnull=False)
                | (~Q(state=RequestState.OPEN) & Q(decided_at__isnull=False, waiting_for=[])),
                name="approvals_request_state",
            ),
        ]
        indexes = [
            GinIndex(fields=["waiting_for"], name="approvals_waiting_for", condition=Q(state=RequestState.OPEN)),
            GinIndex(fields=["asked"], name="approvals_asked"),
            models.Index(fields=["requested_by", "id"], name="approvals_requested_by"),
            models.Index(fields=["department", "id"], name="approvals_department"),
            models.Index(fields=["subject_kind", "subject_id"], name="approvals_subject"),
            models.Index(fields=["id"], name="approvals_open", condition=Q(state=RequestState.OPEN)),
            models.Index(
                fields=["due_on"],
                name="approvals_unreminded",
                condition=Q(state=RequestState.OPEN, reminded_on=None),
            ),
            models.Index(
                fields=["escalates_on"],
                name="approvals_unescalated",
                condition=Q(state=RequestState.OPEN, escalated_on=None),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        return sealing.unseal(self.subject_stored)

    @property
    def reason(self) -> str:
        return sealing.unseal(self.reason_stored)

    @property
    def money(self) -> Money | None:
        return None if self.amount is None else Money(self.amount, self.currency)
