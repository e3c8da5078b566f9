"""What the policy's codes mean, said to people: phases of a version, problems, differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.people.models import User
from liangqing.policy import words
from liangqing.policy.actions.versions import term_refusal
from liangqing.policy.content import MOST_CELLS, Content, Problem
from liangqing.policy.queries.versions import Look
from liangqing.policy.rules.difference import Difference
from liangqing.policy.tables import Fault, Input, Output, Table, blank_tables
from liangqing.policy.terms import definitions

PHASES: Mapping[str, str | Promise] = {
    "draft": gettext_lazy("draft"),
    "submitted": gettext_lazy("submitted"),
    "approved": gettext_lazy("approved, not begun"),
    "in_force": gettext_lazy("in force"),
    "superseded": gettext_lazy("superseded"),
    "withdrawn": gettext_lazy("withdrawn"),
}
COLOURS: Mapping[str, str] = {"draft": "blue", "submitted": "yellow", "approved": "green", "in_force": "green"}


def joined(parts: Sequence[str]) -> str:
    """Several names in a row, as the reader's language joins them."""
    return ("、" if words.language_of() == "zh" else ", ").join(parts)


def people_called(usernames: Sequence[str]) -> dict[str, str]:
    """The names of people by their user names; one query. Who is gone stays under the user name."""
    known = dict(User.objects.filter(username__in=set(usernames)).values_list("username", "name"))
    return {username: known.get(username) or username for username in usernames}


# problems ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A problem in words: where it is, what it is, the page that mends it."""

    where: str
    row: str
    text: str
    note: bool
    url: str = ""


def term_name(key: str) -> str:
    definition = definitions().get(key)
    return words.spoken(definition.name) if definition else key


def table_name(key: str) -> str:
    table = blank_tables().get(key)
    return words.spoken(table.name) if table else key


def problem(look_name: str, given: Problem) -> Told:
    """A problem, with the page where it can be mended."""
    if given.kind == "table":
        known = given.where in blank_tables()
        url = reverse("policy-table", args=(look_name, given.where)) if known and look_name else ""
        row = given.at or (given.fault.row if given.fault else "")
        url = f"{url}#row-{row}" if url and row else url
        text = fault(blank_tables()[given.where], given.fault) if given.fault and known else code(given)
        return Told(table_name(given.where), row, text, given.note, url)
    known = given.where in definitions()
    url = reverse("policy-term", args=(look_name, given.where)) if known and look_name else ""
    return Told(term_name(given.where) or _("the whole version"), "", code(given), given.note, url)


def code(given: Problem) -> str:
    """What is wrong, where no table can say it better."""
    said = {
        "unknown_term": _("There is no such term."),
        "unknown_table": _("There is no such table."),
        "missing_table": _("This table has no rows."),
        "row": _("This row can’t be read: it needs a short name without blanks, conditions and an answer."),
        "reference": _("This row names a term that there is not, or that is no number."),
        "cells": _("More than {most} kinds of accounts are told apart. Take some scopes away.").format(most=MOST_CELLS),
    }
    if given.code in said:
        return said[given.code]
    return term_refusal(given.where, given.code).sentence if given.where in definitions() else given.code


def fault(table: Table, given: Fault) -> str:
    """What is wrong with a table or one of its rows."""
    columns: tuple[Input | Output, ...] = (*table.inputs, *table.outputs)
    column = next((each for each in columns if each.name == given.column), None)
    label = words.spoken(column.label) if column else given.column
    if given.code == "gap":
        return _(
            "No row decides this account: {account}. Add a row for it, or one for every other case at the end."
        ).format(account=facts(table, given.facts))
    if given.code == "never":
        return _(
            "Never matches: {rows} before it decide all its accounts. Move it up, narrow them or delete it."
        ).format(rows=joined(given.by))
    said: Mapping[str, str] = {
        "twice": _("Two rows have this name. Give each its own."),
        "outputs": _("Not every answer is given."),
        "output": _("“{column}” can’t be answered like this."),
        "unknown": _("There is no column “{column}”."),
        "kind": _("“{column}” is chosen from words, not from a range."),
        "word": _("“{column}” names a word that there is not."),
        "empty": _("The range of “{column}” holds nothing: its end must lie after its beginning."),
        "large": _("The table tells too many combinations apart to be checked. Use fewer bounds."),
        "partly": _("{rows} before it decide part of its accounts."),
    }
    return said[given.code].format(column=label, rows=joined(given.by))


def facts(table: Table, given: Mapping[str, Any]) -> str:
    """An account as a table looks at it, in words."""
    colon = "：" if words.language_of() == "zh" else ": "
    return joined(
        [
            f"{words.spoken(column.label)}{colon}{fact(column, given[column.name])}"
            for column in table.inputs
            if column.name in given
        ]
    )


def fact(column: Input | Output, given: Any) -> str:
    """One fact in words; a dash where nothing is known."""
    return "—" if given is None else words.word(column, given)


# differences ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A difference in words."""

    key: str
    name: str
    row: str
    before: str
    after: str
    kind: str
    url: str


def changes(look: Look, given: Sequence[Difference], other: Content) -> list[Change]:
    """Differences in words; ``other`` is the content they differ from."""
    return [_change(look, each, other) for each in given]


def _change(look: Look, given: Difference, other: Content) -> Change:
    if given.kind == "term":
        definition = definitions().get(given.key)
        before, after = (
            "" if each is None else words.value(definition, each) if definition else str(each)
            for each in (given.before, given.after)
        )
        url = reverse("policy-term", args=(look.name, given.key)) if definition else ""
        return Change(given.key, term_name(given.key), "", before, after, "changed", url)
    table = blank_tables().get(given.key)
    before = _row(table, given.before, other)
    after = _row(table, given.after, look.content)
    kind = "moved" if given.moved else "new" if given.before is None else "gone" if given.after is None else "changed"
    if kind == "changed" and before == after:  # only the reason differs
        before, after = (words.spoken(each.get("reason") or {}) for each in (given.before, given.after))
    url = f"{reverse('policy-table', args=(look.name, given.key))}#row-{given.row}" if table else ""
    return Change(given.key, table_name(given.key), given.row, before, after, kind, url)


def _row(table: Table | None, given: Any, content: Content) -> str:
    if given is None:
        return ""
    if table is None:
        return str(given)
    when, then, _reason = words.row(table, given, content["terms"])
    return f"{when} → {then}"
