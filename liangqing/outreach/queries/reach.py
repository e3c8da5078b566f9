"""By which contact a customer is reached."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from liangqing.outreach.kinds import Channel
from liangqing.outreach.queries.facts import KIND_OF, OWN_ROLES
from liangqing.parties.models import Contact, Party

_GOOD = (Contact.Validity.VALID, Contact.Validity.UNKNOWN)


def contacts_for(parties: Iterable[Party], channel: str) -> dict[int, Contact]:
    """The debtor's own best contact for a channel, by customer (the kept number): one known to work before one nobody has
    tried, the last verified first. Never one that is wrong, or from an uploaded phone book. Two queries."""
    kept = {party.merged_into_id or party.pk: party.merged_into or party for party in parties}
    ids = list(kept)
    belongs = {pk: pk for pk in ids}
    belongs.update(Party.objects.filter(merged_into__in=ids).values_list("id", "merged_into_id"))
    usable = Contact.objects.filter(
        ~Q(source=Contact.Source.PHONE_BOOK),
        party__in=list(belongs),
        kind=KIND_OF[Channel(channel)],
        validity__in=_GOOD,
    )
    found: dict[int, Contact] = {}
    for contact in sorted(usable, key=_rank):
        owner = belongs[contact.party_id]
        if contact.role in OWN_ROLES[kept[owner].kind]:
            found.setdefault(owner, contact)
    return found


def _rank(contact: Contact) -> tuple[bool, int, bool, int]:
    verified = -contact.verified_on.toordinal() if contact.verified_on else 0
    return contact.validity != Contact.Validity.VALID, verified, contact.role != "self", contact.pk
