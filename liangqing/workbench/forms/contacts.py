"""How a contact is shown: masked, with its kind, whose it is and whether it works."""

from __future__ import annotations

from liangqing.parties.models import Contact
from liangqing.parties.rules import masking


def shown(contact: Contact) -> str:
    parts = [contact.get_kind_display(), masked(contact)]
    if contact.validity != Contact.Validity.UNKNOWN:
        parts.append(contact.get_validity_display())
    return " · ".join(str(part) for part in parts)


def masked(contact: Contact) -> str:
    return masking.way(contact.kind, contact.value)
