"""The people, customers and things that entries of the trail tell of: by name, each linked to its page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.urls import Resolver404, resolve

from liangqing.approvals.models import Delegation, Request
from liangqing.cases import words as case_words
from liangqing.cases.models import Campaign, Case, Grace, Promise, Record, Task
from liangqing.imports.models import Import
from liangqing.nightly.models import Run
from liangqing.outreach.models import Dispatch, Incoming, Line, Message, Provider, Switch
from liangqing.parties.models import Contact, Party
from liangqing.people.models import Department, User
from liangqing.policy.models import SpecialDay, Version
from liangqing.receivables.models import Allocation, Bill, Receipt
from liangqing.trail.models import Block, Entry
from liangqing.warning.level import Level
from liangqing.warning.models import Alert
from liangqing.workbench.models import Upload
from liangqing.workbench.telling.words import thing
from liangqing.workbench.words import customer_name

PEOPLE = ("owner", "before", "on_behalf_of", "principal", "delegate")
CROWDS = ("escalated_to", "recipients", "to")
"""Facts that name several people."""


@dataclass(frozen=True)
class Named:
    """A person, customer or thing as it is shown, and its page when there is one."""

    text: str
    url: str = ""


def _page(url: str) -> str:
    """The address, if there is a page at it."""
    try:
        resolve(url)
    except Resolver404:
        return ""
    return quote(url)


_Label = Callable[[Any], tuple[str, str]]


def _of_case(text: str, case: Case | None) -> tuple[str, str]:
    return (text, f"/cases/{case.number}/") if case else (text, "")


_LOOKED_UP: dict[str, tuple[QuerySet[Any], _Label]] = {
    "alert": (Alert.objects.all(), lambda row: (str(Level(row.level).label), f"/warnings/{row.pk}/")),
    "allocation": (
        Allocation.objects.select_related("bill"),
        lambda row: (f"#{row.pk}", f"/bills/{row.bill_id}/"),
    ),
    "approval": (Request.objects.all(), lambda row: (row.number, f"/approvals/{row.number}/")),
    "bill": (Bill.objects.all(), lambda row: (row.number, f"/bills/{row.pk}/")),
    "block": (Block.objects.all(), lambda row: (str(row.number), "/trail/seals/")),
    "campaign": (Campaign.objects.all(), lambda row: (row.name, f"/cases/campaigns/{row.pk}/")),
    "case": (Case.objects.all(), lambda row: _of_case(row.number, row)),
    "contact": (Contact.objects.all(), lambda row: (str(row.get_kind_display()), "")),
    "delegation": (
        Delegation.objects.select_related("principal", "delegate"),
        lambda row: (f"{row.principal.name} → {row.delegate.name}", "/approvals/delegations/"),
    ),
    "dispatch": (Dispatch.objects.all(), lambda row: (f"{row.number} {row.name}", f"/dispatches/{row.pk}/")),
    "incoming": (
        Incoming.objects.all(),
        lambda row: (f"#{row.pk}", f"/messages/incoming/{row.pk}/"),
    ),
    "line": (Line.objects.all(), lambda row: (row.value, "/channels/lines/")),
    "message": (Message.objects.all(), lambda row: (row.number, f"/messages/{row.pk}/")),
    "provider": (Provider.objects.all(), lambda row: (row.name, f"/channels/{row.pk}/")),
    "switch": (Switch.objects.all(), lambda row: (f"#{row.pk}", "/channels/switches/")),
    "grace": (Grace.objects.select_related("case"), lambda row: _of_case(row.case.number, row.case)),
    "department": (Department.objects.all(), lambda row: (row.name, f"/people/departments/{row.pk}/")),
    "import": (Import.objects.all(), lambda row: (f"{row.pk} {row.file}", f"/imports/{row.pk}/")),
    "night": (Run.objects.all(), lambda row: (row.date.isoformat(), f"/nights/{row.date}/")),
    "policy": (
        Version.objects.defer("content"),
        lambda row: (f"{row.name} {row.title}", f"/policy/versions/{row.name}/"),
    ),
    "special day": (SpecialDay.objects.all(), lambda row: (str(row.on), "/policy/calendar/")),
    "promise": (
        Promise.objects.select_related("case"),
        lambda row: _of_case(f"{row.case.number} → {row.due_on}", row.case),
    ),
    "receipt": (Receipt.objects.all(), lambda row: (row.number, f"/receipts/{row.pk}/")),
    "record": (Record.objects.select_related("case"), lambda row: _of_case(row.case.number, row.case)),
    "task": (
        Task.objects.select_related("case"),
        lambda row: _of_case(case_words.action(row.action), row.case),
    ),
    "upload": (Upload.objects.all(), lambda row: (f"{row.pk} {row.file}", f"/imports/uploads/{row.pk}/")),
}
"""By kind of thing: its rows, and how one of them is called and where its page would be."""


class Names:
    """The names of all people, customers and things of some entries, looked up kind by kind."""

    def __init__(self, entries: Sequence[Entry], reader: User) -> None:
        self._reader = reader
        people = {entry.actor_id for entry in entries if entry.actor_id}
        people |= {entry.thing_id for entry in entries if entry.thing == "user"}
        people |= {value for entry in entries for value in map(entry.facts.get, PEOPLE) if isinstance(value, int)}
        crowds = [value for entry in entries for value in map(entry.facts.get, CROWDS) if isinstance(value, list)]
        people |= {value for crowd in crowds for value in crowd if isinstance(value, int)}
        self._people = User.objects.in_bulk(people)
        parties = {entry.party_id for entry in entries if entry.party_id}
        parties |= {entry.thing_id for entry in entries if entry.thing in ("customer", "party")}
        self._parties = Party.objects.defer("search").in_bulk(parties)
        wanted: dict[str, set[int]] = {}
        for entry in entries:
            wanted.setdefault(entry.thing, set()).add(entry.thing_id)
        self._things: dict[str, dict[int, Any]] = {
            kind: rows.in_bulk(wanted[kind]) for kind, (rows, _name) in _LOOKED_UP.items() if kind in wanted
        }

    def person(self, number: int) -> Named:
        person = self._people.get(number)
        return Named(person.name if person else f"#{number}", _page(f"/people/{number}/") if person else "")

    def party(self, number: int) -> Named:
        party = self._parties.get(number)
        if party is None:
            return Named(f"#{number}")
        return Named(f"{party.number} {customer_name(party, self._reader)}", _page(f"/customers/{party.number}/"))

    def thing(self, kind: str, number: int) -> Named:
        if kind == "user":
            named = self.person(number)
            return Named(f"{thing(kind)} {named.text}", named.url)
        if kind in ("customer", "party"):
            named = self.party(number)
            return Named(f"{thing(kind)} {named.text}", named.url)
        row = self.row(kind, number)
        if row is None:
            return Named(f"{thing(kind)} #{number}")
        text, url = _LOOKED_UP[kind][1](row)
        return Named(f"{thing(kind)} {text}", _page(url) if url else "")

    def row(self, kind: str, number: int) -> Any:
        """The thing itself, of a kind that is looked up; None where it is not there any more."""
        return self._things.get(kind, {}).get(number)
