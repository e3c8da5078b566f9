"""Deciding for somebody who is away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from liangqing.approvals import acts
from liangqing.approvals.events import DelegationEnded, DelegationMade
from liangqing.approvals.models import Delegation
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.people.rights import can, demand
from liangqing.trail.actions.tell import tell


@action
@clause("P1 4")
def delegate(
    principal: User,
    delegate: User,
    *,
    from_on: dt.date,
    until_on: dt.date,
    reason: str,
    by: User,
    acts_only: Sequence[str] = (),
) -> Delegation:
    """Let somebody decide for the principal from a day until the day before ``until_on``; all acts, or ``acts_only``.

    People delegate their own voice; the management does it for somebody who is away already, never to itself. Nobody
    stands in for a stand-in. Raises ``Refusal``: 403 without the right; 422 (with ``field``) for days that are over or
    in the wrong order, for no reason, an unknown act, oneself, or somebody who may not decide.
    """
    _demand(principal, by)
    if by.pk == delegate.pk and by.pk != principal.pk:
        raise Refusal("self_appointed", _("Nobody makes themselves a stand-in. Choose somebody else."), status=403)
    if principal.pk == delegate.pk:
        raise Refusal("delegate_self", _("Choose somebody else."), status=422, field="delegate")
    delegate = User.objects.get(pk=delegate.pk)
    if not can(delegate, "approval.decide"):
        raise Refusal(
            "delegate_may_not",
            _("{name} may not decide on requests. Choose somebody who may."),
            status=422,
            field="delegate",
            name=delegate.name,
        )
    if until_on <= from_on or until_on <= clock.today():
        raise Refusal(
            "delegation_over",
            _("The last day must not come before the first, nor be past."),
            status=422,
            field="until_on",
        )
    if not reason.strip():
        raise Refusal("reason_missing", _("Say why, as “on leave”."), status=422, field="reason")
    codes = sorted({acts.named(code).code for code in acts_only})
    made = Delegation.objects.create(
        principal=principal,
        delegate=delegate,
        from_on=from_on,
        until_on=until_on,
        acts=codes,
        reason_stored=sealing.seal(reason.strip()[:1000]),
        made_by=by,
        made_at=clock.now(),
    )
    tell(
        DelegationMade(
            thing_id=made.pk,
            principal=principal.pk,
            delegate=delegate.pk,
            from_on=from_on,
            until=until_on,
            acts=codes,
            reason=made.reason_stored,
        ),
        by=by,
    )
    return made


@action
@clause("P1 4")
def end_delegation(delegation: Delegation, by: User) -> Delegation:
    """End it now, before its time; what was decided stays decided. Raises ``Refusal``: 403 without the right,
    ``moved_on`` when it is over already."""
    found = Delegation.objects.select_for_update(of=("self",)).select_related("principal").get(pk=delegation.pk)
    _demand(found.principal, by)
    if found.ended_at is not None or found.until_on <= clock.today():
        raise Refusal("moved_on", _("This is over already."))
    found.ended_at, found.ended_by = clock.now(), by
    found.save(update_fields=["ended_at", "ended_by"])
    tell(
        DelegationEnded(thing_id=found.pk, principal=found.principal_id, delegate=found.delegate_id),
        by=by,
    )
    return found


def _demand(principal: User, by: User) -> None:
    demand(by, "approval.delegate")
    if by.pk != principal.pk and not by.has_duty(Duty.MANAGE):
        raise Refusal(
            "not_yours", _("People delegate their own voice; for others, only the management does."), status=403
        )
