"""Imports: files put down, checked, looked at, landed, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from liangqing.imports import problems
from liangqing.imports.actions.bring import remember
from liangqing.imports.fields import Kind
from liangqing.imports.models import Import
from liangqing.imports.rules.headers import NO_COLUMN
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.workbench import undoings, uploads, worker
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.imports import NameForm, ReadingForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.models import Undoing, Upload
from liangqing.workbench.models.upload import UPLOAD
from liangqing.workbench.words import moment

MOST_AT_ONCE = 20
"""Files in one go."""
_SHOWN_OPEN = 30

_S = Upload.State
STEPS: dict[str, str | Promise] = {
    "": gettext_lazy("waiting"),
    "read": gettext_lazy("reading the file"),
    "check": gettext_lazy("checking the rows"),
    "land": gettext_lazy("writing down"),
    "take back": gettext_lazy("taking back what the file brought"),
    "seal": gettext_lazy("sealing"),
}
_STATE_COLOURS = {_S.CHECKED: "blue", _S.REFUSED: "red", _S.LANDED: "green"}


def kind_label(name: str) -> str:
    return str(uploads.KINDS[name].label) if name in uploads.KINDS else "—"


# The list ---------------------------------------------------------------------------------------------------------------


@page("import.see")
def imports(request: Request) -> HttpResponseBase:
    """What came in, the last first; above it the files that were put down and not imported yet."""
    return show(
        request,
        _listing(),
        "workbench/imports/list.html",
        open_files=[_open_line(each) for each in _open_files()],
        undoings=undoings.under_way(),
    )


def _open_files() -> Sequence[Upload]:
    order = {name: place for place, name in enumerate(uploads.KINDS)}
    found = Upload.objects.filter(state__in=uploads.OPEN).select_related("user").order_by("-id")[:_SHOWN_OPEN]
    return sorted(found, key=lambda each: order.get(each.kind, len(order)))


def _open_line(upload: Upload) -> dict[str, Any]:
    return {
        "upload": upload,
        "kind": kind_label(upload.kind),
        "colour": _STATE_COLOURS.get(_S(upload.state), "yellow"),
        "at": moment(upload.uploaded_at),
    }


def _listing() -> Listing:
    return Listing(
        name="imports",
        title=gettext_lazy("Imports"),
        rows=Import.objects.all(),
        order=("-id",),
        load=_with_names,
        link=lambda row: reverse("imports-one", args=[row[0].pk]),
        row_class=lambda row: "muted" if row[0].status == Import.Status.UNDONE else "",
        columns=(
            Column("number", gettext_lazy("No."), lambda row: row[0].pk, sort=("id",)),
            Column("file", gettext_lazy("File"), lambda row: row[0].file),
            Column("kind", gettext_lazy("Kind"), lambda row: kind_label(row[0].kind)),
            Column("rows", gettext_lazy("Rows"), lambda row: _count(row[0].rows), "num", plain=lambda row: row[0].rows),
            Column(
                "created",
                gettext_lazy("New"),
                lambda row: _count(row[0].created),
                "num",
                plain=lambda row: row[0].created,
            ),
            Column(
                "updated",
                gettext_lazy("Changed"),
                lambda row: _count(row[0].updated),
                "num",
                plain=lambda row: row[0].updated,
            ),
            Column(
                "unchanged",
                gettext_lazy("Unchanged"),
                lambda row: _count(row[0].unchanged),
                "num",
                plain=lambda row: row[0].unchanged,
            ),
            Column(
                "rejected",
                gettext_lazy("Rejected"),
                lambda row: _rejected(row[0].rejected),
                "num",
                plain=lambda row: row[0].rejected,
            ),
            Column("by", gettext_lazy("By"), lambda row: row[1]),
            Column("at", gettext_lazy("When"), lambda row: moment(row[0].landed_at)),
            Column("status", gettext_lazy("Status"), lambda row: row[0].get_status_display()),
        ),
        filters=(
            Filter(
                "kind",
                gettext_lazy("Kind"),
                lambda rows, value: rows.filter(kind=value),
                choices=[(name, kind.label) for name, kind in uploads.KINDS.items()],
            ),
            Filter(
                "status",
                gettext_lazy("Status"),
                lambda rows, value: rows.filter(status=value),
                choices=Import.Status.choices,
            ),
            Filter("file", gettext_lazy("File"), lambda rows, value: rows.filter(file__icontains=value), kind="text"),
        ),
        empty=gettext_lazy(
            "Nothing has been imported yet. Start with the file of customers, then bills, then payments."
        ),
    )


def _count(number: int) -> str:
    return f"{number:,}"


def _figures(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """The counts of a file, each with its name; what was left out only where there was something."""
    left_out = counts["rows"] - sum(counts[name] for name in ("created", "updated", "unchanged", "rejected"))
    told = [
        (_("Rows"), counts["rows"]),
        (_("New"), counts["created"]),
        (_("Changed"), counts["updated"]),
        (_("Unchanged"), counts["unchanged"]),
        (_("Rejected"), counts["rejected"]),
    ]
    if left_out > 0:
        told.append((_("Left out"), left_out))
    return [(label, _count(number)) for label, number in told]


def _rejected(number: int) -> Any:
    return format_html('<span class="lq-tag red">{}</span>', f"{number:,}") if number else "0"


def _with_names(records: list[Import]) -> list[tuple[Import, str]]:
    names = dict(User.objects.filter(pk__in={each.actor_id for each in records}).values_list("pk", "name"))
    return [(each, names.get(each.actor_id or 0) or _("command line")) for each in records]


# Putting files down -----------------------------------------------------------------------------------------------------


@page("import.bring")
def new(request: Request) -> HttpResponse:
    """Put one file down, or several."""
    if request.method != "POST":
        return render(request, "workbench/imports/new.html", {"form": ReadingForm(), "limit": _limit()})
    form = ReadingForm(request.POST)
    files = request.FILES.getlist("files")
    refused: list[str] = []
    if not files:
        refused.append(_("Choose at least one file."))
    if len(files) > MOST_AT_ONCE:
        refused.append(_("{most} files at most can be put down in one go.").format(most=MOST_AT_ONCE))
    taken: list[Upload] = []
    if form.is_valid() and not refused:
        for file in files:
            try:
                taken.append(uploads.receive(file, by=request.user, choices=form.said()))
            except Refusal as refusal:
                refused.append(refusal.sentence)
    for upload in taken:
        uploads.begin_check(upload)
    if not taken:
        context = {"form": form, "refused": refused, "limit": _limit()}
        return render(request, "workbench/imports/new.html", context, status=422)
    for sentence in refused:
        messages.error(request, sentence)
    if len(taken) == 1:
        if taken[0].state == _S.REFUSED:
            return _checked(request, taken[0], status=422)
        return HttpResponseRedirect(_address(taken[0]))
    told = ngettext("{count} file was put down.", "{count} files were put down.", len(taken)).format(count=len(taken))
    messages.info(request, told + " " + _("Look at each and confirm: customers first, then bills, then payments."))
    return HttpResponseRedirect(reverse("imports"))


def _limit() -> int:
    return uploads.MOST_BYTES // 1024 // 1024


def _address(upload: Upload) -> str:
    return reverse("imports-upload", args=[upload.pk])


# One file on its way in -------------------------------------------------------------------------------------------------


@page("import.see", post="import.bring")
def upload(request: Request, number: int) -> HttpResponse:
    """A file that was put down: progress while something is being done with it, else what was found and what to do."""
    thing = find(Upload.objects.select_related("user"), pk=number)
    if request.method == "POST":
        return _decide(request, thing)
    if can(request.user, "import.bring") and uploads.is_stale(thing):
        uploads.read_otherwise(thing, thing.choices)
    if request.headers.get("HX-Target") == "progress":
        if thing.state in uploads.UNDER_WAY:
            return render(request, "workbench/imports/progress.html#progress", _progress(thing))
        return HttpResponse(status=204, headers={"HX-Redirect": _where(thing)})
    if thing.state in uploads.UNDER_WAY:
        return render(request, "workbench/imports/progress.html", _progress(thing))
    if thing.state in (_S.LANDED, _S.DROPPED):
        return HttpResponseRedirect(_where(thing))
    return _checked(request, thing)


def _where(thing: Upload) -> str:
    """Where one looks at a file as it stands now."""
    if thing.state == _S.LANDED and thing.imported_id:
        return reverse("imports-one", args=[thing.imported_id])
    return reverse("imports") if thing.state == _S.DROPPED else _address(thing)


def _progress(thing: Upload) -> dict[str, Any]:
    return {
        "upload": thing,
        "step": STEPS.get(thing.step, thing.step),
        "lands": thing.state in (_S.QUEUED, _S.LANDING),
        "nobody": not worker.alive(),
        "may_drop": thing.state == _S.WAITING,
    }


def _decide(request: Request, thing: Upload) -> HttpResponse:
    """Import it, read it otherwise, or put it away."""
    wish = request.POST.get("do", "")
    if wish == "drop":
        uploads.put_away(thing)
        messages.info(request, _("“{file}” was put away; nothing of it was imported.").format(file=thing.file))
        return HttpResponseRedirect(reverse("imports"))
    if thing.state not in (_S.CHECKED, _S.REFUSED):
        UPLOAD.move(thing, "queue")  # says where it stands
    found = uploads.found_in(thing)
    form = ReadingForm(request.POST)
    if not form.is_valid():
        return _checked(request, thing, form=form, status=422)
    chosen = _chosen(request, thing, form, found)
    if chosen != thing.choices or uploads.is_stale(thing) or wish != "land" or thing.state == _S.REFUSED:
        changed = chosen != thing.choices
        uploads.read_otherwise(thing, chosen)
        if wish == "land" and changed and thing.state == _S.CHECKED:
            messages.warning(request, _("You changed how the file is read. Look at the result, then confirm."))
        if thing.state == _S.REFUSED:
            return _checked(request, thing, status=422)
        return HttpResponseRedirect(_where(thing))
    uploads.begin_landing(thing)
    if thing.state == _S.REFUSED:
        return _checked(request, thing, status=422)
    return HttpResponseRedirect(_where(thing))


def _chosen(request: Request, thing: Upload, form: ReadingForm, found: dict[str, Any]) -> dict[str, Any]:
    """What the form says about reading. A mapping counts only for the kind and the remembered mapping it was shown for."""
    said = form.said()
    before = thing.choices
    if said.get("kind") == thing.kind and not before.get("kind"):
        said.pop("kind", None)  # what was recognised is shown as chosen
    if said.get("currency") == "CNY" and not before.get("currency"):
        said.pop("currency")
    same_kind = said.get("kind", thing.kind) == thing.kind
    if not same_kind or said.get("profile") != before.get("profile"):
        return said
    headers, shown = set(found.get("headers", ())), found.get("columns", {})
    posted = {
        name.removeprefix("column-"): value
        for name, value in request.POST.items()
        if name.startswith("column-") and (value in headers or value == NO_COLUMN)
    }
    fields = {field.name for field in uploads.KINDS[thing.kind].fields} if thing.kind in uploads.KINDS else set()
    posted = {name: value for name, value in posted.items() if name in fields}
    if {name: value for name, value in posted.items() if value} != shown and posted:
        said["columns"] = posted
        said["kind"] = thing.kind
    elif before.get("columns"):
        said["columns"] = before["columns"]
        said["kind"] = before.get("kind", thing.kind)
    return said


def _checked(request: Request, thing: Upload, *, form: ReadingForm | None = None, status: int = 200) -> HttpResponse:
    found = uploads.found_in(thing)
    brings = can(request.user, "import.bring")
    kind = uploads.KINDS.get(thing.kind)
    if form is None:
        form = ReadingForm(initial={"currency": "CNY"} | thing.choices | {"kind": thing.kind}, guess=kind is None)
    good = sum(found.get(name, 0) for name in ("created", "updated", "unchanged"))
    context = {
        "upload": thing,
        "found": found,
        "form": form,
        "good": good,
        "good_shown": _count(good),
        "figures": _figures(found) if found.get("rows") is not None else (),
        "kind": kind_label(thing.kind),
        "fields": _fields(kind, found) if kind else [],
        "headers": list(dict.fromkeys(header for header in found.get("headers", ()) if header.strip())),
        "sample": _sample(kind, found) if brings and kind else None,
        "brings": brings,
        "errors_to_take": bool(brings and uploads.errors_of(thing)),
        "same": Import.objects.filter(sha256=thing.sha256, status=Import.Status.LANDED).order_by("-id").first(),
        "others": _comes_first(thing),
    }
    return render(request, "workbench/imports/checked.html", context, status=status)


def _fields(kind: Kind, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Our fields with the column each is read from; those the kind needs first."""
    columns = found.get("columns", {})
    groups = {name: group for group in kind.needs for name in group}
    lines = [
        {
            "name": field.name,
            "label": field.label,
            "column": columns.get(field.name, ""),
            "required": field.required,
            "needed": field.name in groups and not any(name in columns for name in groups[field.name]),
        }
        for field in kind.fields
    ]
    return sorted(lines, key=lambda line: not (line["required"] or line["needed"] or line["column"]))


