"""Versions of the policy: which there are, what one says and changes, its head, its file, giving it up, a newer base."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import yaml
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangqing.cases.queries.standing import TABLES
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.rights import can
from liangqing.policy import words
from liangqing.policy.actions import versions as actions
from liangqing.policy.book import preset, preset_content
from liangqing.policy.bounds import past_bounds
from liangqing.policy.chapters import Chapter, chapter_of
from liangqing.policy.content import complete
from liangqing.policy.content import problems as problems_of
from liangqing.policy.lifecycle import VERSION
from liangqing.policy.models import Version
from liangqing.policy.queries.versions import Look, content_of, lines, look
from liangqing.policy.rules.difference import as_text, differences, rebased
from liangqing.policy.tables import blank_tables
from liangqing.policy.terms import definitions
from liangqing.workbench.doors import Request, page
from liangqing.workbench.forms.policy import DraftForm, HeaderForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.pages.policy import sentences, trials

MOST_BYTES = 1_000_000
"""Of a file that is brought: many times what a policy takes."""

PARTS: dict[str, Any] = {
    "terms": gettext_lazy("Terms"),
    "tables": gettext_lazy("Decision tables"),
    "changes": gettext_lazy("Differences"),
    "problems": gettext_lazy("Problems"),
    "trials": gettext_lazy("Trials"),
    "approval": gettext_lazy("Approval"),
}
_COLUMN = {
    "title": gettext_lazy("title"),
    "why": gettext_lazy("why"),
    "from_on": gettext_lazy("first day"),
    "share": gettext_lazy("share (%)"),
}


def find(name: str) -> Look:
    """The version of this name. Raises ``Refusal`` (404)."""
    found = look(name, clock.today())
    if found is None:
        raise Refusal("not_here", gettext_lazy("There is nothing here, or it is not within your reach."), status=404)
    return found


def stored(found: Look) -> Version:
    """The row of a version. Raises ``Refusal`` for the preset, which nobody can change."""
    if found.row is None:
        raise Refusal(
            "preset",
            gettext_lazy("What this product ships can’t be changed. Draft a version: it begins as a copy of it."),
        )
    return found.row


def version_title(found: Look) -> str:
    return found.line.title or _("As shipped")


# The list ---------------------------------------------------------------------------------------------------------------


@page("policy.see")
def versions(request: Request) -> HttpResponseBase:
    """All versions; the one in force first."""
    known = lines(clock.today(), contents=True)
    now = next((line for line in known if line.phase == "in_force"), known[-1])
    ordered = [now, *(line for line in known if line is not now)]
    people = sentences.people_called(
        [name for line in known if line.row for name in (line.row.drafted_by, *_voices(line.row))]
    )
    counts = {line.name: _count(line.row) for line in known}
    listing = Listing(
        name="policy",
        title=pgettext_lazy("the institution’s rules", "Policy"),
        rows=ordered,
        link=lambda line: reverse("policy-version", args=(line.name,)),
        row_class=lambda line: "muted" if line.phase in ("superseded", "withdrawn") else "",
        columns=(
            Column("name", gettext_lazy("Version"), lambda line: line.name),
            Column(
                "phase",
                gettext_lazy("State"),
                lambda line: phase_tag(line.phase),
                "html",
                plain=lambda line: str(sentences.PHASES[line.phase]),
            ),
            Column("from_on", pgettext_lazy("version", "From"), lambda line: line.from_on, "date"),
            Column("until_on", pgettext_lazy("version", "Until"), lambda line: line.until_on, "date"),
            Column("title", gettext_lazy("Title"), lambda line: line.title or _("As shipped")),
            Column("base", gettext_lazy("Base"), lambda line: _base_name(line.row)),
            Column("changes", gettext_lazy("Differences"), lambda line: counts[line.name], "num"),
            Column(
                "share",
                gettext_lazy("Share"),
                lambda line: f"{line.row.share if line.row else 100}%",
                "num",
                shown=False,
            ),
            Column(
                "drafted_by", gettext_lazy("Drafted by"), lambda line: people[line.row.drafted_by] if line.row else None
            ),
            Column(
                "approved_by",
                gettext_lazy("Approved by"),
                lambda line: sentences.joined([people[name] for name in _voices(line.row)]) if line.row else None,
                shown=False,
            ),
        ),
        filters=(
            Filter(
                "phase",
                gettext_lazy("State"),
                lambda rows, value: [line for line in rows if line.phase == value],
                tuple(sentences.PHASES.items()),
            ),
        ),
    )
    return show(
        request,
        listing,
        "workbench/policy/versions.html",
        now=now,
        since=(clock.today() - now.from_on).days,
        alone=now.row is None,
    )


def _base_name(row: Version | None) -> str | None:
    if row is None:
        return None
    return row.base.name if row.base else preset().version


def _count(row: Version | None) -> int | None:
    if row is None:
        return None
    base = complete(row.base.content) if row.base else preset_content()
    return len(differences(base, complete(row.content)))


def _voices(row: Version) -> list[str]:
    """Who approved, by login name."""
    return [str(voice.get("name", "")) for voice in row.approved_by]


def phase_tag(phase: str) -> str:
    return format_html('<span class="lq-tag {}">{}</span>', sentences.COLOURS.get(phase, ""), sentences.PHASES[phase])


@page("policy.edit")
def drafting(request: Request) -> HttpResponse:
    """A new version, drafted from the one that will be in force on its first day."""
    form = DraftForm(
        request.POST if request.method == "POST" else None, initial={"from_on": clock.today() + dt.timedelta(days=7)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            version = actions.draft(
                title=form.cleaned_data["title"],
                why=form.cleaned_data["why"],
                from_on=form.cleaned_data["from_on"],
                by=request.user,
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request,
                _(
                    "{version} was drafted. Change terms and tables; nothing decides by it before it is approved."
                ).format(version=version.name),
                "good",
            )
            return HttpResponseRedirect(reverse("policy-version", args=(version.name,)))
    return render(request, "workbench/policy/drafting.html", {"form": form}, status=422 if form.errors else 200)


# One version ------------------------------------------------------------------------------------------------------------


@page("policy.see", post="policy.edit")
def version(request: Request, name: str) -> HttpResponse:
    """One version, a part at a time; a post changes the head of a draft."""
    found = find(name)
    if request.method != "POST":
        return _show(request, found)
    row = stored(found)
    form = HeaderForm(request.POST)
    if form.is_valid():
        try:
            actions.describe(row, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
            return _show(request, found, status=refusal.status, form=form)
        messages.success(request, _("The head of {version} was changed.").format(version=name), "good")
        return HttpResponseRedirect(reverse("policy-version", args=(name,)))
    return _show(request, found, status=422, form=form)


def _show(request: Request, found: Look, *, status: int = 200, **context: Any) -> HttpResponse:
    part = request.GET.get("part", "terms")
    part = part if part in PARTS else "terms"
    row = found.row
    fill = {
        "terms": _terms,
        "tables": _tables,
        "changes": _changes,
        "problems": _problems,
        "trials": _tries,
        "approval": _tries,
    }[part]
    faults = sum(not problem.note for problem in found.problems)
    counts = {"changes": len(found.differences), "problems": faults, "trials": row.trials.count() if row else 0}
    edits = found.is_draft and can(request.user, "policy.edit")
    return render(
        request,
        "workbench/policy/version.html",
        {
            "look": found,
            "version": row,
            "title": version_title(found),
            "phase": phase_tag(found.line.phase),
            "part": part,
            "parts": [
                (key, label, counts.get(key)) for key, label in PARTS.items() if row or key in ("terms", "tables")
            ],
            "faults": faults,
            "past": [] if faults else _past_bounds(row),
            "edits": edits,
            "moves": [move.name for move in _moves(request, found)],
            "people": _people(row),
            "form": HeaderForm(initial=_head(row)) if row and edits else None,
            "head_open": status != 200,
            **context,
            **fill(request, found),
        },
        status=status,
    )


def _past_bounds(row: Version | None) -> list[str]:
    """The terms and tables by name that go past a bound of law, while counsel can still say no. To be asked of
    content without problems."""
    if row is None or row.state not in (Version.State.DRAFT, Version.State.SUBMITTED):
        return []
    names = {key: each.name for key, each in definitions().items()}
    names |= {key: each.name for key, each in blank_tables().items()}
    return [words.spoken(names[key]) for key in past_bounds(row.content) if key in names]


def _head(row: Version) -> dict[str, Any]:
    return {
        "title": row.title,
        "why": row.why,
        "from_on": row.from_on,
        "share": row.share,
        "revision": row.revision,
    }


def _moves(request: Request, found: Look) -> list[Any]:
    """What can be done with it from where it stands, by this person."""
    if found.row is None:
        return []
    begun = found.row.state == Version.State.APPROVED and found.row.from_on <= clock.today()
    return [
        move
        for move in VERSION.open_to(found.row)
        if move.right and can(request.user, move.right) and not (move.name == "withdraw" and begun)
    ]


def _people(row: Version | None) -> list[tuple[str, str, Any]]:
    """What happened to it so far: what, who, when."""
    if row is None:
        return []
    names = sentences.people_called([row.drafted_by, row.submitted_by, row.withdrawn_by, *_voices(row)])
    found = [(_("drafted"), names[row.drafted_by], row.drafted_at)]
    if row.submitted_at and row.state != Version.State.DRAFT:
        found.append((_("submitted"), names[row.submitted_by], row.submitted_at))
    if row.approved_at:
        voices = sentences.joined([names[name] for name in _voices(row)])
        found.append((_("approved"), voices, row.approved_at))
    if row.withdrawn_at:
        found.append((_("withdrawn"), names[row.withdrawn_by], row.withdrawn_at))
    return found


@dataclasses.dataclass(frozen=True)
class _Term:
    key: str
    name: str
    value: str
    default: str
    base: str
    bounds: str
    clause: str
    why: str
    basis: str
    is_law: bool
    law: str
    changed: bool
    scopes: int
    wrong: bool


def _terms(request: Request, found: Look) -> dict[str, Any]:
    """The terms by chapter; ``?changed=1`` and ``?q=`` narrow them."""
    changed_only, wanted = bool(request.GET.get("changed")), request.GET.get("q", "").strip().lower()
    base = found.base_content["terms"] if found.base_content else {}
    wrong = {problem.where for problem in found.problems if problem.kind == "term" and not problem.note}
    groups: dict[Chapter, list[_Term]] = {}
    for key, definition in definitions().items():
        given = found.content["terms"][key]
        changed = key in base and base[key] != given
        searched = " ".join((key, definition.clause, *definition.name.values(), *definition.why.values())).lower()
        if (changed_only and not changed) or wanted not in searched:
            continue
        groups.setdefault(chapter_of(definition.clause), []).append(
            _Term(
                key=key,
                name=words.spoken(definition.name),
                value=words.value(definition, given),
                default=words.value(definition, definition.default),
                base=words.value(definition, base[key]) if changed else "",
                bounds=bounds(key),
                clause=definition.clause,
                why=words.spoken(definition.why),
                basis=words.spoken(definition.basis),
                is_law=definition.is_law,
                law=words.spoken(definition.law.text) if definition.law else "",
                changed=changed,
                scopes=len(given) - 1 if isinstance(given, list) else 0,
                wrong=key in wrong,
            )
        )
    return {
        "groups": [
            (f"{chapter.label} {words.spoken(chapter.name)}".strip(), words.spoken(chapter.of), groups[chapter])
            for chapter in sorted(groups)
        ],
        "changed_only": changed_only,
        "wanted": request.GET.get("q", "").strip(),
    }


def bounds(key: str) -> str:
    """Between which values a term may lie, in its unit."""
    definition = definitions()[key]
    if definition.low is None and definition.high is None:
        return ""
    if key.endswith("_bp"):
        return f"{words.percent(definition.low or 0)}–{words.percent(definition.high or 0)}"
    return f"{definition.low}–{definition.high}"


def _tables(request: Request, found: Look) -> dict[str, Any]:
    base = found.base_content["tables"] if found.base_content else {}
    changed = {
        key for key in blank_tables() if found.base_content and base.get(key) != found.content["tables"].get(key)
    }
    faults: dict[str, int] = {}
    for problem in found.problems:
        if problem.kind == "table" and not problem.note:
            faults[problem.where] = faults.get(problem.where, 0) + 1
    return {
        "tables": [
            {
                "key": key,
                "name": words.spoken(table.name),
                "about": words.spoken(table.about),
                "clause": table.clause,
                "rows": len(found.content["tables"].get(key) or []),
                "adds_up": table.adds_up,
                "changed": key in changed,
                "faults": faults.get(key, 0),
                "asks": key in TABLES,
            }
            for key, table in blank_tables().items()
        ]
    }


def _changes(request: Request, found: Look) -> dict[str, Any]:
    """What differs from its base, or with ``?with=`` from any other version."""
    known = lines(clock.today())
    with_name = request.GET.get("with", "") or found.base_name
    other = content_of(with_name)
    if other is None:
        with_name, other = found.base_name, found.base_content or found.content
    other = complete(other)
    told = sentences.changes(found, differences(other, found.content), other)
    return {
        "changes": told,
        "with_name": with_name,
        "others": [
            (line.name, f"{line.name} {line.title or _('As shipped')} · {sentences.PHASES[line.phase]}")
            for line in known
            if line.name != found.name
        ],
    }


def _problems(request: Request, found: Look) -> dict[str, Any]:
    told = [sentences.problem(found.name, problem) for problem in found.problems]
    return {"told": [each for each in told if not each.note], "notes": [each for each in told if each.note]}


def _tries(request: Request, found: Look) -> dict[str, Any]:
    return trials.part(found.row, request.user)


# The file ---------------------------------------------------------------------------------------------------------------


@page("policy.see", post="policy.edit")
def file(request: Request, name: str) -> HttpResponse:
    """The whole version as one YAML file; a post brings such a file into a draft, all of it or nothing."""
    found = find(name)
    if request.method != "POST":
        header: dict[str, Any] = {"version": found.name, "from": found.line.from_on}
        if found.row:
            header |= {"title": found.row.title, "base": found.base_name, "share": found.row.share}
        response = HttpResponse(as_text(found.content, header), content_type="application/yaml; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="policy-{found.name}.yaml"'
        return response
    row = stored(found)
    told: list[sentences.Told] = []
    try:
        text = _text_of(request)
        told = _wrong_in(text)
        if not told:
            actions.bring(row, text, revision=_revision(request), by=request.user)
            messages.success(request, _("The file was taken over into {version}.").format(version=name), "good")
            return HttpResponseRedirect(f"{reverse('policy-version', args=(name,))}?part=changes")
        sentence, status = _("The file was not taken over: nothing was changed."), 422
    except Refusal as refusal:
        sentence, status = refusal.sentence, refusal.status
    return render(
        request,
        "workbench/policy/file.html",
        {"look": found, "version": row, "sentence": sentence, "told": told},
        status=status,
    )


def _revision(request: Request) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _text_of(request: Request) -> str:
    given = request.FILES.get("file")
    if given is None:
        raise Refusal("no_file", gettext_lazy("Choose a YAML file, such as an exported version."), status=422)
    if given.size is None or given.size > MOST_BYTES:
        raise Refusal(
            "large_file", gettext_lazy("The file is larger than any policy. Choose an exported version."), status=422
        )
    try:
        text: str = given.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("encoding", gettext_lazy("The file is not UTF-8 text. Save it as UTF-8."), status=422) from None
    try:
        repeats = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        repeats = False  # bring says what it is
    if repeats:
        raise Refusal(
            "aliases", gettext_lazy("The file repeats parts by reference (* and &). Write them out."), status=422
        )
    return text


def _wrong_in(text: str) -> list[sentences.Told]:
    """Everything in a file that can't stand even in a draft, with its place."""
    try:
        given = yaml.safe_load(text)
        parts = {part: given.get(part) or {} for part in ("terms", "tables")}
        found = problems_of(complete(parts))
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError):
        return []  # bring says what it is
    return [sentences.problem("", problem) for problem in found if problem.code != "fault"]


