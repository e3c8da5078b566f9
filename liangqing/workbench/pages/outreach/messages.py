"""Messages: what waits, what left, what became of it; called off, sent again, settled by a person where nobody knows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages as told
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangqing.cases.queries import visible
from liangqing.kit import files
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import messages as actions
from liangqing.outreach.kinds import Channel
from liangqing.outreach.lifecycle import DUE, MESSAGE, MessageState
from liangqing.outreach.models import Message, Provider
from liangqing.parties.rules import masking
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.trail.models import Entry
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.sending import ReasonForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.telling import entries as telling
from liangqing.workbench.words import customer_name, moment

_S = MessageState
_COLOURS = {
    _S.WAITING: "blue", _S.HELD: "yellow", _S.CLAIMED: "blue", _S.DOUBTFUL: "orange", _S.PRINTED: "blue",
    _S.SENT: "green", _S.DELIVERED: "green", _S.FAILED: "red", _S.BOUNCED: "red", _S.DECLINED: "red", _S.REFUSED: "red",
}  # fmt: skip
WRITTEN_CHOICES = [(each.value, each.label) for each in actions.WRITTEN]
_KIND = {"letter": "address", "sms": "phone", "email": "email"}
REASONS: dict[str, str | Promise] = {
    "guard_later": gettext_lazy("not allowed yet"),
    "guard_refused": gettext_lazy("the guard said no"),
    "guard_approval": gettext_lazy("needs an approval"),
    "mailed_today": gettext_lazy("there was a mail today already"),
    "receipts_stale": gettext_lazy("money received is not entered up to now"),
    "no_provider": gettext_lazy("no provider can take it now"),
    "no_route": gettext_lazy("no provider is set up that may carry this"),
    "no_template": gettext_lazy("no approved wording says this"),
    "contact_invalid": gettext_lazy("the contact turned out to be wrong"),
    "settled": gettext_lazy("nothing is owed any more that could be asked for"),
    "merged": gettext_lazy("part of another mail"),
    "expired": gettext_lazy("waited too long"),
    "called_off": gettext_lazy("called off"),
    "dispatch_called_off": gettext_lazy("the sending was called off"),
    "sent_again": gettext_lazy("sent again by somebody"),
    "said_by_person": gettext_lazy("somebody found out"),
    "handed_over_again": gettext_lazy("handed over once more"),
    "unknown": gettext_lazy("nobody knows whether it went out"),
    "stopped": gettext_lazy("sending is stopped"),
    "busy": gettext_lazy("the provider asks to wait"),
}
"""What the codes say why a message stands where it stands; what a provider says stands in its own words."""


def seen(user: User) -> QuerySet[Message]:
    """The messages this person may see: to the customers within reach."""
    rows = Message.objects.select_related("party", "provider", "by", "dispatch")
    if not can(user, "case.see"):
        return rows.none()
    return rows if reach(user) is None else rows.filter(party__in=visible.parties(user))


def state_tag(row: Message) -> SafeString:
    tag = format_html('<span class="lq-tag {}">{}</span>', _COLOURS.get(_S(row.state), ""), row.get_state_display())
    if row.doubled:
        return format_html('{} <span class="lq-tag orange">{}</span>', tag, _("perhaps twice"))
    return tag


def reason(row: Message) -> str:
    """Why it stands there: our own words for our codes, the provider's for its own."""
    if row.reason.startswith("guard_") or not row.reason:
        return row.reason_said or str(REASONS.get(row.reason, row.reason))
    return str(REASONS.get(row.reason) or row.reason_said or row.reason)


def masked(row: Message) -> str:
    return masking.way(_KIND.get(row.channel, "address"), row.value)


