"""The formal demand of one case: looked at, printed at once, or put among the letters that wait to be printed."""

from __future__ import annotations

import base64
import io
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.models import Case
from liangqing.cases.queries import visible
from liangqing.cases.queries.given import given
from liangqing.cases.queries.governing import governing
from liangqing.kit import clock, media
from liangqing.kit.refusal import Refusal
from liangqing.kit.typeset import TypesetError
from liangqing.outreach.actions import demands, guard
from liangqing.outreach.actions.demands import About, Drafted
from liangqing.outreach.actions.messages import Want
from liangqing.outreach.actions.messages import send as send_message
from liangqing.outreach.content import letters
from liangqing.outreach.kinds import Channel, Content
from liangqing.outreach.models import Attempt
from liangqing.outreach.queries import demands as demands_made
from liangqing.outreach.rules.spacing import counts_from
from liangqing.parties.models import Contact
from liangqing.parties.queries import members
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.templates import LetterForm
from liangqing.workbench.words import customer_name

_MOST = 20
_BILLS_SHOWN = 200
_PAGES_SHOWN = 3


def _case(request: Request, number: str) -> Case:
    return find(visible.cases(request.user).select_related("party__merged_into", "creditor"), number=number)


def _addresses(case: Case) -> list[Contact]:
    found = [each for each in members.contacts(case.party) if each.kind == Contact.Kind.ADDRESS]
    return sorted(found, key=lambda each: (each.validity == Contact.Validity.INVALID, each.pk))[:_MOST]


def _about(case: Case, contact: Contact) -> About:
    return About(
        party=case.party, creditor=case.creditor, contact=contact, case=case.number, level=case.level,
        customer_class=case.customer_class,
    )  # fmt: skip


@page("outreach.send")
def letter(request: Request, number: str) -> HttpResponseBase:
    """The demand as it would be printed now. A post prints it, or lets it wait for the next batch."""
    case = _case(request, number)
    contacts = _addresses(case)
    posted = request.method == "POST"
    wanted = request.GET.get("contact", "") or (str(contacts[0].pk) if contacts else "")
    form = LetterForm(request.POST if posted else {"contact": wanted}, contacts=contacts)
    if not contacts or not form.is_valid():
        return _answer(request, case, form, None, status=422 if posted else 200)
    about = _about(case, form.contact())
    if not posted:
        return _answer(request, case, form, about)
    try:
        if request.POST.get("do") == "wait":
            return _wait(request, case, about)
        attempt, content = demands.printed(about, request.user)
    except Refusal as refusal:
        form.refuse(refusal)
        return _answer(request, case, form, about, status=refusal.status)
    if not content:
        return _answer(request, case, form, about, attempt=attempt, status=409)
    return _paper(content, f"{case.number} {attempt.number}", download=True)


def _wait(request: Request, case: Case, about: About) -> HttpResponse:
    """Write the letter down for the next batch; asked again on the same day, it is the same letter."""
    want = Want(
        party=about.party, creditor=about.creditor, channel=Channel.LETTER, content=Content.FORMAL,
        contact=about.contact, step="person:formal", case=case.number,
        given=given([case])[case.pk],
    )  # fmt: skip
    row = send_message(want, by=request.user)
    messages.success(request, _("It waits to be printed: {number}.").format(number=row.number), extra_tags="good")
    return HttpResponseRedirect(reverse("cases-letters", args=[case.number]))


def _answer(
    request: Request,
    case: Case,
    form: LetterForm,
    about: About | None,
    *,
    attempt: Attempt | None = None,
    status: int = 200,
) -> HttpResponse:
    made, problem, pictures, text = _looked_at(about, request) if about else (None, "", [], "")
    verdict = guard.look(demands.wish_of(about, request.user)) if about else None
    context: dict[str, Any] = {
        "case": case,
        "customer": customer_name(case.party, request.user),
        "form": form,
        "contact": about.contact if about else None,
        "made": made,
        "bills": made.asked[:_BILLS_SHOWN] if made else (),
        "problem": problem,
        "pictures": pictures[:_PAGES_SHOWN],
        "pages": len(pictures),
        "text": text,
        "verdict": verdict,
        "reasons": [guard.said(each) for each in verdict.deciding] if verdict else [],
        "attempt": attempt,
        "reason": guard.reason_of(attempt) if attempt else "",
        **_counted(case),
    }
    return render(request, "workbench/outreach/letters/demand.html", context, status=status)


def _counted(case: Case) -> dict[str, Any]:
    """How many formal demands count so far, and from which day a further one would."""
    rules = governing(case)
    told = demands_made.demands(members.members(case.party), case.creditor_id, rules)
    from_on = counts_from(told, gap_days=int(rules.terms["demand.gap_days"]))
    return {
        "demands": told,
        "counted": sum(each.counts for each in told),
        "counts_from": from_on if from_on and from_on > clock.today() else None,
    }


def _looked_at(about: About, request: Request) -> tuple[Drafted | None, str, list[str], str]:
    """The demand, why there is none, and its pages as pictures the page can hold; of a Word document the text, since how
    it looks is for Word to show."""
    made = None
    try:
        made = demands.drafted(about, request.user)
        letter = demands.sample(made, about)
        pictures = [] if letter.word else letters.pictures(letter)
    except Refusal as refusal:
        return made, refusal.sentence, [], ""
    except TypesetError as problem:
        return made, str(problem), [], ""
    text = letter.rendered.body if letter.word else ""
    return made, "", [base64.b64encode(each).decode() for each in pictures], text


@page("outreach.send")
def preview(request: Request, number: str) -> HttpResponseBase:
    """The demand to look at, as PDF or as the institution's Word document: nothing is asked, nothing counts, the address is
    masked."""
    case = _case(request, number)
    wanted = request.GET.get("contact", "")
    contacts = _addresses(case)
    contact = next((each for each in contacts if str(each.pk) == wanted), contacts[0] if contacts else None)
    if contact is None:
        raise Refusal("no_address", gettext_lazy("No address is known. Add one on the customer’s page."), status=404)
    about = _about(case, contact)
    try:
        content = letters.paper(demands.sample(demands.drafted(about, request.user), about))
    except TypesetError as problem:
        raise Refusal("not_set", gettext_lazy("This letter can't be set: {why}"), why=str(problem)) from problem
    return _paper(content, case.number, download=False)


def _paper(content: bytes, name: str, *, download: bool) -> FileResponse:
    kind = media.media_type(content) or "application/octet-stream"
    name = media.clean_name(name, kind)
    download = download or kind != letters.PDF
    answer = FileResponse(io.BytesIO(content), as_attachment=download, filename=name, content_type=kind)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
