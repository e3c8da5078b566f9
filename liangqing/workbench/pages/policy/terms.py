"""One term of a version: its values and for whom, which one wins where, and in a draft changing them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Creditor, Party
from liangqing.people.rights import can
from liangqing.policy import words
from liangqing.policy.actions import versions as actions
from liangqing.policy.queries.versions import Look, choice_for, choices_of, term_of, users_of
from liangqing.policy.scope import Cell
from liangqing.policy.terms import EVERY_OTHER, Choice, Definition, Term, definitions, written
from liangqing.workbench.doors import Request, page
from liangqing.workbench.forms.policy import TermForm, currencies
from liangqing.workbench.pages.policy import sentences
from liangqing.workbench.pages.policy.versions import bounds, find, stored

_BY = {
    "only": gettext_lazy("the only value set for it"),
    "specific": gettext_lazy("the most specific of those that fit"),
    "strictest": gettext_lazy("the strictest of those that fit"),
}


@page("policy.see", post="policy.edit")
def term(request: Request, name: str, key: str) -> HttpResponse:
    """One term; a post takes a line in or out, or saves all of them at once."""
    found, definition = find(name), _definition(key)
    if request.method != "POST":
        return _show(request, found, definition, TermForm.of(definition, found.content["terms"][key]))
    row = stored(found)
    form = TermForm.posted(definition, request.POST)
    do = request.POST.get("do", "save")
    if do == "add":
        form.add()
    elif do.startswith("remove-") and do[7:].isdigit():
        form.remove(int(do[7:]))
    elif do == "currency":
        form.add_currency(request.POST.get("currency", ""))
    else:
        return _save(request, found, definition, form, row)
    return _show(request, found, definition, form, unsaved=True)


def _definition(key: str) -> Definition:
    if key not in definitions():
        raise Refusal("not_here", gettext_lazy("There is nothing here, or it is not within your reach."), status=404)
    return definitions()[key]


def _save(request: Request, found: Look, definition: Definition, form: TermForm, row: Any) -> HttpResponse:
    if not form.is_valid():
        return _show(request, found, definition, form, status=422, unsaved=True)
    if form.loosened() and not request.POST.get("confirmed"):
        return _show(request, found, definition, form, status=422, unsaved=True, loosens=True)
    text = request.POST.get("revision", "")
    revision = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    try:
        actions.set_term(row, definition.key, written(tuple(form.entries)), revision=revision, by=request.user)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return _show(
            request,
            found,
            definition,
            form,
            status=refusal.status,
            unsaved=True,
            refusal=refusal.sentence,
            conflict=refusal.code == "edited",
        )
    messages.success(request, _("“{term}” was changed.").format(term=words.spoken(definition.name)), "good")
    return HttpResponseRedirect(f"{reverse('policy-version', args=(found.name,))}#term-{definition.key}")


def _show(
    request: Request, found: Look, definition: Definition, form: TermForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    key = definition.key
    here = term_of(found.content, key)
    sample = {name: request.GET.get(name, "").strip()[:64] for name in ("line", "place", "debtor")}
    base = found.base_content["terms"][key] if found.base_content else None
    value = found.content["terms"][key]
    return render(
        request,
        "workbench/policy/term.html",
        {
            "look": found,
            "version": found.row,
            "definition": definition,
            "name": words.spoken(definition.name),
            "why": words.spoken(definition.why),
            "unit": words.unit_of(definition) or words.spoken(definition.unit),
            "basis": words.spoken(definition.basis),
            "law": words.spoken(definition.law.text) if definition.law else "",
            "wins": definition.wins,
            "bounds": bounds(key),
            "value": words.value(definition, value),
            "default": words.value(definition, definition.default),
            "base": words.value(definition, base) if base is not None and base != value else "",
            "form": form,
            "lines": [_line(form, line) for line in form.lines],
            "parts": form.parts,
            "edits": found.is_draft and can(request.user, "policy.edit"),
            "revision": request.POST.get("revision") or (found.row.revision if found.row else 0),
            "creditors": list(Creditor.objects.order_by("code").values_list("code", "name")[:200]),
            "debtors": Party.Kind.choices,
            "other_currencies": [code for code in currencies(definition) if code not in dict(form.parts)],
            "cells": [_cell(definition, cell, choice) for cell, choice in choices_of(here)] if here.scopes else [],
            "sample": sample,
            "sampled": _sampled(here, sample) if any(sample.values()) else None,
            "users": [(sentences.table_name(table), table, row) for table, row in users_of(found.content, key)],
            **context,
        },
        status=status,
    )


def _line(form: TermForm, line: Any) -> dict[str, Any]:
    return {
        "number": line.number,
        "base": line.base,
        "scope": line.scope,
        "scope_error": line.errors.get("scope", ""),
        "fields": [
            {
                "name": f"line-{line.number}-value" + (f"-{part}" if part else ""),
                "label": label,
                "value": line.raw.get(part, ""),
                "error": line.errors.get(part, ""),
                "optional": form.definition.kind == "amounts" and part != EVERY_OTHER,
            }
            for part, label in form.parts
        ],
    }


def _cell(definition: Definition, cell: Cell, choice: Choice) -> dict[str, str]:
    named = {dimension: value for dimension, value in cell.at if value is not None}
    return {"who": words.scope(named) if named else _("everybody else"), **_chosen(definition, choice)}


def _chosen(definition: Definition, choice: Choice) -> dict[str, str]:
    others = [f"{words.scope(each.scope)} {words.one(definition, each.value)}" for each in choice.others]
    return {
        "value": words.one(definition, choice.won.value),
        "set_for": words.scope(choice.won.scope),
        "by": str(_BY[choice.by]),
        "others": sentences.joined(others),
    }


def _sampled(here: Term, sample: dict[str, str]) -> dict[str, str]:
    return _chosen(here.definition, choice_for(here, **sample))