@page("case.see")
def messages(request: Request) -> HttpResponseBase:
    """All messages within reach, the last first."""
    user = request.user
    listing = Listing(
        name="messages",
        title=pgettext_lazy("to customers", "Messages"),
        rows=seen(user),
        order=("-id",),
        columns=(
            Column("number", pgettext_lazy("to customers", "Message"), lambda row: row.number),
            Column("written", gettext_lazy("Written"), lambda row: moment(row.written_at)),
            Column("state", gettext_lazy("State"), state_tag, kind="html", plain=lambda row: row.get_state_display()),
            Column("reason", gettext_lazy("Why"), lambda row: reason(row) or None),
            Column("customer", gettext_lazy("Customer"), lambda row: customer_name(row.party, user)),
            Column("case", gettext_lazy("Case"), lambda row: row.case or None),
            Column("channel", gettext_lazy("Channel"), lambda row: row.get_channel_display()),
            Column("to", pgettext_lazy("to whom", "To"), masked),
            Column("content", gettext_lazy("What for"), lambda row: row.get_content_display()),
            Column("provider", gettext_lazy("Provider"), lambda row: row.provider.name if row.provider else None),
            Column("tries", gettext_lazy("Tries"), lambda row: row.tries, kind="num"),
            Column("due", gettext_lazy("Not before"), lambda row: moment(row.due_at) if row.due_at and row.state in DUE else None),
            Column("by", gettext_lazy("By"), lambda row: row.by.name if row.by else row.get_source_display()),
            Column("sent", gettext_lazy("Sent"), lambda row: moment(row.sent_at) if row.sent_at else None, shown=False),
            Column("dispatch", gettext_lazy("Sending to many"), lambda row: row.dispatch.number if row.dispatch else None, shown=False),
        ),
        filters=(
            Filter("state", gettext_lazy("State"), lambda rows, value: rows.filter(state=value), MessageState.choices),
            Filter("channel", gettext_lazy("Channel"), lambda rows, value: rows.filter(channel=value), WRITTEN_CHOICES),
            Filter("provider", gettext_lazy("Provider"), _of_provider, _providers),
            Filter("customer", gettext_lazy("Customer number"), lambda rows, value: rows.filter(party__number=value), kind="text"),
            Filter("dispatch", gettext_lazy("Sending to many"), _of_dispatch, kind="text"),
            Filter("on", gettext_lazy("Day"), _on_day, kind="date"),
            Filter("mine", gettext_lazy("waits for a decision"), _undecided, kind="flag"),
        ),
        link=lambda row: reverse("messages-one", args=[row.pk]),
        empty=gettext_lazy("Nothing was written to anybody yet. Write from a case, or send to many at once."),
    )  # fmt: skip
    return show(request, listing, "workbench/outreach/messages/messages.html", tab="messages")


def _undecided(rows: QuerySet[Message], _value: str) -> QuerySet[Message]:
    """In doubt, and nobody looks at them again but a person."""
    return rows.filter(state=_S.DOUBTFUL, due_at=None)


def _providers() -> list[tuple[str, str]]:
    return [(str(each.pk), each.name) for each in Provider.objects.filter(for_staff=False).order_by("name")]


def _of_provider(rows: QuerySet[Message], value: str) -> QuerySet[Message]:
    return rows.filter(provider=int(value)) if value.isascii() and value.isdigit() and len(value) < 9 else rows.none()


def _of_dispatch(rows: QuerySet[Message], value: str) -> QuerySet[Message]:
    digits = value.upper().removeprefix("D-").lstrip("0")
    found = digits.isascii() and digits.isdigit() and len(digits) < 19
    return rows.filter(dispatch=int(digits)) if found else rows.none()


def _on_day(rows: QuerySet[Message], value: str) -> QuerySet[Message]:
    try:
        on = dt.date.fromisoformat(value)
    except ValueError:
        return rows.none()
    return rows.filter(day=on)


def _one(request: Request, pk: int) -> Message:
    rows = seen(request.user).select_related("party__merged_into", "creditor", "attempt", "said__template", "into")
    return find(rows, pk=pk)


