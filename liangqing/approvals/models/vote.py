from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.approvals.models.request import Request
from liangqing.kit import sealing


class Decision(models.TextChoices):
    APPROVE = "approve", _("approved")
    REJECT = "reject", pgettext_lazy("request", "rejected")
    RETURN = "return", _("returned for change")


class Vote(models.Model):
    """What one person said to one step of a round, for themselves or on behalf of somebody who is away.

    The database keeps it as it was said, and refuses a vote on one's own request and a second voice of one person in a
    round, whichever way it comes.
    """

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="votes", db_index=False)
    round = models.IntegerField()
    step = models.IntegerField(help_text="the place of the step, from 0")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decision = models.CharField(max_length=8, choices=Decision)
    reason_stored = models.TextField(blank=True, default="", help_text="sealed")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "round", "person"], name="approvals_vote_once"),
            models.UniqueConstraint(fields=["request", "round", "on_behalf_of"], name="approvals_vote_once_for"),
            models.CheckConstraint(
                condition=Q(on_behalf_of=None) | ~Q(person=F("on_behalf_of")), name="approvals_vote_for_another"
            ),
            models.CheckConstraint(
                condition=Q(decision=Decision.APPROVE) | ~Q(reason_stored=""), name="approvals_vote_says_why"
            ),
        ]
        indexes = [models.Index(fields=["person", "id"], name="approvals_vote_person")]

    @property
    def reason(self) -> str:
        return sealing.unseal(self.reason_stored)
