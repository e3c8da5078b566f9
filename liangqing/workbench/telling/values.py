"""What a fact of an entry says to people: money with its currency, people and codes by name, the policy in its own words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from liangqing import policy
from liangqing.approvals import acts
from liangqing.approvals.actions.requests import TABLE as APPROVAL_ROUTE
from liangqing.cases import words as case_words
from liangqing.kit import sealing
from liangqing.kit.money import CURRENCIES, Money
from liangqing.people.duties import Duty
from liangqing.policy import Row
from liangqing.policy import words as policy_words
from liangqing.policy.tables import blank_tables
from liangqing.policy.terms import definitions
from liangqing.trail.models import Entry
from liangqing.workbench.telling.things import CROWDS, PEOPLE, Names
from liangqing.workbench.telling.words import CHOICES, fact, thing

_MONEY = ("amount", "paid", "promised", "worth")


def said(entry: Entry, key: str, value: Any, names: Names) -> str:
    """A fact's value for people: money in major units with its currency, people and codes by name."""
    if value is None or value == "" or value == [] or value == {}:
        return "—"
    if isinstance(value, str) and value.startswith(sealing.MARK):
        return _("sealed")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if entry.thing == "policy" and key in ("before", "after", "where", "loosens"):
        return _of_policy(entry, key, value)
    if key in _MONEY and isinstance(value, int):
        return _money(entry, value, names)
    if key in PEOPLE and isinstance(value, int):
        return names.person(value).text
    if key in CROWDS and isinstance(value, list):
        return ", ".join(names.person(each).text if isinstance(each, int) else str(each) for each in value)
    if key in CHOICES and isinstance(value, str):
        return str(CHOICES[key].get(value, value))
    if key == "act" and isinstance(value, str):
        return _act(value)
    if key == "acts" and isinstance(value, list):
        return ", ".join(_act(str(each)) for each in value)
    if key == "steps" and isinstance(value, list):
        return policy_words.route(" > ".join(str(each) for each in value))
    if key == "files" and isinstance(value, list):
        return str(len(value))
    if key == "subject_kind" and isinstance(value, str):
        return thing(value)
    if key == "row" and isinstance(value, str):
        return _rule(entry, value)
    if key == "duties" and isinstance(value, list):
        return ", ".join(str(dict(Duty.choices).get(each, each)) for each in value)
    if isinstance(value, list):
        if all(isinstance(each, (str, int)) for each in value):
            return ", ".join(str(each) for each in value)
        return ngettext("{count} line", "{count} lines", len(value)).format(count=len(value))
    if isinstance(value, dict):
        if key in ("rows", "digests", "checksums"):
            return ngettext("{count} code", "{count} codes", len(value)).format(count=len(value))
        return ", ".join(f"{fact(name)} {_flat(each)}" for name, each in sorted(value.items()))
    return str(value)


def _money(entry: Entry, amount: int, names: Names) -> str:
    currency = entry.facts.get("currency", "")
    if not currency and entry.thing == "promise":
        currency = getattr(names.row("promise", entry.thing_id), "currency", "")
    if currency not in CURRENCIES:
        return str(amount)
    return f"{currency} {Money(amount, currency).major:,}"


_WHERE: dict[str, str | Lazy] = {
    "version": gettext_lazy("the head"),
    "file": gettext_lazy("everything, from a file"),
    "base": gettext_lazy("the base"),
}


def _of_policy(entry: Entry, key: str, value: Any) -> str:
    """What was changed of a draft, by the name of the term or table; its values as the policy says them."""
    if key == "loosens":
        return ", ".join(_part_of_policy(each) for each in value)
    if key == "where":
        return str(_WHERE.get(value, "")) or _part_of_policy(value)
    where = entry.facts.get("where")
    if where in definitions():
        return policy_words.value(definitions()[where], value)
    if isinstance(value, list):
        return ngettext("{count} row", "{count} rows", len(value)).format(count=len(value))
    if isinstance(value, dict):
        return ", ".join(
            f"{fact(name)} {_flat(each)}" for name, each in sorted(value.items()) if each not in ("", None)
        )
    return str(value)


def _part_of_policy(key: str) -> str:
    """A term or a table by its name."""
    known = definitions().get(key) or blank_tables().get(key)
    return policy_words.spoken(known.name) if known else key


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{fact(name)} {_flat(each)}" for name, each in sorted(value.items())) + ")"
    return ", ".join(map(_flat, value)) if isinstance(value, list) else str(value)


def _row_on(day: dt.date, row: str) -> Row:
    rules = policy.in_force(day)
    return policy.row_of(rules.stamp, "warning.level", row)


def _act(code: str) -> str:
    """An act that needs approval by its name."""
    known = acts.known().get(code)
    return str(known.label) if known else code


def _rule(entry: Entry, row: str) -> str:
    """The policy's own words for the row that decided, as in force that day."""
    try:
        if entry.thing == "approval":
            return case_words.spoken(policy.row_of(entry.facts["policy"], APPROVAL_ROUTE, row).reason)
        return case_words.spoken(_row_on(entry.day, row).reason)
    except (LookupError, StopIteration):
        return row
