"""An agreement on instalments that is not kept: collection resumes, but only after the customer was told (信用卡办法 70)."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import restraints
from liangqing.parties.actions.particulars import Particulars
from liangqing.parties.events import AgreementBroken, BreachNoticed
from liangqing.parties.models import Agreement, Hold, Party
from liangqing.parties.rules import agreements
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell


@action
@clause("P3 4.3.3 agreement")
def miss(agreement: Agreement, on: dt.date, reason: str, by: User) -> Agreement:
    """The instalment of a day did not come. Nothing may be demanded yet: from now on only the notice of it may go out.

    Raises ``Refusal``: ``agreement_over`` (409) where it does not hold or was broken before; what
    ``rules.agreements.check_missed`` raises; (422) without a reason.
    """
    demand(by, "case.work")
    row = _locked(agreement)
    if row.missed_on is not None or not restraints.holds(row.restraint):
        raise Refusal("agreement_over", _("This agreement does not hold any more. Reload to see what does."))
    agreements.check_missed(on, row.restraint.day, clock.today())
    source = f"restraint/{row.restraint_id}"
    row.breach = restraints.place(
        row.restraint.party,
        Hold.BREACH,
        reason=reason,
        by=by,
        creditor=row.restraint.creditor,
        source=source,
        given=Particulars(broken=True),
    )
    restraints.lift(row.restraint, reason=reason, by=by)
    row.missed_on = on
    row.save(update_fields=["missed_on", "breach"])
    tell(AgreementBroken(thing_id=row.pk, party_id=row.restraint.party_id, on=on), by=by)
    return row


@action
@clause("P3 4.3.3 agreement")
def notify(agreement: Agreement, on: dt.date, reason: str, by: User) -> Agreement:
    """The customer was told that an instalment was missed, on a day and as ``reason`` says (by which letter or message):
    from now on collection is as before the agreement.

    Raises ``Refusal``: ``agreement_unbroken`` (409) where nothing was missed or notice is on record; what
    ``rules.agreements.check_noticed`` raises; (422) without a reason.
    """
    demand(by, "case.work")
    row = _locked(agreement)
    if row.missed_on is None or row.breach is None or row.noticed_on is not None:
        raise Refusal("agreement_unbroken", _("There is no missed instalment of which notice would have to be given."))
    agreements.check_noticed(on, row.missed_on, clock.today())
    restraints.lift(row.breach, reason=reason, by=by, noticed=True)
    row.noticed_on = on
    row.save(update_fields=["noticed_on"])
    tell(BreachNoticed(thing_id=row.pk, party_id=row.restraint.party_id, on=on), by=by)
    return row


def _locked(agreement: Agreement) -> Agreement:
    """The customer first, as wherever something is put on record."""
    party = Agreement.objects.values_list("restraint__party", flat=True).get(pk=agreement.pk)
    Party.objects.select_for_update().defer("search").get(pk=party)
    found = Agreement.objects.select_for_update(of=("self",))
    return found.select_related("restraint__party", "restraint__creditor", "breach").get(pk=agreement.pk)
