from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from liangqing.parties.models.restraint import Restraint


class Agreement(models.Model):
    """The facts of an agreement on instalments 个性化分期还款协议 (信用卡业务监督管理办法 70): what its restraint rests on.

    It was signed on the restraint's ``began_on`` for so many ``months``; the customer pays on the ``pays_day`` of each (the
    last day of a shorter month). ``missed_on``: the instalment of that day did not come; then ``breach`` holds contact
    back until notice was given on ``noticed_on``. The plan itself, with its amounts, is not kept here.
    """

    class Form(models.TextChoices):
        WRITTEN = "written", _("in writing")
        SPOKEN = "spoken", _("by word of mouth, recorded")

    restraint = models.OneToOneField(Restraint, on_delete=models.PROTECT, related_name="agreement")
    months = models.SmallIntegerField()
    pays_day = models.SmallIntegerField(null=True, help_text="day of the month, 1 to 31; empty is not said")
    form = models.CharField(max_length=8, choices=Form, default=Form.WRITTEN)
    missed_on = models.DateField(null=True)
    breach = models.OneToOneField(Restraint, null=True, on_delete=models.PROTECT, related_name="broken")
    noticed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(months__gte=1), name="parties_agreement_lasts"),
            models.CheckConstraint(
                condition=Q(pays_day=None) | Q(pays_day__gte=1, pays_day__lte=31), name="parties_agreement_day"
            ),
            models.CheckConstraint(
                condition=Q(missed_on=None, breach=None) | Q(missed_on__isnull=False, breach__isnull=False),
                name="parties_agreement_broken",
            ),
            models.CheckConstraint(
                condition=Q(noticed_on=None) | Q(noticed_on__gte=F("missed_on")), name="parties_agreement_noticed"
            ),
        ]
