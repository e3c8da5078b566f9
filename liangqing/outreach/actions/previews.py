"""A dispatch looked at before it is sent: who would get it, who not and why, and what a few would read."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from liangqing.kit import clock
from liangqing.outreach.actions import guard, preparing, routing
from liangqing.outreach.actions.routing import NotNow
from liangqing.outreach.models import Addressee, Dispatch, Message, Source
from liangqing.outreach.queries import asking
from liangqing.outreach.queries.facts import Wish, recipient_of
from liangqing.outreach.queries.reach import contacts_for
from liangqing.outreach.rules.facts import CONTENTS_THAT_PRESS, Verdict
from liangqing.parties.models import Contact
from liangqing.parties.queries.members import customer
from liangqing.receivables.queries.account import Late, late_of

SAMPLES = 3
_AT_ONCE = 500


@dataclass(frozen=True)
class Why:
    """A rule that holds some back: its sentence, and how many."""

    rule: str
    sentence: str
    count: int


@dataclass(frozen=True)
class Sample:
    """What one of them would read; ``refusal`` why nothing, where that is so."""

    addressee: Addressee
    subject: str = ""
    body: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Preview:
    """``figures``: total, allowed, later, refused, approval, no_contact, nothing_owed. ``why`` the most frequent first."""

    figures: dict[str, int]
    why: tuple[Why, ...]
    samples: tuple[Sample, ...]


def preview(dispatch: Dispatch, *, at: dt.datetime | None = None) -> Preview:
    """Ask the guard about each addressee, at this moment or one to come; what it said of each is kept with them."""
    rows = list(dispatch.addressees.select_related("party__merged_into", "creditor").order_by("id"))
    counts: Counter[str] = Counter()
    why: Counter[str] = Counter()
    sentences: dict[str, str] = {}
    for start in range(0, len(rows), _AT_ONCE):
        for row, verdict in _judged(dispatch, rows[start : start + _AT_ONCE], at):
            counts[row.answer] += 1
            for finding in verdict.deciding if verdict is not None and not verdict.allowed else ():
                why[finding.rule] += 1
                sentences.setdefault(finding.rule, guard.said(finding))
    Addressee.objects.bulk_update(rows, ["contact", "answer", "rules", "earliest_at"], batch_size=_AT_ONCE)
    names = ("allowed", "later", "refused", "approval", "no_contact", "nothing_owed")
    figures = {"total": len(rows), **{name: counts[name] for name in names}}
    told = tuple(Why(rule, sentences[rule], count) for rule, count in why.most_common())
    goes = [row for row in rows if row.answer in ("allowed", "later")]
    return Preview(figures, told, tuple(_samples(dispatch, goes[:SAMPLES])))


def kept(dispatch: Dispatch) -> Preview:
    """The last preview, from what was kept of it: the figures and rules as they were told then; the sentences and what a
    few would read are those of this moment. Figures are empty where nobody has looked yet."""
    why: Counter[str] = Counter()
    first: dict[str, int] = {}
    held = dispatch.addressees.exclude(rules=[]).exclude(answer="allowed")
    for pk, rules in held.order_by("id").values_list("id", "rules"):
        why.update(rules)
        for rule in rules:
            first.setdefault(rule, pk)
    told = tuple(Why(rule, _sentence(dispatch, first[rule], rule), count) for rule, count in why.most_common())
    goes = dispatch.addressees.filter(answer__in=("allowed", "later")).select_related("party__merged_into", "creditor")
    return Preview(dispatch.figures, told, tuple(_samples(dispatch, list(goes.order_by("id")[:SAMPLES]))))


def _sentence(dispatch: Dispatch, addressee: int, rule: str) -> str:
    """What a rule says, asked of one whom it holds back; empty when it does not any more."""
    row = dispatch.addressees.select_related("party__merged_into", "creditor").get(pk=addressee)
    contact = Contact.objects.filter(pk=row.contact or 0).first()
    if contact is None:
        return ""
    verdict = guard.look(_wish(dispatch, row, contact, None, routing.line_for(dispatch.channel, dispatch.content)))
    return next((guard.said(each) for each in verdict.deciding if each.rule == rule), "")


def _judged(
    dispatch: Dispatch, rows: Sequence[Addressee], at: dt.datetime | None
) -> Iterator[tuple[Addressee, Verdict | None]]:
    contacts = contacts_for([row.party for row in rows], dispatch.channel)
    owing = (
        late_of({(row.party_id, row.creditor_id) for row in rows}, clock.today())
        if dispatch.content in CONTENTS_THAT_PRESS
        else None
    )
    line = routing.line_for(dispatch.channel, dispatch.content)
    for row in rows:
        contact = contacts.get(row.party.merged_into_id or row.party_id)
        row.contact, row.rules, row.earliest_at = contact.pk if contact else None, [], None
        if owing is not None and not _is_late(owing.get((row.party_id, row.creditor_id))):
            row.answer = "nothing_owed"
            yield row, None
        elif contact is None:
            row.answer = "no_contact"
            yield row, None
        else:
            verdict = guard.look(_wish(dispatch, row, contact, at, line))
            row.rules, row.earliest_at = [each.rule for each in verdict.deciding], verdict.earliest
            later = verdict.answer == "refused" and verdict.earliest is not None
            row.answer = "later" if later else verdict.answer
            yield row, verdict


def _is_late(found: Late | None) -> bool:
    return found is not None and bool(found.late)


def _wish(dispatch: Dispatch, row: Addressee, contact: Contact, at: dt.datetime | None, line: str) -> Wish:
    return Wish(
        party=row.party, channel=dispatch.channel, content=dispatch.content, creditor=row.creditor, contact=contact,
        automated=True, at=at, case=row.case, line=line,
    )  # fmt: skip


def _samples(dispatch: Dispatch, rows: Sequence[Addressee]) -> Iterator[Sample]:
    """What the first of them would read, rendered as it will be when it leaves."""
    for row in rows:
        kept = customer(row.party)
        contact = Contact.objects.filter(pk=row.contact or 0).first()
        message = Message(
            party=kept, creditor=row.creditor, case=row.case, channel=dispatch.channel, content=dispatch.content,
            occasion=dispatch.occasion, template=dispatch.template, given=row.given, by=dispatch.by,
            recipient=recipient_of(kept, contact.role) if contact else "self", source=Source.CAMPAIGN,
        )  # fmt: skip
        _rules, regime = asking.rules_of(kept, row.creditor, clock.today())
        try:
            written = preparing.write(message, regime, clock.today(), unsubscribe="mailto:unsubscribe")
            yield Sample(row, written.subject, written.body)
        except NotNow as told:
            yield Sample(row, refusal=told.said or told.reason)