def _sample(kind: Kind, found: Mapping[str, Any]) -> dict[str, Any]:
    rows = found.get("sample", [])
    shown = [cell["field"] for cell in rows[0]["cells"]] if rows else []
    return {"heads": [kind.field(name).label for name in shown], "rows": rows}


def _comes_first(thing: Upload) -> Upload | None:
    """A file that waits too and should land before this one."""
    order = list(uploads.KINDS)
    if thing.kind not in order:
        return None
    before = order[: order.index(thing.kind)]
    return Upload.objects.filter(state=_S.CHECKED, kind__in=before, user=thing.user).order_by("id").first()


@page("import.bring")
def upload_errors(request: Request, number: int) -> HttpResponseBase:
    """The rows of a checked file that would not land, as a file to correct."""
    return _take(request, find(Upload.objects.all(), pk=number))


def _take(request: Request, thing: Upload | None) -> HttpResponseBase:
    path = uploads.take_errors(thing, by=request.user)
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="text/csv")


# One import -------------------------------------------------------------------------------------------------------------


@page("import.see")
def one(request: Request, number: int) -> HttpResponse:
    """What became of a file; while it is being taken back, how far that is."""
    record = find(Import.objects.all(), pk=number)
    if request.headers.get("HX-Target") == "progress":
        asked = undoings.of(record)
        if asked and asked.state in undoings.UNDER_WAY:
            return render(request, "workbench/imports/one.html#progress", _taking_back(record, asked))
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("imports-one", args=[record.pk])})
    return _show_one(request, record)


