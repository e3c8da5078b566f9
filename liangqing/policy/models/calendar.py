from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SpecialDay(models.Model):
    """A day that is not what its weekday says: a holiday, or a day worked in exchange 调休.

    Days without a row are working days from Monday to Friday. ``source`` says who announced it.
    """

    on = models.DateField(unique=True)
    works = models.BooleanField(help_text=_("whether people work on this day"))
    name = models.CharField(max_length=100)
    source = models.CharField(max_length=200, blank=True, default="")
