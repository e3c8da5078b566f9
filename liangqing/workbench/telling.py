"""An entry of the trail in words: what happened, to whom and what, with its facts, each linked to its page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.urls import Resolver404, resolve
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from liangqing import policy
from liangqing.approvals import acts
from liangqing.approvals.actions.requests import TABLE as APPROVAL_ROUTE
from liangqing.approvals.models import Delegation, Request
from liangqing.cases import words as case_words
from liangqing.cases.models import Campaign, Case, Channel, Grace, Promise, Reached, Reason, Record, Task
from liangqing.imports.models import Import
from liangqing.kit import clock, sealing
from liangqing.kit.money import CURRENCIES, Money
from liangqing.nightly.models import Run
from liangqing.outreach.kinds import Content, Recipient
from liangqing.outreach.lifecycle import DispatchState, MessageState
from liangqing.outreach.models import Answer, Dispatch, Incoming, Line, Message, Provider, Switch
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.models import Contact, Party
from liangqing.people.duties import Duty
from liangqing.people.models import Certificate, Department, User
from liangqing.policy import Row
from liangqing.policy import words as policy_words
from liangqing.policy.models import SpecialDay, Version
from liangqing.policy.tables import blank_tables
from liangqing.policy.terms import definitions
from liangqing.receivables.models import Allocation, Bill, Receipt
from liangqing.trail.models import Block, Entry
from liangqing.trail.queries.seals import blocks_of
from liangqing.warning.level import Level
from liangqing.warning.models import Alert
from liangqing.workbench.models import Upload
from liangqing.workbench.words import customer_name

EVENTS: dict[str, str | Lazy] = {
    **case_words.EVENTS,
    "alert acknowledged": gettext_lazy("warning acknowledged"),
    "alert escalated": gettext_lazy("warning passed to the next head"),
    "allocation taken back": gettext_lazy("allocation taken back"),
    "approval escalated": gettext_lazy("approval passed to the next higher"),
    "approval given": gettext_lazy("approval given, others to come"),
    "approval reminded": gettext_lazy("reminded of an approval"),
    "approval requested": gettext_lazy("approval requested"),
    "approved act failed": gettext_lazy("approved, but could not be done"),
    "delegation ended": gettext_lazy("standing in ended"),
    "delegation made": gettext_lazy("stand-in named"),
    "request approved": gettext_lazy("request approved and done"),
    "request rejected": gettext_lazy("request rejected"),
    "request resubmitted": gettext_lazy("request made again"),
    "request returned": gettext_lazy("request returned for change"),
    "request withdrawn": gettext_lazy("request withdrawn"),
    "calendar changed": gettext_lazy("calendar of working days changed"),
    "policy approved": gettext_lazy("policy approved"),
    "policy draft changed": gettext_lazy("draft of the policy changed"),
    "policy drafted": gettext_lazy("policy drafted"),
    "policy returned to draft": gettext_lazy("policy returned to draft"),
    "policy submitted": gettext_lazy("policy submitted for approval"),
    "policy tried": gettext_lazy("policy tried"),
    "policy withdrawn": gettext_lazy("policy withdrawn"),
    "bill adjusted": gettext_lazy("bill adjusted"),
    "bill cancelled": gettext_lazy("bill cancelled"),
    "bill entered": gettext_lazy("bill entered"),
    "contact added": gettext_lazy("contact added"),
    "contact verified": gettext_lazy("contact verified"),
    "customer corrected": gettext_lazy("customer corrected"),
    "customer entered": gettext_lazy("customer entered"),
    "customers merged": gettext_lazy("customers merged"),
    "customers taken apart": gettext_lazy("customers taken apart"),
    "delivery tried again": gettext_lazy("message to a program sent again"),
    "department closed": gettext_lazy("department closed"),
    "department founded": gettext_lazy("department founded"),
    "department opened again": gettext_lazy("department opened again"),
    "department renamed": gettext_lazy("department renamed"),
    "head named": gettext_lazy("head of a department named"),
    "password set": gettext_lazy("password set"),
    "person changed": gettext_lazy("person changed"),
    "person left": gettext_lazy("person left"),
    "person returned": gettext_lazy("person came back"),
    "error file taken": gettext_lazy("file of rows with problems taken"),
    "file imported": gettext_lazy("file imported"),
    "import undone": gettext_lazy("import undone"),
    "institution named": gettext_lazy("institution named"),
    "key issued": gettext_lazy("key given to a program"),
    "key revoked": gettext_lazy("key of a program withdrawn"),
    "list exported": gettext_lazy("list exported"),
    "money applied": gettext_lazy("money set against bills"),
    "messages of the night held": gettext_lazy("messages of the night held back"),
    "night run": gettext_lazy("night run"),
    "person joined": gettext_lazy("person joined"),
    "personal data revealed": gettext_lazy("personal data revealed"),
    "receipt entered": gettext_lazy("receipt entered"),
    "receipt reversed": gettext_lazy("receipt reversed"),
    "preset templates installed": gettext_lazy("preset templates taken over"),
    "review of words confirmed": gettext_lazy("words were confirmed as wrong"),
    "review of words dismissed": gettext_lazy("words were found to be in order"),
    "review of words opened": gettext_lazy("words are to be looked at"),
    "template approved": gettext_lazy("template approved"),
    "template draft given up": gettext_lazy("draft of a template given up"),
    "template drafted": gettext_lazy("template drafted"),
    "template retired": gettext_lazy("template retired"),
    "template returned to draft": gettext_lazy("template returned to draft"),
    "template submitted": gettext_lazy("template submitted for approval"),
    "visit recorded": gettext_lazy("visit recorded"),
    "call moved": gettext_lazy("call dialled, connected or ended"),
    "contact unrecorded": gettext_lazy("a call has no record yet"),
    "contact against the rules": gettext_lazy("contact against the rules"),
    "visit round moved": gettext_lazy("round of visits planned, started or ended"),
    "visit route changed": gettext_lazy("route of visits changed"),
    "trail checked": gettext_lazy("trail checked"),
    "two-step sign-in reset": gettext_lazy("two-step sign-in reset"),
    "provider added": gettext_lazy("provider of a channel added"),
    "provider changed": gettext_lazy("provider of a channel changed"),
    "provider resumed": gettext_lazy("provider of a channel resumed"),
    "provider stopped": gettext_lazy("provider of a channel stopped"),
    "provider tested": gettext_lazy("provider of a channel tested"),
    "template decided by provider": gettext_lazy("template decided by a provider"),
    "template submitted to provider": gettext_lazy("template submitted to a provider"),
    "message written": gettext_lazy("message written"),
    "message moved": gettext_lazy("message moved on"),
    "reply received": gettext_lazy("answer received"),
    "sending stopped": gettext_lazy("sending stopped"),
    "sending resumed": gettext_lazy("sending resumed"),
    "dispatch moved": gettext_lazy("sending to many moved on"),
    "letters printed": gettext_lazy("letters printed"),
    "receipt slip attached": gettext_lazy("signed receipt slip kept"),
    "contact decided": gettext_lazy("contact asked for"),
    "contact concluded": gettext_lazy("what became of a contact"),
    "contact rules lifted": gettext_lazy("rules of contact lifted for a while"),
    "restraint placed": gettext_lazy("what holds contact back put on record"),
    "restraint lifted": gettext_lazy("what held contact back lifted"),
    "certificate entered": gettext_lazy("certificate entered"),
    "certificate ended": gettext_lazy("certificate ended early"),
    "line registered": gettext_lazy("line registered"),
    "line changed": gettext_lazy("line changed"),
    "line closed": gettext_lazy("line closed"),
    "line opened again": gettext_lazy("line in use again"),
    "webhook registered": gettext_lazy("address for messages registered"),
    "webhook secret replaced": gettext_lazy("new secret for an address for messages"),
    "webhook switched": gettext_lazy("address for messages switched on or off"),
}
"""What happened, for people, by the name the trail keeps."""

THINGS: dict[str, str | Lazy] = {
    "alert": gettext_lazy("warning"),
    "allocation": gettext_lazy("allocation"),
    "approval": gettext_lazy("request for approval"),
    "bill": gettext_lazy("bill"),
    "block": gettext_lazy("seal"),
    "campaign": gettext_lazy("sharing of cases"),
    "case": gettext_lazy("case"),
    "client": gettext_lazy("program"),
    "contact": gettext_lazy("contact"),
    "customer": gettext_lazy("customer"),
    "delivery": gettext_lazy("message to a program"),
    "delegation": gettext_lazy("standing in"),
    "department": gettext_lazy("department"),
    "grace": gettext_lazy("grace"),
    "import": gettext_lazy("import"),
    "institution": gettext_lazy("institution"),
    "night": gettext_lazy("night"),
    "party": gettext_lazy("customer"),
    "policy": gettext_lazy("policy"),
    "promise": gettext_lazy("promise"),
    "receipt": gettext_lazy("receipt"),
    "record": gettext_lazy("contact record"),
    "review": gettext_lazy("review of words"),
    "special day": gettext_lazy("special day"),
    "task": gettext_lazy("task"),
    "template": gettext_lazy("template"),
    "user": pgettext_lazy("who works here", "person"),
    "upload": gettext_lazy("file put down"),
    "provider": gettext_lazy("provider of a channel"),
    "webhook": gettext_lazy("address for messages"),
    "visit": gettext_lazy("visit"),
    "visit round": gettext_lazy("round of visits"),
    "message": gettext_lazy("message"),
    "incoming": gettext_lazy("answer"),
    "switch": gettext_lazy("stop of sending"),
    "dispatch": gettext_lazy("sending to many"),
    "letter batch": gettext_lazy("batch of letters"),
    "line": gettext_lazy("line"),
    "attempt": gettext_lazy("receipt of a contact"),
    "exemption": gettext_lazy("rules lifted"),
    "restraint": gettext_lazy("what holds contact back"),
}

FACTS: dict[str, str | Lazy] = {
    "act": gettext_lazy("act"),
    "action": gettext_lazy("action"),
    "active": gettext_lazy("active"),
    "acts": gettext_lazy("acts"),
    "after": gettext_lazy("after"),
    "alerts": gettext_lazy("warnings"),
    "alerts_escalated": gettext_lazy("warnings escalated"),
    "amount": gettext_lazy("amount"),
    "approved_by": gettext_lazy("approved by"),
    "as_of": gettext_lazy("for"),
    "attitude": gettext_lazy("attitude"),
    "base": gettext_lazy("base"),
    "before": gettext_lazy("before"),
    "bill": gettext_lazy("bill"),
    "blocks": gettext_lazy("seals"),
    "called": gettext_lazy("name"),
    "called_en": gettext_lazy("name in English"),
    "campaign": gettext_lazy("sharing"),
    "capacity": gettext_lazy("capacity"),
    "case": gettext_lazy("case"),
    "cases": gettext_lazy("cases"),
    "cases_closed": gettext_lazy("cases closed"),
    "cases_opened": gettext_lazy("cases opened"),
    "changed": gettext_lazy("changed"),
    "changed_rows": gettext_lazy("changed rows"),
    "categories": gettext_lazy("categories"),
    "channel": gettext_lazy("by"),
    "checksums": gettext_lazy("checksums"),
    "client": gettext_lazy("program"),
    "code": gettext_lazy("code"),
    "corrects": gettext_lazy("corrects record"),
    "counsel": gettext_lazy("counsel"),
    "count": gettext_lazy("count"),
    "counts": gettext_lazy("counts"),
    "created": gettext_lazy("created"),
    "currency": gettext_lazy("currency"),
    "date": gettext_lazy("date"),
    "days": gettext_lazy("days"),
    "days_before": gettext_lazy("days of grace before"),
    "days_late": gettext_lazy("days late"),
    "delegate": gettext_lazy("stand-in"),
    "department": gettext_lazy("department"),
    "digest": gettext_lazy("code of the content"),
    "digests": gettext_lazy("codes of the rows"),
    "due_on": gettext_lazy("due"),
    "duties": gettext_lazy("duties"),
    "escalated_to": gettext_lazy("to"),
    "events": gettext_lazy("events"),
    "field": gettext_lazy("field"),
    "fields": gettext_lazy("fields"),
    "file": gettext_lazy("file"),
    "files": gettext_lazy("files"),
    "filters": gettext_lazy("filters"),
    "flaws": gettext_lazy("flaws"),
    "found": gettext_lazy("found"),
    "from_on": pgettext_lazy("day", "from"),
    "gone": gettext_lazy("duplicate"),
    "gone_number": gettext_lazy("duplicate"),
    "head": gettext_lazy("head"),
    "kept": gettext_lazy("kept"),
    "key_id": gettext_lazy("key"),
    "kind": gettext_lazy("kind"),
    "last_day": gettext_lazy("last day"),
    "left": gettext_lazy("left"),
    "level": gettext_lazy("level"),
    "late_bills": gettext_lazy("late bills"),
    "late_customers": gettext_lazy("late customers"),
    "lines": gettext_lazy("lines"),
    "loosens_law": gettext_lazy("goes past a bound only counsel may lift"),
    "list": gettext_lazy("list"),
    "loosens": gettext_lazy("past a bound only counsel may lift"),
    "mild": gettext_lazy("mild"),
    "milliseconds": gettext_lazy("milliseconds"),
    "moderate": gettext_lazy("moderate"),
    "name": gettext_lazy("name"),
    "next_on": gettext_lazy("next contact"),
    "nights": gettext_lazy("past nights"),
    "note": gettext_lazy("note"),
    "number": gettext_lazy("number"),
    "of": gettext_lazy("of"),
    "of_id": gettext_lazy("its id"),
    "on_behalf_of": gettext_lazy("on behalf of"),
    "on": gettext_lazy("on"),
    "open_bills": gettext_lazy("open bills"),
    "owner": gettext_lazy("owner"),
    "paid": gettext_lazy("paid"),
    "people": gettext_lazy("people"),
    "policy": gettext_lazy("policy"),
    "position": gettext_lazy("position"),
    "principal": gettext_lazy("in place of"),
    "promised": gettext_lazy("promised"),
    "promises_broken": gettext_lazy("promises broken"),
    "purpose": gettext_lazy("purpose"),
    "raised_on": gettext_lazy("raised"),
    "rate": gettext_lazy("calls a minute"),
    "reached": gettext_lazy("reached"),
    "provider": gettext_lazy("provider"),
    "settings": gettext_lazy("settings"),
    "their_code": gettext_lazy("code at the provider"),
    "reason": gettext_lazy("reason"),
    "received_on": gettext_lazy("received"),
    "recipients": gettext_lazy("people told"),
    "rejected": gettext_lazy("rejected"),
    "result": gettext_lazy("result"),
    "request": gettext_lazy("request"),
    "returned": gettext_lazy("returned"),
    "role": gettext_lazy("whose"),
    "round": gettext_lazy("round"),
    "row": gettext_lazy("rule"),
    "rows": gettext_lazy("rows"),
    "sha256": gettext_lazy("fingerprint"),
    "sentence": gettext_lazy("why"),
    "severe": gettext_lazy("severe"),
    "share": gettext_lazy("share (%)"),
    "skills": gettext_lazy("skills"),
    "skipped": gettext_lazy("passed over"),
    "source": gettext_lazy("from"),
    "state": gettext_lazy("state"),
    "step": gettext_lazy("step"),
    "steps": gettext_lazy("steps"),
    "subject_id": gettext_lazy("its id"),
    "subject_kind": gettext_lazy("about"),
    "tasks": gettext_lazy("tasks"),
    "title": gettext_lazy("title"),
    "to": gettext_lazy("to"),
    "trial": gettext_lazy("trial"),
    "unchanged": gettext_lazy("unchanged"),
    "until": gettext_lazy("until"),
    "updated": gettext_lazy("updated"),
    "url": gettext_lazy("address"),
    "username": gettext_lazy("login name"),
    "validity": gettext_lazy("validity"),
    "finds": gettext_lazy("words for counsel to look at"),
    "reach": gettext_lazy("how it is reached and paid"),
    "revision": gettext_lazy("revision"),
    "versions": gettext_lazy("versions"),
    "version": gettext_lazy("version"),
    "was": gettext_lazy("was"),
    "signed": gettext_lazy("signed for"),
    "stops": gettext_lazy("households"),
    "cash_principal": gettext_lazy("principal received"),
    "cash_interest": gettext_lazy("interest received"),
    "lapsed": gettext_lazy("limitation claimed"),
    "receipt": gettext_lazy("receipt"),
    "where": gettext_lazy("where"),
    "why": gettext_lazy("why"),
    "works": gettext_lazy("worked"),
    "what": gettext_lazy("what"),
    "content": gettext_lazy("what for"),
    "doubled": gettext_lazy("perhaps arrived twice"),
    "message": gettext_lazy("message"),
    "silence": gettext_lazy("wants no more messages"),
    "dispatch": gettext_lazy("sending to many"),
    "figures": gettext_lazy("figures"),
    "line": gettext_lazy("line"),
    "contracted": gettext_lazy("may carry demands"),
    "until_on": gettext_lazy("ends on"),
    "doubtful": gettext_lazy("in doubt"),
    "answer": gettext_lazy("the guard’s answer"),
    "rules": gettext_lazy("rules"),
    "recipient": gettext_lazy("recipient"),
    "outcome": gettext_lazy("what became of it"),
    "duration_s": gettext_lazy("seconds"),
}

_MONEY = ("amount", "paid", "promised", "worth")
_PEOPLE = ("owner", "before", "on_behalf_of", "principal", "delegate")
_CROWDS = ("escalated_to", "recipients", "to")
"""Facts that name several people."""
_CODES = ("digests", "checksums", "sha256", "currency", "subject_id")
"""For machines, or said with another fact: left out of a line."""
_CHOICES: Mapping[str, Mapping[str, Any]] = {
    "level": dict(Level.choices),
    "channel": dict(Channel.choices),
    "reached": dict(Reached.choices),
    "reason": dict(Reason.choices),
    "result": case_words.RESULTS,
    "action": case_words.ACTIONS,
    "validity": dict(Contact.Validity.choices),
    "kind": {
        **dict(Contact.Kind.choices),
        **dict(Department.Kind.choices),
        **dict(Certificate.Kind.choices),
        **dict(Incoming.Kind.choices),
    },
    "content": dict(Content.choices),
    "recipient": dict(Recipient.choices),
    "answer": dict(Answer.choices),
    "outcome": dict(Outcome.choices),
    "state": {**dict(DispatchState.choices), **dict(MessageState.choices)},
}


def event(name: str) -> str:
    return str(EVENTS.get(name, name))


def fact(name: str) -> str:
    return str(FACTS.get(name) or case_words.SKIPPED.get(name) or name.replace("_", " "))


def thing(name: str) -> str:
    return str(THINGS.get(name, name))


@dataclass(frozen=True)
class Named:
    """A person, customer or thing as it is shown, and its page when there is one."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Told:
    """One entry for people."""

    entry: Entry
    what: str
    actor: Named | None
    party: Named | None
    thing: Named
    facts: tuple[tuple[str, str], ...]
    block: Block | None

    @property
    def at(self) -> dt.datetime:
        return self.entry.at.astimezone(clock.zone())

    @property
    def seal(self) -> str:
        """The number of the block and the beginning of its hash; empty while not sealed."""
        return f"{self.block.number} · {bytes(self.block.hash).hex()[:10]}" if self.block else ""

    @property
    def brief(self) -> str:
        """The facts in one line, without what is only for machines."""
        return " · ".join(f"{label} {value}" for label, value in self.facts)


