"""How things are named on pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.parties.models import Party
from liangqing.parties.rules import masking
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.receivables.queries.account import Account
from liangqing.receivables.rules.lateness import BUCKETS

BUCKET_NAMES = [(code, _("not due") if code == "not_due" else code) for code in BUCKETS]
"""The age bands as headings: days late."""


def owed_columns(accounts: Sequence[Account]) -> dict[str, Any]:
    """Which columns a table of these accounts needs: the age bands something stands in, money and credit notes unapplied."""
    return {
        "bands": [(code, name) for code, name in BUCKET_NAMES if any(row.buckets.get(code) for row in accounts)],
        "has_unapplied": any(row.unapplied for row in accounts),
        "has_credit": any(row.credit for row in accounts),
    }


def customer_name(party: Party, user: User) -> str:
    """A company's name; a natural person's in full only for those who work with customers, else masked (P2 6.2)."""
    if party.kind == Party.Kind.COMPANY or can(user, "case.work"):
        return party.name
    return masking.name(party.name, party.kind)


def moment(at: dt.datetime) -> str:
    """An instant by the institution's clock, to the minute."""
    return f"{at.astimezone(clock.zone()):%Y-%m-%d %H:%M}"