def _taking_back(record: Import, asked: Undoing | None) -> dict[str, Any]:
    """Of an import that somebody asked to be taken back: how far that is, or why it was refused."""
    if asked is None or record.status == Import.Status.UNDONE:
        return {}
    if asked.state not in undoings.UNDER_WAY:
        return {"tried": asked, "tried_at": moment(asked.asked_at)} if asked.refusal else {}
    return {
        "record": record,
        "undoing": asked,
        "step": STEPS.get(asked.step, asked.step),
        "since": timezone.localtime(asked.asked_at).strftime("%H:%M:%S"),
        "nobody": not worker.alive(),
    }


def _show_one(request: Request, record: Import, *, status: int = 200, **context: Any) -> HttpResponse:
    thing = Upload.objects.filter(imported=record).order_by("id").first()
    brings = can(request.user, "import.bring")
    found = uploads.found_in(thing) if thing else {}
    labels = {field.name: field.label for field in uploads.KINDS[record.kind].fields}
    return render(
        request,
        "workbench/imports/one.html",
        {
            "record": record,
            "kind": kind_label(record.kind),
            "by": _with_names([record])[0][1],
            "at": moment(record.landed_at),
            "undone": record.status == Import.Status.UNDONE,
            "columns": [(label, record.mapping[name]) for name, label in labels.items() if name in record.mapping],
            "warnings": found.get("warnings") or _warnings(record),
            "errors": found.get("errors", []) if brings else [],
            "errors_to_take": bool(brings and uploads.errors_of(thing)),
            "figures": _figures(
                {name: getattr(record, name) for name in ("rows", "created", "updated", "unchanged", "rejected")}
            ),
            "brings": brings,
            "form": NameForm(),
            **_taking_back(record, undoings.of(record)),
            **context,
        },
        status=status,
    )


