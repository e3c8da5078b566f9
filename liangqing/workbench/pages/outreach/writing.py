"""A message from a case: to whom, what for, how it will read now, what the guard says, and sent."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangqing.cases.models import Case
from liangqing.cases.queries import visible
from liangqing.cases.queries.given import given
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import attaching, drafting, enclosing, guard
from liangqing.outreach.actions.attaching import Enclosed
from liangqing.outreach.actions.messages import Want, wish_of
from liangqing.outreach.content.length import parts
from liangqing.outreach.content.letters import WHO_OWES
from liangqing.outreach.kinds import Channel, Content, content_for
from liangqing.outreach.queries import asking
from liangqing.outreach.queries.facts import recipient_of
from liangqing.outreach.rules import language
from liangqing.outreach.rules.facts import Verdict
from liangqing.parties.models import Contact
from liangqing.parties.queries import members
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.refusing import Refusing
from liangqing.workbench.forms.sending import BY_HAND, EnclosedForm, MessageForm, WordsForm
from liangqing.workbench.pages.outreach.marking import marked
from liangqing.workbench.words import customer_name

_BY_KIND = {Contact.Kind.PHONE: Channel.SMS, Contact.Kind.EMAIL: Channel.EMAIL}
_MOST = 40


def _case(request: Request, number: str) -> Case:
    return find(visible.cases(request.user).select_related("party__merged_into", "creditor"), number=number)


def _ways(case: Case) -> list[tuple[str, Contact]]:
    """By which contacts something written can go, those known to be wrong left out."""
    return [
        (_BY_KIND[Contact.Kind(contact.kind)].value, contact)
        for contact in members.contacts(case.party)[:_MOST]
        if contact.kind in _BY_KIND and contact.validity != Contact.Validity.INVALID
    ]


@page("outreach.send")
def compose(request: Request, number: str) -> HttpResponse:
    """How it would read and whether it may go; a post sends it. Sent twice on a day, it is the same message."""
    case, posted = _case(request, number), request.method == "POST"
    ways = _ways(case)
    if not ways:
        return render(request, "workbench/outreach/messages/compose.html", {"case": case, "nobody": True}, status=200)
    form, want = _wanted(request, case, ways)
    words, files = _words(request, want), _files(request, want)
    if not posted:
        return _answer(request, case, form, words, files, want)
    if any(each.errors for each in (form, words, files) if each is not None):
        return _answer(request, case, form, words, files, want, status=422)
    if words is not None:
        want = _with_words(want, words)
    try:
        if _too_late(want, guard.look(wish_of(want, by=request.user))):
            raise Refusal("too_early", _("It may not leave soon enough: it would be dropped before. Write it then."))
        if words is None and (refusal := drafting.drafted(want, by=request.user).refusal):
            raise Refusal("no_words", refusal)
        row = attaching.send(want, files.enclosed() if files is not None else Enclosed(), by=request.user)
    except Refusal as refusal:
        _at(refusal, form, words, files).refuse(refusal)
        return _answer(request, case, form, words, files, want, status=422 if refusal.status == 422 else 409)
    messages.success(request, _("It leaves in a moment: {number}.").format(number=row.number), extra_tags="good")
    return HttpResponseRedirect(reverse("messages-one", args=[row.pk]))


def _at(refusal: Refusal, form: MessageForm, words: WordsForm | None, files: EnclosedForm | None) -> Refusing:
    """The form a refusal is told in."""
    if files is not None and refusal.facts.get("field") in files.fields:
        return files
    return words if words is not None and refusal.status == 422 else form


def _wanted(request: Request, case: Case, ways: list[tuple[str, Contact]]) -> tuple[MessageForm, Want]:
    """What is asked for; what does not fit together any more (a wording of another purpose) is let go while looking."""
    data = request.POST if request.method == "POST" else request.GET
    keys = {f"{channel}-{contact.pk}": (channel, contact) for channel, contact in ways}
    wanted = data.get("way", "")
    key = wanted if wanted in keys else next(iter(keys))
    channel, contact = keys[key]
    usual = content_for(recipient_of(case.party, contact.role))
    content = data.get("content", "") if data.get("content", "") in BY_HAND else usual
    want = Want(
        party=case.party,
        creditor=case.creditor,
        channel=channel,
        content=content,
        contact=contact,
        step=f"person:{content}:{contact.pk}",
        case=case.number,
        given=given([case])[case.pk],
    )
    wordings = [] if content == Content.REPLY else drafting.wordings(want)
    chosen = data.get("template", "")
    version = next((each for each in wordings if str(each.pk) == chosen), None)
    looked = {"way": key, "content": content, "template": str(version.pk) if version else ""}
    bound = data if request.method == "POST" else looked
    form = MessageForm(bound, ways=ways, wordings=wordings)
    return form, dataclasses.replace(want, template=version)


def _too_late(want: Want, verdict: Verdict) -> bool:
    """Whether it would be dropped before it may leave."""
    earliest = None if verdict.allowed else verdict.earliest
    return earliest is not None and earliest.astimezone(clock.zone()).date() > drafting.leaves_until(want)


def _words(request: Request, want: Want) -> WordsForm | None:
    """The form of a person's own words, where they may be used: in answer to the debtor."""
    if want.content != Content.REPLY:
        return None
    return WordsForm(request.POST if request.method == "POST" else None, mail=want.channel == Channel.EMAIL)


