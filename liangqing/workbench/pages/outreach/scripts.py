"""What to say on the phone: the script of the case's level and class and of the debtor's attitude as the last record that
tells it has it, with the amounts of this moment; those of the other attitudes are one click away."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from liangqing.cases.attitudes import ATTITUDES, Attitude
from liangqing.cases.models import Case, Record
from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.actions import clause
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


EVERYBODY = "all"
"""In the address: the script written for no attitude in particular."""


@dataclass(frozen=True)
class Choice:
    """An attitude to choose: ``worded``: a script is written for it; ``last``: the last record has it."""

    code: str
    attitude: Attitude | None
    here: bool
    worded: bool
    last: bool


@page("case.work")
@clause("P4-3")
def script(request: Request, number: str) -> HttpResponse:
    """The scripts, as a part of the page; those whose values are not known say what is missing. ``attitude`` in the
    address chooses another than the last one recorded."""
    case = find(visible.cases(request.user).select_related("party__merged_into", "creditor"), number=number)
    last, asked = _last(case), request.GET.get("attitude", "")
    chosen = asked if asked in ATTITUDES else "" if asked == EVERYBODY else last
    context = {
        "case": case,
        "customer": customer_name(case.party, request.user),
        "scripts": [_script(case, content, recipient, chosen, request.user) for content, recipient in KINDS],
        "attitude": ATTITUDES.get(chosen),
        "choices": _choices(chosen, last),
    }
    part = bool(request.headers.get("HX-Request")) and request.headers.get("HX-Boosted") is None
    template = "workbench/outreach/templates/script.html"
    return render(request, f"{template}#script" if part else template, context)


def _last(case: Case) -> str:
    """The attitude of the last record that tells one; empty where none does."""
    told = Record.objects.filter(case=case).exclude(attitude="").order_by("-id").values_list("attitude", flat=True)
    return told.first() or ""


def _choices(chosen: str, last: str) -> list[Choice]:
    worded = set(
        TemplateVersion.objects.filter(state=TemplateVersion.State.APPROVED, template__channel=Channel.PHONE)
        .exclude(template__attitude="")
        .values_list("template__attitude", flat=True)
    )
    known: dict[str, Attitude | None] = {"": None, **ATTITUDES}
    return [
        Choice(code or EVERYBODY, each, code == chosen, code in worded, bool(code) and code == last)
        for code, each in known.items()
    ]


def _script(
    case: Case, content: Content, recipient: Recipient, attitude: str, user: User
) -> tuple[str, TemplateVersion | None, Rendered | None, str]:
    """What the call is for, its wording, what to say, and why there is nothing to say."""
    label, version = f"{content.label} · {recipient.label}", None
    today = clock.today()
    try:
        _rules, regime = asking.rules_of(case.party, case.creditor, today)
        version = choose(
            Channel.PHONE, content, recipient, case.level, case.customer_class, asking.language_of(case.party), today,
            regime=regime, attitude=attitude if recipient == Recipient.SELF else "",
        )  # fmt: skip
        due = asking.asked(case.party, case.creditor, content, today) if asking.asks_for_money(content) else []
        values = asking.values(case.party, due, channel=Channel.PHONE, case=case.number, by=user)
        return label, version, fill_in(version, values), ""
    except Refusal as refusal:
        return label, version, None, refusal.sentence
