"""What holds contact with a customer back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from liangqing.parties.models import Restraint


def holding(parties: Sequence[int], at: dt.datetime) -> QuerySet[Restraint]:
    """What holds at an instant, of a customer given by all its numbers (``members``)."""
    unlifted = Q(lifted_at__isnull=True) | Q(lifted_at__gt=at)
    lasting = Q(until_at__isnull=True) | Q(until_at__gt=at)
    return Restraint.objects.filter(unlifted, lasting, party__in=parties, since_at__lte=at).order_by("id")


def of(parties: Sequence[int]) -> QuerySet[Restraint]:
    """All there ever were, the last first."""
    return Restraint.objects.filter(party__in=parties).select_related("by", "lifted_by", "creditor").order_by("-id")
