"""Who may be the same customer under another number, and why one thinks so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Coalesce

from liangqing.kit import sealing
from liangqing.kit.actions import clause
from liangqing.parties.models import Alias, Contact, Party
from liangqing.parties.queries.members import Known, known

_MOST = 50
"""Customers looked at for each reason: what more than that have in common proves nothing."""
_ORDER = ("identity", "name", "phone")


@dataclass
class Duplicate:
    """A candidate. ``reasons`` are among identity, name and phone, the strongest first."""

    party: Party
    reasons: list[str] = field(default_factory=list)


@clause("P2 3.1.1")
def duplicates(
    party: Party, *, limit: int = 20, among: QuerySet[Party] | None = None, own: Known | None = None
) -> list[Duplicate]:
    """Customers with the same identity number, name or phone, the likeliest first. Those merged already are left out.

    ``among`` are the customers the asker may see, all where it is not said; ``own`` is what a page has read of the
    customer already. Two queries besides, however many there are.
    """
    own = own or known(party)
    kept = party.merged_into_id or party.pk
    reasons: dict[int, set[str]] = {}
    for other, reason in _alike(own):
        if other != kept:
            reasons.setdefault(other, set()).add(reason)
    if not reasons:
        return []
    parties = Party.objects.all() if among is None else among
    found = [
        Duplicate(other, [reason for reason in _ORDER if reason in reasons[other.pk]])
        for other in parties.filter(pk__in=list(reasons)).defer("search")
    ]
    found.sort(key=lambda it: (_ORDER.index(it.reasons[0]), -len(it.reasons), it.party.number))
    return found[:limit]


def _alike(own: Known) -> list[tuple[int, str]]:
    """Ids of customers (of duplicates, the customer they are) that share something, with what: one query."""
    names = list({*(bytes(each.name_index) for each in own.parties), *map(sealing.index, own.spellings[:_MOST])})
    phones = [
        bytes(each.value_index)
        for each in own.contacts
        if each.kind == Contact.Kind.PHONE and each.validity != Contact.Validity.INVALID
    ]
    parts: list[QuerySet[Any, tuple[int, str]]] = [
        _as(Party.objects.filter(name_index__in=names), "", "name"),
        _as(Alias.objects.filter(name_index__in=names), "party__", "name"),
    ]
    if own.identities:
        same = Party.objects.exclude(identity_index=b"").filter(identity_index__in=own.identities)
        parts.append(_as(same, "", "identity"))
    if phones:
        reached = Contact.objects.filter(kind=Contact.Kind.PHONE, value_index__in=phones[:_MOST])
        parts.append(_as(reached, "party__", "phone"))
    return list(parts[0].union(*parts[1:]))


def _as(rows: QuerySet[Any], prefix: str, reason: str) -> QuerySet[Any, tuple[int, str]]:
    itself = "party_id" if prefix else "id"
    return rows.values_list(
        Coalesce(f"{prefix}merged_into_id", itself), Value(reason, output_field=CharField())
    ).order_by()[:_MOST]
