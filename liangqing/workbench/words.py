"""How things are named on pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from liangqing.parties.models import Party
from liangqing.parties.rules import masking
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.receivables.rules.owing import BUCKETS

BUCKET_NAMES = [(code, _("not due") if code == "not_due" else code) for code in BUCKETS]
"""The age bands as headings: days late."""


def customer_name(party: Party, user: User) -> str:
    """A company's name; a natural person's in full only for those who work with customers, else masked (P2 6.2)."""
    if party.kind == Party.Kind.COMPANY or can(user, "case.work"):
        return party.name
    return masking.name(party.name, party.kind)
