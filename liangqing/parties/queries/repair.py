"""Contact repair inside the institution's own data: ways it knows from elsewhere to reach the same customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from liangqing.kit.actions import clause
from liangqing.parties.models import Contact, Party
from liangqing.parties.queries.members import Known, known

_MOST_PARTIES = 50
_MOST_CONTACTS = 500
_MOST = 20


@dataclass(frozen=True)
class Repair:
    """A way known under another number with the same identity number. ``source`` is that customer."""

    contact: Contact
    source: Party


@clause("P4-4")
def repairs(party: Party, *, own: Known | None = None) -> list[Repair]:
    """Candidates to add, those that answered first, the latest before the earlier.

    Only customers with the same identity number count: a name or phone in common does not make two people one. Ways
    known to be wrong, here or there, are left out. (Those of merged duplicates are the customer's own, which ``own`` has
    where a page has read it already.) At most one query besides.
    """
    own = own or known(party)
    if not own.identities:
        return []
    same = Party.objects.exclude(identity_index=b"").filter(identity_index__in=own.identities).exclude(pk__in=own.ids)
    sources = same.order_by("id").values("id")[:_MOST_PARTIES]
    theirs = Q(party__in=sources) | Q(party__merged_into__in=sources)
    found = (
        Contact.objects.filter(theirs)
        .exclude(party__in=own.ids)
        .exclude(validity=Contact.Validity.INVALID)
        .select_related("party")
        .defer("party__search")
    )
    mine = {(contact.kind, bytes(contact.value_index)) for contact in own.contacts}
    once: dict[tuple[str, bytes], Contact] = {}
    for contact in sorted(found[:_MOST_CONTACTS], key=_answered):
        if (key := (contact.kind, bytes(contact.value_index))) not in mine:
            once.setdefault(key, contact)
    return [Repair(contact, contact.party) for contact in once.values()][:_MOST]


def _answered(contact: Contact) -> tuple[bool, int, int]:
    verified = contact.verified_on or dt.date.min
    return contact.validity != Contact.Validity.VALID, -verified.toordinal(), contact.pk