# Giving up, and a newer base --------------------------------------------------------------------------------------------


@page("policy.edit")
def withdrawal(request: Request, name: str) -> HttpResponse:
    """Asks once; a post gives the version up."""
    found = find(name)
    row = stored(found)
    if request.method == "POST":
        actions.withdraw(row, by=request.user)
        messages.success(request, _("{version} was withdrawn.").format(version=name), "good")
        return HttpResponseRedirect(reverse("policy"))
    return render(request, "workbench/policy/withdrawal.html", {"look": found, "title": version_title(found)})


@page("policy.edit")
def base(request: Request, name: str) -> HttpResponse:
    """What bringing the draft onto the version now in force on its first day would do; a post does it."""
    found = find(name)
    row = stored(found)
    newer = actions.base_on(row.from_on)
    if request.method == "POST":
        _row, both = actions.rebase(row, revision=_revision(request), by=request.user)
        text = _("{version} stands on {base} now.").format(version=name, base=newer.name if newer else preset().version)
        if both:
            text = f"{text} " + _("Look at what both had changed: {names}.").format(names=_named(both))
        messages.success(request, text, "care" if both else "good")
        return HttpResponseRedirect(f"{reverse('policy-version', args=(name,))}?part=changes")
    old = found.base_content or preset_content()
    new = complete(newer.content) if newer else preset_content()
    merged, both = rebased(found.content, old, new)
    onto = dataclasses.replace(found, content=complete(merged))
    return render(
        request,
        "workbench/policy/base.html",
        {
            "look": found,
            "version": row,
            "newer": newer.name if newer else preset().version,
            "both": [(_name_of(key), key) for key in both],
            "theirs": sentences.changes(dataclasses.replace(found, content=new), differences(old, new), old),
            "mine": sentences.changes(onto, differences(new, complete(merged)), new),
        },
    )


def _name_of(key: str) -> str:
    return sentences.term_name(key) if key in definitions() else sentences.table_name(key)


def _named(keys: list[str]) -> str:
    return sentences.joined([_name_of(key) for key in keys])
