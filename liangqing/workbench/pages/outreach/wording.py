"""One wording of a template: read, or written with everything that is wrong with it told while it is typed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.kit import files
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import templates as actions
from liangqing.outreach.content import checking, documents, rendering
from liangqing.outreach.content.checking import Checked
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Template, TemplateVersion
from liangqing.outreach.rules import language, wording
from liangqing.outreach.rules.wording import Variable
from liangqing.people.rights import can
from liangqing.policy.words import spoken
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.templates import ReasonForm, WordingForm
from liangqing.workbench.pages.outreach.marking import marked
from liangqing.workbench.pages.outreach.templates import difference, preset_tag, state_tag

State = TemplateVersion.State


def _find(pk: int) -> TemplateVersion:
    rows = TemplateVersion.objects.select_related("template", "drafted_by", "approved_by", "retired_by")
    return find(rows, pk=pk)


@page("case.see", post="template.edit")
def version(request: Request, pk: int) -> HttpResponse:
    """A wording. A post saves the draft, saves and submits it, or puts a variable in."""
    row = _find(pk)
    if request.method != "POST":
        return _answer(request, row, _form(row))
    form = WordingForm(request.POST, request.FILES, channel=row.template.channel)
    do = request.POST.get("do", "save")
    if do.startswith("insert-") and row.state == State.DRAFT:
        return _answer(request, row, _inserted(request, row, do.removeprefix("insert-")), unsaved=True)
    reason = ReasonForm(request.POST if do == "submit" else None)
    if form.is_valid() and (do != "submit" or reason.is_valid()):
        try:
            saved = _save(row, form, request)
            if do != "submit":
                return _saved(request, saved)
            row = saved
            asked = actions.submit(saved, reason=reason.cleaned_data["reason"], by=request.user)
        except Refusal as refusal:
            form.refuse(refusal)
            if row.state == State.DRAFT and row.revision != form.cleaned_data["revision"]:
                form.data = form.data.copy()  # type: ignore[attr-defined]
                form.data["revision"] = str(row.revision)  # type: ignore[index]
        else:
            messages.success(request, _("Submitted: {number}.").format(number=asked.number), extra_tags="good")
            return HttpResponseRedirect(reverse("approvals-request", args=[asked.number]))
    return _answer(request, row, form, reason=reason, unsaved=True, status=422)


def _save(row: TemplateVersion, form: WordingForm, request: Request) -> TemplateVersion:
    given = form.cleaned_data
    upload = given.get("document")
    document = Upload(upload.name or "", upload.read()) if upload else None
    return actions.edit(
        row, revision=given["revision"], subject=given["subject"], body=given["body"], why=given["why"],
        document=document, by=request.user,
    )  # fmt: skip


def _saved(request: Request, row: TemplateVersion) -> HttpResponse:
    checked = checking.check(row.template, row.subject, row.body, around=documents.around(row))
    sentence = _("The draft was saved.")
    if not checked.may_be_submitted:
        sentence += " " + _("It can’t be submitted before what is wrong is mended.")
    messages.success(request, sentence, extra_tags="good" if checked.may_be_submitted else "care")
    return HttpResponseRedirect(reverse("templates-version", args=[row.pk]))


def _form(row: TemplateVersion) -> WordingForm:
    initial = {"subject": row.subject, "body": row.body, "why": row.why, "revision": row.revision}
    return WordingForm(initial=initial, channel=row.template.channel)


def _inserted(request: Request, row: TemplateVersion, name: str) -> WordingForm:
    """What was typed with a variable put at its end, for those whose browser runs no scripts."""
    body = request.POST.get("body", "")
    if name in wording.variables():
        body += snippet(wording.variables()[name])
    initial = {"subject": request.POST.get("subject", ""), "body": body, "why": request.POST.get("why", "")}
    return WordingForm(initial={**initial, "revision": row.revision}, channel=row.template.channel)


def snippet(variable: Variable) -> str:
    """What is typed for a variable; for the list of bills, the loop."""
    if variable.kind != "list":
        return f"{{{{ {variable.key} }}}}"
    return "{% for bill in bills %}{{ bill.number }} {{ bill.amount }}\n{% endfor %}"


@page("template.edit")
def checks(request: Request, pk: int) -> HttpResponse:
    """What is wrong with the words as they are typed, as a part of the page: nothing is stored."""
    row = _find(pk)
    subject, body = request.POST.get("subject", row.subject), request.POST.get("body", row.body)
    told = look(row.template, subject, body.replace("\r\n", "\n"), around=_around(row, body))
    return render(request, "workbench/outreach/templates/checks.html", told)


def _around(row: TemplateVersion, body: str) -> str | None:
    """What stands around the text of its Word document, for as long as nobody typed another text."""
    return documents.around(row) if body.replace("\r\n", "\n").strip() in ("", row.body) else None


def look(template: Template, subject: str, body: str, *, around: str | None = None) -> dict[str, Any]:
    """Everything there is to say of some words, for ``checks.html``."""
    too_long = len(body) + len(subject) > wording.LONGEST  # told, not worked through
    checked = Checked(wrong=_too_long()) if too_long else checking.check(template, subject, body, around=around)
    preview = rendering.preview(subject, body, template.language) if checked.wrong is None else None
    return {
        "checked": checked,
        "wrong": checked.wrong.sentence if checked.wrong else "",
        "count": len(checked.faults()),
        "hits": [{"hit": hit, "about": language.categories()[hit.category], "grave": hit in checked.grave} for hit in checked.hits],
        "text": _marked(subject, body, checked),
        "preview": preview,
        "sms": template.channel == Channel.SMS,
        "template": template,
    }  # fmt: skip


def _too_long() -> Refusal:
    return Refusal(
        "template_too_long",
        gettext_lazy("A template has at most {most} characters."),
        status=422,
        field="body",
        most=wording.LONGEST,
    )


def _marked(subject: str, body: str, checked: Checked) -> SafeString | str:
    """The words as they are typed, each find marked at its place."""
    text = f"{subject}\n{body}"
    if not checked.hits:
        return ""
    places = wording.places(text)
    spans = [
        (places[hit.start], places[hit.end - 1] + 1, f"{hit.category} {spoken(hit.suggestion)}")
        for hit in checked.hits
        if hit.end <= len(places)
    ]
    since = 0 if subject else 1
    return marked(text[since:], [(start - since, end - since, said) for start, end, said in spans])


def _answer(
    request: Request,
    row: TemplateVersion,
    form: WordingForm,
    *,
    reason: ReasonForm | None = None,
    unsaved: bool = False,
    status: int = 200,
) -> HttpResponse:
    template = row.template
    before = template.versions.filter(number__lt=row.number).exclude(state=State.DROPPED).order_by("-number").first()
    edits = row.state == State.DRAFT and can(request.user, "template.edit")
    shown = ((form["subject"].value() or "", form["body"].value() or "") if edits else (row.subject, row.body))  # fmt: skip
    key = "zh" if template.language == Template.Language.ZH else "en"
    context = {
        "row": row,
        "template": template,
        "state": state_tag(row),
        "preset": preset_tag() if row.preset else "",
        "form": form,
        "reason": reason or ReasonForm(initial={"reason": row.why}),
        "edits": edits,
        "unsaved": unsaved,
        "before": before,
        "difference": difference(before, row) if before else [],
        "variables": [(each, snippet(each), each.sample.get(key, "")) for each in wording.variables().values()],
        **look(template, *shown, around=_around(row, shown[1])),
    }
    return render(request, "workbench/outreach/templates/version.html", context, status=status)


@page("case.see", post="template.edit")
def dropping(request: Request, pk: int) -> HttpResponse:
    """Give a draft up."""
    row = _find(pk)
    if request.method == "POST":
        actions.drop(row, by=request.user)
        messages.success(request, _("{name} was given up.").format(name=row.name), extra_tags="good")
    return HttpResponseRedirect(reverse("templates-one", args=[row.template_id]))


@page("case.see")
def document(request: Request, pk: int) -> HttpResponseBase:
    """The Word document of a wording, as it was handed in."""
    row = _find(pk)
    if not row.document:
        raise Refusal("not_here", gettext_lazy("This wording has no Word document."), status=404)
    answer = FileResponse(
        files.read(row.document, row.document_size), as_attachment=True, filename=row.document_name,
        content_type=documents.DOCX,
    )  # fmt: skip
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