@page("case.see")
def message(request: Request, pk: int) -> HttpResponse:
    """One message: to whom, what it said, all that happened to it, and what can be done about it."""
    return _answer(request, _one(request, pk))


def _answer(
    request: Request, row: Message, *, form: ReasonForm | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    sends = can(request.user, "outreach.send")
    text = dict(row.text or row.written)
    events = Entry.objects.filter(thing="message", thing_id=row.pk, party_id=row.party_id).order_by("id")[:100]
    context: dict[str, Any] = {
        "row": row,
        "state": state_tag(row),
        "reason": reason(row),
        "customer": customer_name(row.party, request.user),
        "to": masked(row),
        "text": text,
        "amount": Money(row.amount, row.currency) if row.amount is not None and row.currency else None,
        "told": [(each, _moved(each.entry)) for each in telling.tell(list(events), request.user)],
        "events": row.attempt.events.order_by("id") if row.attempt else (),
        "answers": row.answers.order_by("id")[:50],
        "parts": row.parts.order_by("id")[:50],
        "files": row.files.order_by("id") if row.channel == Channel.EMAIL else (),
        "waits": row.state in DUE,
        "undecided": row.state == _S.DOUBTFUL,
        "may_off": sends and row.state in MESSAGE.named("call off").sources,
        "may_again": sends and row.state in MESSAGE.named("send again").sources and row.channel != Channel.LETTER,
        "may_settle": sends and row.state == _S.DOUBTFUL,
        "form": form or ReasonForm(),
        "refused": refused,
    }
    return render(request, "workbench/outreach/messages/message.html", context, status=status)


def _moved(entry: Entry) -> str:
    """Where it moved then, and why, in words; nothing for its being written."""
    state, code = entry.facts.get("state", ""), entry.facts.get("reason", "")
    said = [dict(MessageState.choices).get(state, ""), REASONS.get(code, code)]
    return " · ".join(str(each) for each in said if each)


def _back(row: Message, sentence: str, request: Request) -> HttpResponse:
    told.success(request, sentence, extra_tags="good")
    return HttpResponseRedirect(reverse("messages-one", args=[row.pk]))


@page("case.see")
def file(request: Request, pk: int, file: int) -> HttpResponseBase:
    """A file that goes or went with a message; its hash is checked on the way out."""
    kept = find(_one(request, pk).files.exclude(sha256=""), pk=file)
    answer = FileResponse(
        files.read(kept.sha256, kept.size), as_attachment=True, filename=kept.name, content_type=kept.media_type
    )  # fmt: skip
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@page("case.see", post="outreach.send")
def cancellation(request: Request, pk: int) -> HttpResponse:
    """It will not leave, with the reason."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("messages-one", args=[pk]))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _answer(request, row, form=form, status=422)
    actions.call_off(row, reason=form.cleaned_data["reason"], by=request.user)
    return _back(row, _("Called off: it will not leave."), request)


@page("case.see", post="outreach.send")
def repetition(request: Request, pk: int) -> HttpResponse:
    """Send it once more; the guard is asked again."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("messages-one", args=[pk]))
    actions.send_again(row, by=request.user)
    return _back(row, _("It waits to be sent once more."), request)


@page("case.see", post="outreach.send")
def settlement(request: Request, pk: int) -> HttpResponse:
    """Somebody found out whether a doubtful message went out, and how they know."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("messages-one", args=[pk]))
    form = ReasonForm(request.POST)
    went = request.POST.get("went", "")
    if not form.is_valid() or went not in ("yes", "no"):
        return _answer(request, row, form=form, status=422)
    try:
        actions.call_sent(row, sent=went == "yes", reason=form.cleaned_data["reason"], by=request.user)
    except Refusal as refusal:
        return _answer(request, row, form=form, refused=refusal.sentence, status=refusal.status)
    return _back(row, _("It went out.") if went == "yes" else _("It did not go out."), request)
