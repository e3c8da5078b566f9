"""Who may be the same customer under another number, and why one thinks so."""

from __future__ import annotations

from dataclasses import dataclass, field

from liangqing.kit.actions import clause
from liangqing.parties.models import Alias, Contact, Party
from liangqing.parties.queries.members import customer, members

_MOST = 50
"""Customers looked at for each reason: what more than that have in common proves nothing."""


@dataclass
class Duplicate:
    """A candidate. ``reasons`` are among identity, name and phone, the strongest first."""

    party: Party
    reasons: list[str] = field(default_factory=list)


@clause("P2 3.1.1")
def duplicates(party: Party, *, limit: int = 20) -> list[Duplicate]:
    """Customers with the same identity number, name or phone, the likeliest first. Those merged already are left out."""
    own = Party.objects.filter(pk__in=members(party))
    names = [bytes(index) for index in own.values_list("name_index", flat=True)]
    names += [
        bytes(index) for index in Alias.objects.filter(party__in=own).values_list("name_index", flat=True)[:_MOST]
    ]
    identities = [bytes(index) for index in own.exclude(identity_index=b"").values_list("identity_index", flat=True)]
    phones = Contact.objects.filter(party__in=own, kind=Contact.Kind.PHONE).exclude(validity=Contact.Validity.INVALID)
    values = [bytes(index) for index in phones.values_list("value_index", flat=True)[:_MOST]]
    others = Party.objects.exclude(identity_index=b"").filter(identity_index__in=identities)
    found: dict[int, Duplicate] = {}
    for reason, ids in (
        ("identity", others.values_list("id", flat=True)[:_MOST]),
        ("name", Party.objects.filter(name_index__in=names).values_list("id", flat=True)[:_MOST]),
        ("name", Alias.objects.filter(name_index__in=names).values_list("party_id", flat=True)[:_MOST]),
        (
            "phone",
            Contact.objects.filter(kind=Contact.Kind.PHONE, value_index__in=values).values_list("party_id", flat=True)[
                :_MOST
            ],
        ),
    ):
        for number in Party.objects.filter(pk__in=list(ids)).select_related("merged_into").order_by("id"):
            other = customer(number)
            if other.pk != (party.merged_into_id or party.pk):
                reasons = found.setdefault(other.pk, Duplicate(other)).reasons
                if reason not in reasons:
                    reasons.append(reason)
    order = ("identity", "name", "phone")
    return sorted(found.values(), key=lambda it: (order.index(it.reasons[0]), -len(it.reasons), it.party.number))[
        :limit
    ]