def _warnings(record: Import) -> list[str]:
    """Of an import whose details are not kept: the sentences without the particulars."""
    return [problems.message(code, "", "…", count) for code, count in record.warnings.items()]


@page("import.bring")
def undone(request: Request, number: int) -> HttpResponse:
    """Take an import back, while nothing depends on it."""
    record = find(Import.objects.all(), pk=number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("imports-one", args=[record.pk]))
    try:
        asked = undoings.begin(record, by=request.user)
    except Refusal as refusal:
        return _show_one(request, record, status=refusal.status, refusal=refusal.sentence)
    if asked.state == Undoing.State.DONE:
        messages.success(request, _("Import {number} ({file}) is undone.").format(number=record.pk, file=record.file))
    return HttpResponseRedirect(reverse("imports-one", args=[record.pk]))


@page("import.bring")
def mapping(request: Request, number: int) -> HttpResponse:
    """Remember how this file was read, under a name."""
    record = find(Import.objects.all(), pk=number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("imports-one", args=[record.pk]))
    form = NameForm(request.POST)
    if not form.is_valid():
        return _show_one(request, record, status=422, form=form)
    thing = Upload.objects.filter(imported=record).order_by("id").first()
    chosen: dict[str, Any] = thing.choices if thing else {}
    said = {name: chosen[name] for name in ("date_order", "decimal_mark") if chosen.get(name)}
    profile = remember(form.cleaned_data["name"], record.kind, record.mapping, {**chosen.get("columns", {}), **said})
    messages.success(
        request,
        _("Remembered as “{name}”. Choose it when the next file from there comes.").format(name=profile.name),
    )
    return HttpResponseRedirect(reverse("imports-one", args=[record.pk]))


@page("import.bring")
def errors(request: Request, number: int) -> HttpResponseBase:
    """The rows that did not land, as a file to correct and import again."""
    record = find(Import.objects.all(), pk=number)
    return _take(request, Upload.objects.filter(imported=record).order_by("id").first())
