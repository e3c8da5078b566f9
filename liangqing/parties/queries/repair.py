"""Contact repair inside the institution's own data: ways it knows from elsewhere to reach the same customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from liangqing.kit.actions import clause
from liangqing.parties.models import Contact, Party
from liangqing.parties.queries.members import contacts, members

_MOST_PARTIES = 50
_MOST = 20


@dataclass(frozen=True)
class Repair:
    """A way known under another number with the same identity number. ``source`` is that customer."""

    contact: Contact
    source: Party


@clause("P4-4")
def repairs(party: Party) -> list[Repair]:
    """Candidates to add, those that answered first, the latest before the earlier.

    Only customers with the same identity number count: a name or phone in common does not make two people one. Ways
    known to be wrong, here or there, are left out. (Those of merged duplicates are the customer's own.)
    """
    own = members(party)
    identities = [
        bytes(index)
        for index in Party.objects.filter(pk__in=own)
        .exclude(identity_index=b"")
        .values_list("identity_index", flat=True)
    ]
    same = Party.objects.exclude(identity_index=b"").filter(identity_index__in=identities).exclude(pk__in=own)
    sources = {source.pk: source for source in same.defer("search").order_by("id")[:_MOST_PARTIES]}
    sources |= {
        source.pk: source
        for source in Party.objects.filter(merged_into__in=list(sources)).defer("search").order_by("id")[:_MOST_PARTIES]
        if source.pk not in own
    }
    known = {(contact.kind, bytes(contact.value_index)) for contact in contacts(party)}
    once: dict[tuple[str, bytes], Contact] = {}
    found = Contact.objects.filter(party__in=list(sources)).exclude(validity=Contact.Validity.INVALID)
    for contact in sorted(found, key=_answered):
        if (key := (contact.kind, bytes(contact.value_index))) not in known:
            once.setdefault(key, contact)
    return [Repair(contact, sources[contact.party_id]) for contact in once.values()][:_MOST]


def _answered(contact: Contact) -> tuple[bool, int, int]:
    verified = contact.verified_on or dt.date.min
    return contact.validity != Contact.Validity.VALID, -verified.toordinal(), contact.pk
