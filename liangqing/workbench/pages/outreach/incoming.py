"""What people wrote to us: read, put with a customer where nobody knew whose it is, and dealt with."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangqing.cases.models import Case
from liangqing.cases.queries import visible
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import incoming as actions
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Incoming
from liangqing.parties.models import Restraint
from liangqing.parties.queries.members import members
from liangqing.parties.rules import masking
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.sending import CustomerForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.words import customer_name, moment

_CHANNELS = [(each.value, each.label) for each in (Channel.SMS, Channel.EMAIL)]
_SHOWN = 60
"""Characters of a text a list shows."""


def seen(user: User) -> QuerySet[Incoming]:
    """What this person may read: of the customers within reach; heads and those who reach everybody also what nobody knows
    the sender of."""
    rows = Incoming.objects.select_related("party", "message", "handled_by", "provider")
    if not can(user, "case.see"):
        return rows.none()
    if reach(user) is None:
        return rows
    own = Q(party__in=visible.parties(user))
    return rows.filter(own | Q(party=None)) if user.has_duty(Duty.HEAD) else rows.filter(own)


def sender(row: Incoming) -> str:
    return masking.way("email" if row.channel == Channel.EMAIL else "phone", row.sender) if row.sender_stored else ""


def _tag(row: Incoming) -> SafeString:
    if row.wants_silence:
        return format_html('<span class="lq-tag red">{}</span>', _("wants no more messages"))
    return format_html('<span class="lq-tag">{}</span>', row.get_kind_display())


def _handled(row: Incoming) -> str | None:
    return f"{moment(row.handled_at)} {row.handled_by.name if row.handled_by else ''}" if row.handled_at else None


@page("case.see")
def answers(request: Request) -> HttpResponseBase:
    """Answers and other words of customers, the last first; at first those nobody has dealt with."""
    user = request.user
    listing = Listing(
        name="incoming",
        title=pgettext_lazy("of customers", "Answers"),
        rows=seen(user),
        order=("-id",),
        columns=(
            Column("came", gettext_lazy("Came"), lambda row: moment(row.came_at)),
            Column("customer", gettext_lazy("Customer"), lambda row: _whose(row, user)),
            Column("case", gettext_lazy("Case"), lambda row: row.case or None),
            Column("channel", gettext_lazy("Channel"), lambda row: row.get_channel_display()),
            Column("sender", pgettext_lazy("from whom", "From"), lambda row: sender(row) or None),
            Column("kind", gettext_lazy("Kind"), _tag, kind="html", plain=lambda row: row.get_kind_display()),
            Column("text", gettext_lazy("Text"), _short),
            Column("message", gettext_lazy("Answers message"), lambda row: row.message.number if row.message else None, shown=False),
            Column("handled", gettext_lazy("Dealt with"), _handled),
        ),
        filters=(
            Filter("open", gettext_lazy("not dealt with"), lambda rows, _value: rows.filter(handled_at=None), kind="flag"),
            Filter("silence", gettext_lazy("wants no more messages"), lambda rows, _value: rows.filter(wants_silence=True), kind="flag"),
            Filter("channel", gettext_lazy("Channel"), lambda rows, value: rows.filter(channel=value), _CHANNELS),
            Filter("kind", gettext_lazy("Kind"), lambda rows, value: rows.filter(kind=value), Incoming.Kind.choices),
            Filter("customer", gettext_lazy("Customer number"), lambda rows, value: rows.filter(party__number=value), kind="text"),
        ),
        link=lambda row: reverse("messages-incoming-one", args=[row.pk]),
        row_class=lambda row: "" if row.handled_at else "fw-bold",
        empty=gettext_lazy("Nobody has written yet. Mails come from the mailboxes, text messages from the gateways."),
    )  # fmt: skip
    return show(request, listing, "workbench/outreach/messages/incoming.html", tab="incoming")


def _whose(row: Incoming, user: User) -> str:
    return customer_name(row.party, user) if row.party else _("nobody knows whose")


def _short(row: Incoming) -> str:
    words = " ".join(f"{row.subject} {row.text}".split())
    return words[:_SHOWN] + "…" if len(words) > _SHOWN else words


def _one(request: Request, pk: int) -> Incoming:
    return find(seen(request.user), pk=pk)


@page("case.see")
def answer(request: Request, pk: int) -> HttpResponse:
    """One answer as it came, whose it is, what it answers, and what it led to."""
    return _answer(request, _one(request, pk))


def _answer(request: Request, row: Incoming, *, form: CustomerForm | None = None, status: int = 200) -> HttpResponse:
    own = visible.cases(request.user)
    works = can(request.user, "case.work")
    context: dict[str, Any] = {
        "row": row,
        "tag": _tag(row),
        "customer": customer_name(row.party, request.user) if row.party else "",
        "sender": sender(row),
        "cases": own.filter(party__in=members(row.party)).order_by("-id")[:5] if row.party else Case.objects.none(),
        "restraint": Restraint.objects.filter(pk=row.restraint).first() if row.restraint else None,
        "works": works,
        "form": (form or CustomerForm()) if works and row.party is None else None,
    }
    return render(request, "workbench/outreach/messages/answer.html", context, status=status)


@page("case.see", post="case.work")
def handling(request: Request, pk: int) -> HttpResponse:
    """It is dealt with."""
    row = _one(request, pk)
    if request.method == "POST":
        actions.handle(row, by=request.user)
        messages.success(request, _("Dealt with."), extra_tags="good")
    return HttpResponseRedirect(reverse("messages-incoming-one", args=[pk]))


@page("case.see", post="case.work")
def owner(request: Request, pk: int) -> HttpResponse:
    """Somebody knows whose it is; a wish in it is heard from then on."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("messages-incoming-one", args=[pk]))
    form = CustomerForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["customer"].strip()
        party = visible.parties(request.user).select_related("merged_into").filter(number=number).first()
        if party is None:
            form.add_error("customer", _("No customer within your reach has this number."))
        else:
            try:
                actions.belongs_to(row, party, by=request.user)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("It stands with this customer now."), extra_tags="good")
                return HttpResponseRedirect(reverse("messages-incoming-one", args=[pk]))
    return _answer(request, row, form=form, status=422)
