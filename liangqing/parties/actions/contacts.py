"""Ways to reach a customer: entered by hand, found to work or not."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.parties.events import ContactAdded, ContactVerified
from liangqing.parties.models import Contact, Party, Role
from liangqing.parties.queries.members import members
from liangqing.parties.rules.ways import same, sound
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell


@action
@clause("P2 3.1.1")
def add(party: Party, *, kind: str, value: str, by: User, role: str = Role.SELF, person: str = "") -> Contact:
    """A way to reach this customer. It counts as not verified until somebody has answered.

    Raises ``Refusal`` for an unknown kind or role, a value that can't be right, or a way that is known already.
    """
    demand(by, "customer.edit")
    value = " ".join(value.split())
    if kind not in Contact.Kind.values or role not in Role.values:
        raise Refusal("unknown_contact_kind", _("Choose what kind of contact it is, and whose."), status=422)
    if not sound(kind, value):
        raise Refusal(
            "contact_unsound",
            _("This can't be right. A phone has at least five digits, an e-mail address an @ and a domain."),
            status=422,
        )
    Party.objects.select_for_update().only("id").get(pk=party.pk)
    index = sealing.index(same(kind, value))
    if Contact.objects.filter(party__in=members(party), kind=kind, value_index=index).exists():
        raise Refusal("contact_known", _("This customer has this contact already. Verify that one instead."))
    contact = Contact.objects.create(
        party=party,
        kind=kind,
        role=role,
        person_stored=sealing.seal(" ".join(person.split())),
        value_stored=sealing.seal(value),
        value_index=index,
    )
    tell(ContactAdded(thing_id=contact.pk, party_id=party.pk, kind=kind, role=role), by=by)
    return contact


@action
@clause("P2 3.1.1")
def verify(contact: Contact, *, validity: str, by: User | None, on: dt.date | None = None) -> Contact:
    """Somebody found out whether this way works, on a day (today when not said); ``by`` is empty where a provider said it.

    Raises ``Refusal`` for a validity that does not exist or a day to come.
    """
    if by is not None:
        demand(by, "customer.edit")
    day = on or clock.today()
    if validity not in Contact.Validity.values:
        raise Refusal("unknown_validity", _("Say whether the contact is valid or invalid."), status=422)
    if day > clock.today():
        raise Refusal("verified_in_future", _("The day it was verified has not come yet."), status=422)
    locked = Contact.objects.select_for_update().get(pk=contact.pk)
    before = locked.validity
    locked.validity, locked.verified_on = validity, None if validity == Contact.Validity.UNKNOWN else day
    locked.save(update_fields=["validity", "verified_on"])
    tell(
        ContactVerified(
            thing_id=locked.pk,
            party_id=locked.party_id,
            kind=locked.kind,
            before=before,
            validity=validity,
            on=day,
        ),
        by=by,
    )
    contact.validity, contact.verified_on = locked.validity, locked.verified_on
    return locked
