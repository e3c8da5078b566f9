"""试算 on the page: ask for a trial, see it go on, and what would happen; and the way of a draft to its approval."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.approvals import policy_change
from liangqing.approvals.models import Request as Approval
from liangqing.approvals.queries import visible
from liangqing.approvals.queries.reroute import rerouted
from liangqing.cases import words
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.nightly.queries.affected import affected
from liangqing.parties.models import Creditor, Party
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.policy import book
from liangqing.policy.actions import trials as actions
from liangqing.policy.content import problems
from liangqing.policy.models import Trial, Version
from liangqing.policy.queries.versions import look, row_named
from liangqing.policy.rules.difference import differences
from liangqing.policy.words import route
from liangqing.warning.level import Level
from liangqing.workbench import worker
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.pages.nights import STEPS
from liangqing.workbench.pages.policy import outcome, sentences
from liangqing.workbench.words import customer_name

_COLOURS = {
    Trial.State.DONE: "green",
    Trial.State.RUNNING: "blue",
    Trial.State.WAITING: "blue",
    Trial.State.FAILED: "red",
}
_LATEST = 10


class TrialForm(forms.Form):
    """For which date, or over how many past nights."""

    nights = forms.IntegerField(label=gettext_lazy("Past nights"), min_value=0, max_value=366, initial=0)


class ReasonForm(forms.Form):
    """Why the change is wanted, for those who decide."""

    reason = forms.CharField(
        label=gettext_lazy("Why this change"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )


def part(version: Version | None, user: User) -> dict[str, Any]:
    """What the page of a version shows of its trials and of its way to approval."""
    if version is None:
        return {"tries": [], "requests": []}
    today = clock.today()
    busy = Trial.objects.filter(version=version, digest=version.digest, state__in=("waiting", "running")).exists()
    faulty = any(not problem.note for problem in problems(version.content))
    edits = can(user, "policy.edit")
    return {
        "tries": _tries(version),
        "trial_form": TrialForm(),
        "most_nights": book.in_force(today).terms["trial.nights_most"],
        "may_try": edits and version.state != Version.State.WITHDRAWN and not faulty and not busy,
        "faulty": faulty,
        "may_submit": edits and version.state == Version.State.DRAFT and not faulty,
        "reason_form": ReasonForm(initial={"reason": version.why}),
        "untried": not version.trials.filter(digest=version.digest, state=Trial.State.DONE).exists(),
        "requests": visible.visible_to(user)
        .filter(act=policy_change.ACT, subject_kind=policy_change.KIND, subject_id=version.pk)
        .select_related("requested_by")
        .order_by("-id"),
        "voices": [
            {
                "name": voice["name"],
                "step": route(voice["step"]),
                "at": dt.datetime.fromisoformat(voice["at"]).astimezone(clock.zone()),
            }
            for voice in version.approved_by
        ],
    }


def _tries(version: Version) -> list[dict[str, Any]]:
    found = list(version.trials.order_by("-id")[:_LATEST])
    names = sentences.people_called([trial.asked_by for trial in found])
    return [_line(trial, version, names[trial.asked_by]) for trial in found]


def _line(trial: Trial, version: Version, who: str) -> dict[str, Any]:
    return {
        "who": who,
        "trial": trial,
        "colour": _COLOURS[Trial.State(trial.state)],
        "of_this": trial.digest == version.digest,
        "moved": outcome.moved(trial.result.get("moves", [])),
        "affected": trial.result.get("affected"),
    }


def version_of(name: str) -> Version:
    row = row_named(name)
    if row is None:
        raise Refusal("not_here", gettext_lazy("There is no version “{name}”."), status=404, name=name)
    return row


@page("policy.edit")
def ask(request: Request, name: str) -> HttpResponse:
    """Let a worker try a version; to its page."""
    there = reverse("policy-version", args=[name])
    if request.method != "POST":
        return HttpResponseRedirect(there)
    version, form = version_of(name), TrialForm(request.POST)
    nights = form.cleaned_data["nights"] if form.is_valid() else -1
    try:
        made = actions.ask(version, as_of=clock.today(), nights=nights, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence), extra_tags="bad")
        return HttpResponseRedirect(f"{there}?part=trials")
    worker.ask("try_policy", made.pk, queue="nights", lock="trial")
    return HttpResponseRedirect(reverse("policy-trial", args=[made.pk]))


@page("policy.edit")
def submit(request: Request, name: str) -> HttpResponse:
    """Submit a draft and ask for its approval; to the request."""
    there = reverse("policy-version", args=[name])
    if request.method != "POST":
        return HttpResponseRedirect(there)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the change is wanted: those who decide read it."), extra_tags="bad")
        return HttpResponseRedirect(f"{there}?part=approval")
    try:
        asked = policy_change.ask(version_of(name), reason=form.cleaned_data["reason"], by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence), extra_tags="bad")
        return HttpResponseRedirect(f"{there}?part=approval")
    messages.success(request, _("Submitted. It can't be changed while it waits for approval."), extra_tags="good")
    return HttpResponseRedirect(reverse("approvals-request", args=[asked.number]))


# One trial --------------------------------------------------------------------------------------------------------------


@page("overview.see")
def one(request: Request, pk: int) -> HttpResponseBase:
    """What a version would do: counts beside each other, and who is affected, with the rows that decided."""
    trial = find(Trial.objects.select_related("version"), pk=pk)
    waits = trial.state in (Trial.State.WAITING, Trial.State.RUNNING)
    context: dict[str, Any] = {
        "trial": trial,
        "version": trial.version,
        "waits": waits,
        "colour": _COLOURS[Trial.State(trial.state)],
        "step": str(STEPS.get(trial.step, trial.step)),
        "nobody": waits and not worker.alive(),
        "stale": trial.digest != trial.version.digest,
        "who": sentences.people_called([trial.asked_by])[trial.asked_by],
    }
    if trial.state != Trial.State.DONE:
        return render(request, "workbench/policy/trial.html", context)
    result = trial.result
    context |= {
        "currencies": (currencies := outcome.currencies(result)),
        "currency": (currency := _currency(request, currencies)),
        "levels": outcome.levels(result, currency),
        "moves": outcome.matrix(result["moves"], currency),
        "moved": outcome.moved(result["moves"]),
        "tasks": outcome.beside(result, "tasks", "action", "tasks", words.action),
        "skipped": outcome.beside(result, "skipped", "reason", "obligors", words.skipped),
        "alerts": outcome.beside(result, "alerts", "level", "alerts", lambda code: str(Level(code).label)),
        "cases": outcome.beside(result, "cases", "fate", "cases", lambda code: str(outcome.FATES.get(code, code))),
        "people": outcome.people(result),
        "nights": [outcome.night(each) for each in result.get("nights", [])],
        "rerouted": rerouted(book.compiled(trial.version)) if not context["stale"] else [],
        "affected_count": result.get("affected", 0),
        "may_list": reach(request.user) is None,
    }
    if not context["may_list"]:
        return render(request, "workbench/policy/trial.html", context)
    return show(request, _listing(trial, request.user), "workbench/policy/trial_listed.html", **context)


def _currency(request: Request, codes: list[str]) -> str:
    wanted = request.GET.get("currency", "")
    return wanted if wanted in codes else (codes[0] if codes else "CNY")


# Who is affected --------------------------------------------------------------------------------------------------------


def _listing(trial: Trial, user: User) -> Listing:
    draft = book.compiled(trial.version) if trial.digest == trial.version.digest else None
    levels = [(code, outcome.level_name(code)) for code in outcome.LEVELS]

    def decided(side: str) -> Any:
        def say(line: Mapping[str, Any]) -> str:
            row = line["row"][f"level_row_{side}"]
            return f"{outcome.level_name(line['row'][f'level_{side}'] or 'none')}{f' ({row})' if row else ''}"

        return say

    def action(side: str) -> Any:
        def say(line: Mapping[str, Any]) -> str:
            code, row = line["row"][f"action_{side}"], line["row"][f"action_row_{side}"]
            if not code:
                return "—"
            return f"{words.action(code) if code not in ('none', 'wait') else _QUIET[code]}{f' ({row})' if row else ''}"

        return say

    return Listing(
        name="trial",
        title=gettext_lazy("Trial"),
        rows=affected(trial),
        load=lambda rows: _lines(rows, user, draft),
        link=lambda line: reverse("customers-customer", args=[line["party"].number]) if line["party"] else "",
        columns=(
            Column("number", gettext_lazy("Number"), lambda line: line["party"].number if line["party"] else "—"),
            Column("customer", gettext_lazy("Customer"), lambda line: line["name"]),
            Column("creditor", gettext_lazy("Creditor"), lambda line: line["creditor"], shown=False),
            Column("days", gettext_lazy("Days late"), lambda line: line["row"]["days"], "num"),
            Column("level_before", gettext_lazy("Level before"), decided("before")),
            Column("level_after", gettext_lazy("Level after"), decided("after")),
            Column("action_before", gettext_lazy("Next step before"), action("before")),
            Column("action_after", gettext_lazy("Next step after"), action("after")),
            Column("why", gettext_lazy("Why"), lambda line: line["why"]),
            Column("points_before", gettext_lazy("Points before"), lambda line: line["row"]["points_before"], "num"),
            Column("points_after", gettext_lazy("Points after"), lambda line: line["row"]["points_after"], "num"),
            Column("owner_before", gettext_lazy("Collector before"), lambda line: line["owners"][0]),
            Column("owner_after", gettext_lazy("Collector after"), lambda line: line["owners"][1]),
        ),
        filters=(
            Filter("was", gettext_lazy("Level before"), lambda rows, value: rows.where(level_before=value), levels),
            Filter("becomes", gettext_lazy("Level after"), lambda rows, value: rows.where(level_after=value), levels),
        ),
        empty=gettext_lazy("Nobody is decided otherwise."),
    )


_QUIET = {"none": gettext_lazy("nothing to do"), "wait": gettext_lazy("wait")}


def _lines(rows: list[dict[str, Any]], user: User, draft: Any) -> list[dict[str, Any]]:
    parties = Party.objects.in_bulk([row["party_id"] for row in rows])
    creditors = Creditor.objects.in_bulk({row["creditor_id"] for row in rows})
    people = User.objects.in_bulk(
        {row[key] for row in rows for key in ("owner_id_before", "owner_id_after") if row[key]}
    )
    lines = []
    for row in rows:
        party = parties.get(row["party_id"])
        reason = ""
        for table, key in (("warning.level", "level_row"), ("case.action", "action_row")):
            name = row[f"{key}_after"]
            if (
                draft is not None
                and name
                and name != row[f"{key}_before"]
                and (found := draft.tables[table].find(name))
            ):
                reason = words.spoken(found.reason)
                break
        lines.append(
            {
                "row": row,
                "party": party,
                "name": customer_name(party, user) if party else "—",
                "creditor": creditors[row["creditor_id"]].name if row["creditor_id"] in creditors else "—",
                "why": reason,
                "owners": [
                    people[row[key]].name if row[key] in people else "—"
                    for key in ("owner_id_before", "owner_id_after")
                ],
            }
        )
    return lines


def of_request(approval: Approval) -> dict[str, Any]:
    """What stands in a request for a change of the policy: what differs from its base, and the trial in short."""
    if approval.act != policy_change.ACT:
        return {}
    version = Version.objects.select_related("base").filter(pk=approval.subject_id).first()
    seen = look(version.name, clock.today()) if version else None
    if version is None or seen is None:
        return {}
    old = version.base.content if version.base else book.preset_content()
    number = approval.facts.get("trial")
    trial = Trial.objects.filter(pk=number).first() if number else None
    told: dict[str, Any] = {
        "version": version,
        "changes": sentences.changes(seen, differences(old, version.content), old),
        "trial": trial,
    }
    if trial is not None:
        result = trial.result
        told |= {
            "moved": outcome.moved(result["moves"]),
            "affected": result.get("affected", 0),
            "tasks": outcome.pair(*outcome.tasks(result)),
            "levels": outcome.levels(result, outcome.currencies(result)[0]) if result["moves"] else [],
        }
    return told