def tell(entries: Sequence[Entry], reader: User) -> list[Told]:
    """Entries in words, for this reader: a handful of queries for all of them."""
    names = _Names(entries, reader)
    blocks = blocks_of(entry.pk for entry in entries)
    return [
        Told(
            entry=entry,
            what=event(entry.event),
            actor=names.person(entry.actor_id) if entry.actor_id else None,
            party=names.party(entry.party_id) if entry.party_id else None,
            thing=names.thing(entry.thing, entry.thing_id),
            facts=tuple(
                (fact(key), shown)
                for key, value in sorted(entry.facts.items())
                if key not in _CODES and (shown := names.value(entry, key, value)) not in ("", "—")
            ),
            block=blocks.get(entry.pk),
        )
        for entry in entries
    ]


def whole_facts(entry: Entry, reader: User) -> list[tuple[str, str, Any]]:
    """Every fact of one entry: its name, in words, and as it is kept when that is a list or a table."""
    names = _Names([entry], reader)
    return [
        (fact(key), names.value(entry, key, value), value if isinstance(value, (dict, list)) else None)
        for key, value in sorted(entry.facts.items())
    ]


def _page(url: str) -> str:
    """The address, if there is a page at it."""
    try:
        resolve(url)
    except Resolver404:
        return ""
    return quote(url)


