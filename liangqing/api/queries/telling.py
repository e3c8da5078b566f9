"""Trail entries in the words webhooks are told them: numbers people know instead of ids, amounts in major units.

No names, no ways to reach anybody: whoever needs those asks the API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from liangqing.api.events import TOLD
from liangqing.cases.models import Case, Promise
from liangqing.kit import clock
from liangqing.kit.money import plain
from liangqing.parties.models import Party
from liangqing.people.models import User
from liangqing.trail.models import Entry

_OF_MESSAGES = {
    "message": ("channel", "state", "reason", "doubled"),
    "incoming": ("channel", "kind", "message", "silence"),
}
_NIGHT = ("date", "policy", "changed_rows", "counts")


def told(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """One event an entry, in their order."""
    promises = Promise.objects.select_related("case").in_bulk(_things(entries, "promise"))
    cases = dict(Case.objects.filter(pk__in=_things(entries, "case")).values_list("pk", "number"))
    customers = dict(
        Party.objects.filter(pk__in={entry.party_id for entry in entries if entry.party_id}).values_list("pk", "number")
    )
    owners = {entry.facts.get("owner") for entry in entries if entry.thing == "case"}
    people = dict(User.objects.filter(pk__in=owners - {None}).values_list("pk", "username"))
    return [_event(entry, promises, cases, customers, people) for entry in entries]


def _things(entries: Iterable[Entry], thing: str) -> set[int]:
    return {entry.thing_id for entry in entries if entry.thing == thing}


def _event(
    entry: Entry,
    promises: Mapping[int, Promise],
    cases: Mapping[int, str],
    customers: Mapping[int, str],
    people: Mapping[int, str],
) -> dict[str, Any]:
    promise = promises.get(entry.thing_id) if entry.thing == "promise" else None
    case = promise.case.number if promise else cases.get(entry.thing_id) if entry.thing == "case" else None
    if entry.thing in _OF_MESSAGES:
        case = entry.facts.get("case") or None
    return {
        "id": entry.pk,
        "event": TOLD[entry.event],
        "at": entry.at.astimezone(clock.zone()).isoformat(),
        "day": entry.day.isoformat(),
        "customer": customers.get(entry.party_id or 0),
        "case": case,
        "data": _data(entry, promise, people),
    }


def _data(entry: Entry, promise: Promise | None, people: Mapping[int, str]) -> dict[str, Any]:
    facts = entry.facts
    if promise is not None:
        data = {
            "amount": plain(promise.amount, promise.currency),
            "currency": promise.currency,
            "due_on": promise.due_on.isoformat(),
        }
        return data | ({"paid": plain(facts["paid"], promise.currency)} if "paid" in facts else {})
    if entry.thing == "alert":
        return {
            "level": facts["level"],
            "amount": plain(facts["amount"], facts["currency"]),
            "currency": facts["currency"],
            "days_late": facts["days_late"],
        }
    if entry.thing == "case":
        data = {name: facts[name] for name in ("level",) if name in facts}
        return data | ({"owner": people.get(facts["owner"])} if "owner" in facts else {})
    if entry.thing in _OF_MESSAGES:
        return {"number": entry.thing_id, **{name: facts[name] for name in _OF_MESSAGES[entry.thing] if name in facts}}
    return {name: facts[name] for name in _NIGHT if name in facts}