def _files(request: Request, want: Want) -> EnclosedForm | None:
    """The form of what goes with it, where anything may: with an e-mail to somebody who owes."""
    recipient = recipient_of(want.party, want.contact.role)
    if want.channel != Channel.EMAIL or recipient not in WHO_OWES or want.content == Content.LOCATE:
        return None
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    return EnclosedForm(*data, letter=want.content in enclosing.WITH_LETTER)


def _with_words(want: Want, words: WordsForm) -> Want:
    said = words.cleaned_data
    subject, body = str(said.get("subject", "")), str(said["body"])
    told = hashlib.sha256(f"{subject}\n{body}".encode()).hexdigest()[:12]
    step, confirmed = f"{want.step}:{told}", bool(said["confirmed"])
    return dataclasses.replace(want, subject=subject, body=body, confirmed=confirmed, step=step)


def _answer(
    request: Request,
    case: Case,
    form: MessageForm,
    words: WordsForm | None,
    files: EnclosedForm | None,
    want: Want,
    *,
    status: int = 200,
) -> HttpResponse:
    verdict = guard.look(wish_of(want, by=request.user))
    draft = drafting.drafted(want, by=request.user) if words is None else None
    context: dict[str, Any] = {
        "case": case,
        "customer": customer_name(case.party, request.user),
        "form": form,
        "words": words,
        "files": files,
        "want": want,
        "chosen": {"way": form["way"].value(), "content": want.content, "template": form["template"].value() or ""},
        "draft": draft,
        "parts": parts(draft.body) if draft and draft.body and want.channel == Channel.SMS else 0,
        "verdict": verdict,
        "late": _too_late(want, verdict),
        "reasons": [guard.said(each) for each in verdict.deciding],
        **(_found(case, words) if words is not None else {}),
    }
    return render(request, "workbench/outreach/messages/compose.html", context, status=status)


def _found(case: Case, words: WordsForm) -> dict[str, Any]:
    """What may not be said, or is to be read once more, in what was written."""
    text = (
        "\n".join(filter(None, (words.data.get("subject", ""), words.data.get("body", "")))) if words.is_bound else ""
    )
    _rules, regime = asking.rules_of(case.party, case.creditor, clock.today())
    hits = language.check(text, content=Content.REPLY, regime=regime) if text else []
    return {
        "hits": [(each, each.severity in ("block", "counsel")) for each in hits],
        "text": marked(text, [(each.start, each.end, each.category) for each in hits]),
        "looked": bool(text),
    }


@page("outreach.send")
def checks(request: Request, number: str) -> HttpResponse:
    """What the list of words says of what is being written, while it is written. Nothing is kept."""
    case = _case(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("cases-messages", args=[number]))
    words = WordsForm(request.POST, mail=True)
    return render(request, "workbench/outreach/messages/checks.html", _found(case, words))