class _Names:
    """The names of all people, customers and things of some entries, looked up kind by kind."""

    def __init__(self, entries: Sequence[Entry], reader: User) -> None:
        self._reader = reader
        people = {entry.actor_id for entry in entries if entry.actor_id}
        people |= {entry.thing_id for entry in entries if entry.thing == "user"}
        people |= {value for entry in entries for value in map(entry.facts.get, _PEOPLE) if isinstance(value, int)}
        crowds = [value for entry in entries for value in map(entry.facts.get, _CROWDS) if isinstance(value, list)]
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
        row = self._things.get(kind, {}).get(number)
        if row is None:
            return Named(f"{thing(kind)} #{number}")
        text, url = _LOOKED_UP[kind][1](row)
        return Named(f"{thing(kind)} {text}", _page(url) if url else "")

    def value(self, entry: Entry, key: str, value: Any) -> str:
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
            return self._money(entry, value)
        if key in _PEOPLE and isinstance(value, int):
            return self.person(value).text
        if key in _CROWDS and isinstance(value, list):
            return ", ".join(self.person(each).text if isinstance(each, int) else str(each) for each in value)
        if key in _CHOICES and isinstance(value, str):
            return str(_CHOICES[key].get(value, value))
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

    def _money(self, entry: Entry, amount: int) -> str:
        currency = entry.facts.get("currency", "")
        if not currency and entry.thing == "promise":
            promise = self._things.get("promise", {}).get(entry.thing_id)
            currency = promise.currency if promise else ""
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
