"""What to say on the phone: the script of the case's level and class, with the amounts of this moment."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from liangqing.cases.models import Case
from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.content.rendering import Rendered
from liangqing.outreach.content.rendering import render as fill_in
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.models import TemplateVersion
from liangqing.outreach.queries import asking
from liangqing.outreach.queries.templates import choose
from liangqing.people.models import User
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.words import customer_name

KINDS = ((Content.DEMAND, Recipient.SELF), (Content.REMINDER, Recipient.SELF), (Content.LOCATE, Recipient.CONTACT))
"""The calls a collector makes: asking for payment, reminding, asking somebody else to pass a message on."""


@page("case.work")
def script(request: Request, number: str) -> HttpResponse:
    """The scripts, as a part of the page; those whose values are not known say what is missing."""
    case = find(visible.cases(request.user).select_related("party__merged_into", "creditor"), number=number)
    context = {
        "case": case,
        "customer": customer_name(case.party, request.user),
        "scripts": [_script(case, content, recipient, request.user) for content, recipient in KINDS],
    }
    part = bool(request.headers.get("HX-Request")) and request.headers.get("HX-Boosted") is None
    template = "workbench/outreach/templates/script.html"
    return render(request, f"{template}#script" if part else template, context)


def _script(
    case: Case, content: Content, recipient: Recipient, user: User
) -> tuple[str, TemplateVersion | None, Rendered | None, str]:
    """What the call is for, its wording, what to say, and why there is nothing to say."""
    label, version = f"{content.label} · {recipient.label}", None
    today = clock.today()
    try:
        _rules, regime = asking.rules_of(case.party, case.creditor, today)
        version = choose(
            Channel.PHONE, content, recipient, case.level, case.customer_class, asking.language_of(case.party), today,
            regime=regime,
        )  # fmt: skip
        due = asking.asked(case.party, case.creditor, content, today) if asking.asks_for_money(content) else []
        values = asking.values(case.party, due, channel=Channel.PHONE, case=case.number, by=user)
        return label, version, fill_in(version, values), ""
    except Refusal as refusal:
        return label, version, None, refusal.sentence
