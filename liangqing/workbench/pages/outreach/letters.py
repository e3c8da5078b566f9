"""Letters on paper 信函: batches that were printed, what is in them, what the post said, and the slips that came back."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import PurePath
from typing import IO, Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.kit import clock, files, media
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import letters as actions
from liangqing.outreach.actions import postal
from liangqing.outreach.kinds import Channel
from liangqing.outreach.lifecycle import DUE, MESSAGE, MessageState
from liangqing.outreach.models import LetterBatch, Message, Posting
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.workbench import worker
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.refusing import Refusing
from liangqing.workbench.forms.templates import PostedForm, ResultForm, ResultsForm, SlipForm
from liangqing.workbench.lists import Column, Listing, show
from liangqing.workbench.words import customer_name, moment

AT_ONCE = 20
"""Letters that are printed while somebody waits; more are left to a worker."""
_MOST_COUNTED = 1000
_SHOWN = 500
_BATCHES = 20
_FAULTS = 20
_KINDS = {".pdf": "application/pdf", ".csv": "text/csv", ".zip": "application/zip"}


def seen(user: User) -> QuerySet[LetterBatch]:
    """The batches this person may open. A batch holds the letters of every desk: the right to see it is one of its own."""
    rows = LetterBatch.objects.select_related("made_by")
    return rows if can(user, "letter.see") else rows.none()


def _waiting() -> QuerySet[Message]:
    return Message.objects.filter(state__in=DUE, due_at__lte=clock.now(), channel=Channel.LETTER)


@page("letter.see", post="letter.print")
def letters(request: Request) -> HttpResponseBase:
    """The batches, the last first, and how many letters wait. A post prints them."""
    if request.method == "POST":
        return _print(request)
    return _list(request, ResultsForm())


def _list(request: Request, form: ResultsForm, *, status: int = 200, faults: Any = ()) -> HttpResponseBase:
    waiting = len(_waiting().values("pk")[: _MOST_COUNTED + 1])
    listing = Listing(
        name="letters",
        title=gettext_lazy("Letters"),
        rows=seen(request.user),
        order=("-id",),
        load=_counted,
        page_size=_BATCHES,
        columns=(
            Column("number", gettext_lazy("Batch"), lambda row: row.number),
            Column("made", gettext_lazy("Printed"), lambda row: moment(row.made_at)),
            Column("by", gettext_lazy("By"), lambda row: row.made_by.name),
            Column("count", gettext_lazy("Letters"), lambda row: row.count, kind="num"),
            Column("posted", gettext_lazy("Posted"), lambda row: row.posted, kind="num"),
            Column("told", gettext_lazy("Result known"), lambda row: row.told, kind="num"),
            Column("slips", gettext_lazy("Slips"), lambda row: row.slips, kind="num"),
            Column("state", gettext_lazy("State"), _state),
        ),
        link=lambda row: reverse("letters-one", args=[row.pk]),
        empty=gettext_lazy(
            "No letter was printed yet. Letters are written on a case, by a campaign or by the night, and printed here together."
        ),
    )  # fmt: skip
    answer = show(
        request,
        listing,
        "workbench/outreach/letters/letters.html",
        waiting=f"{_MOST_COUNTED}+" if waiting > _MOST_COUNTED else waiting,
        form=form,
        faults=faults,
        prints=can(request.user, "letter.print"),
    )
    answer.status_code = status
    return answer


def _counted(rows: list[LetterBatch]) -> list[LetterBatch]:
    """The batches of one page, with how many of their letters were posted, answered for, and came back signed."""
    found = Posting.objects.filter(batch__in=rows).values("batch").annotate(
        posted=Count("posted_on"), told=Count("result_on"), slips=Count("pk", filter=~Q(slip_sha256=""))
    )  # fmt: skip
    counts: dict[int, Mapping[str, Any]] = {each["batch"]: each for each in found}
    for row in rows:
        for name in ("posted", "told", "slips"):
            setattr(row, name, counts.get(row.pk, {}).get(name, 0))
    return rows


def _state(row: LetterBatch) -> str:
    if row.discarded_at:
        return _("discarded")
    return _("ready") if row.files else _("being set")


def _print(request: Request) -> HttpResponse:
    """Order a batch: set now when it is small, else by a worker."""
    few = len(_waiting().values("pk")[: AT_ONCE + 1]) <= AT_ONCE
    try:
        batch = actions.order(by=request.user)
        if few:
            batch = actions.carry_out(batch.pk)
        else:
            worker.ask("print_letters", batch.pk, queue="outreach", lock="letters")
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        messages.error(request, refusal.sentence, extra_tags="bad")
        return HttpResponseRedirect(reverse("letters"))
    sentence = _("{count} letters were set.").format(count=batch.count) if few else _("The letters are being set.")
    if not few and not worker.alive():
        sentence += " " + _("No worker is running: start one with liangqing worker.")
    messages.success(request, sentence, extra_tags="good")
    return HttpResponseRedirect(reverse("letters-one", args=[batch.pk]))


@page("letter.see")
def batch(request: Request, pk: int) -> HttpResponse:
    """What is in a batch, its files, and what became of each letter."""
    return _answer(request, find(seen(request.user), pk=pk))


def _answer(
    request: Request, row: LetterBatch, *, form: PostedForm | None = None, faults: Any = (), status: int = 200
) -> HttpResponse:
    postings = list(
        row.letters.select_related("message__party").defer("message__party__search").order_by("place")[:_SHOWN]
    )
    prints = can(request.user, "letter.print")
    context: dict[str, Any] = {
        "row": row,
        "state": _state(row),
        "lines": [
            {
                "posting": each,
                "customer": customer_name(each.message.party, request.user),
                "may_end": prints and _may_end(each.message),
                "may_slip": prints and not each.slip_sha256 and each.message.state != MessageState.WAITING,
            }
            for each in postings
        ],
        "more": row.count > _SHOWN,
        "form": form or PostedForm(),
        "result_form": ResultForm(initial={"on": clock.today()}),
        "slip_form": SlipForm(),
        "volumes": sum(each["name"].endswith(".pdf") for each in row.files),
        "word": any(each["name"].endswith(".zip") for each in row.files),
        "posts": prints and any(each.message.state == MessageState.PRINTED for each in postings),
        "prints": prints,
        "faults": faults,
    }
    return render(request, "workbench/outreach/letters/batch.html", context, status=status)


def _may_end(message: Message) -> bool:
    """Whether the post may still say something of it."""
    return message.state in MESSAGE.named("decline").sources


@page("letter.see")
def file(request: Request, pk: int, name: str) -> HttpResponseBase:
    """A volume, an archive of Word documents, or the list for the postal counter."""
    row = find(seen(request.user), pk=pk)
    kept = next((each for each in row.files if each["name"] == name), None)
    if kept is None:
        raise Refusal("not_here", gettext_lazy("This batch has no such file."), status=404)
    kind = _KINDS[PurePath(name).suffix]
    return _download(files.read(kept["sha256"], kept["size"]), f"{row.number} {name}", kind)


@page("letter.see")
def whole(request: Request, pk: int) -> HttpResponseBase:
    """All letters of a batch as one PDF, for a printer that takes one job."""
    row = find(seen(request.user), pk=pk)
    paper = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it; it has no name, and ends with that
    try:
        actions.whole(row, paper)
    except Refusal:
        paper.close()
        raise
    paper.seek(0)
    return _download(paper, f"{row.number}.pdf", "application/pdf")


def _download(content: IO[bytes], name: str, kind: str) -> FileResponse:
    answer = FileResponse(content, as_attachment=True, filename=name, content_type=kind)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@page("letter.see", post="letter.print")
def posting(request: Request, pk: int) -> HttpResponse:
    """The batch was handed to the post, with the counter's list of postal numbers where there is one."""
    row = find(seen(request.user), pk=pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("letters-one", args=[pk]))
    form = PostedForm(request.POST, request.FILES)
    if form.is_valid():
        upload, on = form.cleaned_data["file"], form.cleaned_data["on"]
        try:
            if upload:
                taken = postal.posted(row, upload.read(postal.MOST_BYTES + 1), on=on, by=request.user)
                count, faults = taken.count, taken.faults
            else:
                count, faults = actions.post(row, on=on, by=request.user), ()
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            sentence = _("{count} letters are marked as posted.").format(count=count)
            messages.success(request, sentence, extra_tags="care" if faults else "good")
            if faults:
                return _answer(request, row, faults=faults[:_FAULTS], status=422)
            return HttpResponseRedirect(reverse("letters-one", args=[pk]))
    return _answer(request, row, form=form, status=422)


