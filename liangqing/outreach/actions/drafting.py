"""What a message to one customer would say at this moment, before anybody decides to send it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.kit import clock
from liangqing.kit.actions import clause
from liangqing.outreach.actions import preparing
from liangqing.outreach.actions.messages import Want
from liangqing.outreach.actions.routing import NotNow
from liangqing.outreach.models import Message, Source, Template, TemplateVersion
from liangqing.outreach.queries import asking
from liangqing.outreach.queries.facts import recipient_of
from liangqing.parties.queries.members import customer
from liangqing.people.models import User
from liangqing.policy import Policy

_PROMISE = (Template.Occasion.PROMISE_DUE, Template.Occasion.PROMISE_BROKEN)
_REASONS = {"settled": _("Nothing is owed that could be asked for: it is paid, disputed, or not due yet.")}


@dataclass(frozen=True)
class Draft:
    """The words as they would leave now, in which wording; or ``refusal``, why there are none."""

    subject: str = ""
    body: str = ""
    version: TemplateVersion | None = None
    refusal: str = ""


@clause("P3 4.1.1")
def drafted(want: Want, *, by: User) -> Draft:
    """The wording that fits (or the one wanted) filled in with what is owed now. Nothing is kept."""
    kept, day = customer(want.party), clock.today()
    message = Message(
        party=kept, creditor=want.creditor, case=want.case, channel=want.channel, content=want.content,
        occasion=want.occasion, template=want.template, given=dict(want.given), by=by, source=Source.PERSON,
        recipient=want.recipient or recipient_of(kept, want.contact.role),
    )  # fmt: skip
    _rules, regime = asking.rules_of(kept, want.creditor, day)
    try:
        written = preparing.write(message, regime, day, bills=want.bills, unsubscribe="mailto:unsubscribe")
    except NotNow as told:
        return Draft(refusal=str(told.said or _REASONS.get(told.reason, told.reason)))
    return Draft(written.subject, written.body, written.version)


def leaves_until(want: Want) -> dt.date:
    """The last day on which it may leave, if it is written today; what waits longer is dropped."""
    rules, _regime = asking.rules_of(customer(want.party), want.creditor, clock.today())
    return last_day(rules)


def last_day(rules: Policy | None = None) -> dt.date:
    """The same under these rules, or those of the institution."""
    rules = rules or policy.in_force(clock.today())
    return clock.today() + dt.timedelta(days=int(rules.terms["outreach.message_expires_days"]))


def wordings(want: Want) -> list[TemplateVersion]:
    """The approved wordings a person may choose among for this: of the channel, purpose, recipient and language; those
    about a promise only where one is given."""
    kept, day = customer(want.party), clock.today()
    found = (
        TemplateVersion.objects.filter(
            state=TemplateVersion.State.APPROVED,
            from_on__lte=day,
            template__channel=want.channel,
            template__content=want.content,
            template__recipient=want.recipient or recipient_of(kept, want.contact.role),
            template__language=asking.language_of(kept),
        )
        .exclude(template__occasion__in=_PROMISE if not want.given.get("promise") else ())
        .exclude(template__occasion=Template.Occasion.OPTED_OUT)
        .select_related("template")
        .order_by("template_id", "-number")
    )
    latest: dict[int, TemplateVersion] = {}
    for each in found:
        latest.setdefault(each.template_id, each)
    return list(latest.values())