@page("letter.see", post="letter.print")
def discarding(request: Request, pk: int) -> HttpResponse:
    """What of a batch was not posted waits again."""
    row = find(seen(request.user), pk=pk)
    if request.method == "POST":
        try:
            count = actions.discard(row, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.sentence, extra_tags="bad")
        else:
            messages.success(request, _("{count} letters wait again.").format(count=count), extra_tags="good")
    return HttpResponseRedirect(reverse("letters-one", args=[pk]))


@page("letter.see", post="letter.print")
def results(request: Request) -> HttpResponseBase:
    """What the post says of many letters, as a list."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("letters"))
    form = ResultsForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            taken = postal.results(form.cleaned_data["file"].read(postal.MOST_BYTES + 1), by=request.user)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            sentence = _("{count} results were taken in.").format(count=taken.count)
            messages.success(request, sentence, extra_tags="care" if taken.faults else "good")
            if taken.faults:
                return _list(request, ResultsForm(), faults=taken.faults[:_FAULTS], status=422)
            return HttpResponseRedirect(reverse("letters"))
    return _list(request, form, status=422)


def _posting(request: Request, pk: int) -> Posting:
    return find(Posting.objects.select_related("message__party", "batch").filter(batch__in=seen(request.user)), pk=pk)


@page("letter.see", post="letter.print")
def result(request: Request, pk: int) -> HttpResponse:
    """What the post says of one letter."""
    row = _posting(request, pk)
    if request.method == "POST":
        form = ResultForm(request.POST)
        if form.is_valid():
            try:
                actions.result(row, form.cleaned_data["result"], on=form.cleaned_data["on"], by=request.user)
            except Refusal as refusal:
                form.refuse(refusal)
        _say(request, form, _("Taken in."))
    return HttpResponseRedirect(reverse("letters-one", args=[row.batch_id]))


@page("letter.see", post="letter.print")
def slip(request: Request, pk: int) -> HttpResponseBase:
    """The slip that came back signed: as it was handed in, or, posted, handed in."""
    row = _posting(request, pk)
    if request.method != "POST":
        if not row.slip_sha256:
            raise Refusal("not_here", gettext_lazy("No slip of this letter has come back."), status=404)
        content = files.read(row.slip_sha256, row.slip_size)
        kind = media.media_type(content.read()) or "application/octet-stream"
        content.seek(0)
        return _download(content, row.slip_name, kind)
    form = SlipForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data["slip"]
        try:
            actions.attach_slip(row, Upload(given.name or "", given.read()), by=request.user)
        except Refusal as refusal:
            form.refuse(refusal)
    _say(request, form, _("The slip is kept, and the letter was delivered."))
    return HttpResponseRedirect(reverse("letters-one", args=[row.batch_id]))


def _say(request: Request, form: Refusing, sentence: str) -> None:
    """What became of a small form beside its line; what is wrong is told above the list."""
    if form.errors:
        wrong = " ".join(str(each) for errors in form.errors.values() for each in errors)
        messages.error(request, wrong, extra_tags="bad")
    else:
        messages.success(request, sentence, extra_tags="good")
