"""What a record means for the rules of contact: its attempt is concluded, or judged afterwards, and what was said holds
contact back from now on."""

from __future__ import annotations

import datetime as dt

from liangqing.cases.models import Case, Channel, Reached, Record
from liangqing.kit import clock, sealing
from liangqing.kit.actions import clause
from liangqing.outreach.actions import guard
from liangqing.outreach.kinds import Content, Recipient
from liangqing.outreach.models import Attempt, Source
from liangqing.outreach.queries.facts import Wish, recipient_of
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.actions import restraints
from liangqing.parties.models import Contact, Hold, Restraint
from liangqing.parties.queries.members import members
from liangqing.parties.rules.ways import same
from liangqing.people.models import User
from liangqing.policy import Row

FRESH = dt.timedelta(hours=12)
"""An attempt under way that is younger belongs to the record its author writes next."""
LASTING = frozenset((Hold.DECEASED, Hold.BANKRUPTCY, Hold.FRAUD, Hold.HOSPITAL))
"""What holds until somebody lifts it; the rest as many days as the table says."""
ENDED_BY_DOUBT_SETTLED = (Hold.DISPUTE, Hold.COMPLAINT, Hold.FRAUD)


def attempt_of(case: Case, *, channel: str, reached: str, contact: Contact | None, address: str, by: User) -> Attempt:
    """The attempt a record tells of: the one its author asked for before, or one judged now that it has happened."""
    under_way = Attempt.objects.filter(
        by=by, case=case.number, channel=channel, outcome=Outcome.OPEN, at__gt=clock.now() - FRESH
    )
    if contact is not None:
        under_way = under_way.filter(contact=contact.pk)
    if (found := under_way.order_by("-id").first()) is not None:
        return found
    recipient = recipient_of(case.party, contact.role) if contact else _recipient(case, reached)
    pressing = recipient not in (Recipient.CONTACT, Recipient.OTHER)
    wish = Wish(
        party=case.party,
        channel=channel,
        content=Content.DEMAND if pressing else Content.LOCATE,
        creditor=case.creditor,
        contact=contact,
        value=address,
        recipient=recipient,
        by=by,
        at=clock.now(),
        case=case.number,
    )
    return guard.ask(wish, source=Source.RECORD)


def _recipient(case: Case, reached: str) -> str:
    if reached in (Reached.SELF, Reached.NOBODY):
        return Recipient.SELF
    if reached == Reached.COLLEAGUE and case.party.kind == "company":
        return Recipient.SELF
    return Recipient.REPRESENTATIVE if reached == Reached.REPRESENTATIVE else Recipient.CONTACT


def conclude(attempt: Attempt, row: Row, reached: str, *, by: User) -> None:
    """Count it as what the table says it was; whoever is not the debtor is no effective contact with him."""
    outcome = row.then["counts_as"]
    if outcome == "effective" and reached == Reached.NOBODY:
        outcome = Outcome.UNANSWERED
    elif outcome == "effective" and attempt.recipient == Recipient.SELF and not _is_debtor(reached, attempt):
        outcome = Outcome.SOMEBODY
    if attempt.outcome in (Outcome.OPEN, Outcome.SENT):
        guard.conclude(attempt, outcome, by=by)


def _is_debtor(reached: str, attempt: Attempt) -> bool:
    return reached == Reached.SELF or (
        attempt.party.kind == "company" and reached in (Reached.COLLEAGUE, Reached.REPRESENTATIVE)
    )


@clause("P4-3", "P4-3.1", "P3 2.2")
def hold(record: Record, case: Case, row: Row, *, by: User) -> None:
    """Put on record what the table case.result says holds back: a dispute or complaint for its days, a death until
    somebody lifts it, a third person's refusal for good. (A promise does so by itself.)"""
    kind, source = row.then["holds"], f"record/{record.pk}"
    if kind in ("none", "promise"):
        return
    if kind == "lift":
        _lift(case, by)
        return
    if kind == "stop":
        _stop(record, case, source, by)
        return
    until: dt.date | None = None if kind in LASTING else record.says_until_on
    if until is not None and until <= clock.today():
        return
    for each in Restraint.objects.filter(party=case.party_id, kind=kind, creditor=case.creditor_id, lifted_at=None):
        if each.until_at is None or each.until_at > clock.now():
            if kind in LASTING:
                return
            restraints.lift(each, reason=source, by=by)
    restraints.place(
        case.party,
        kind,
        creditor=None if kind in LASTING else case.creditor,
        reason=record.note or row.reason.get("zh", kind),
        until_at=None if until is None else dt.datetime.combine(until, dt.time(), clock.zone()),
        source=source,
        by=by,
    )


def _stop(record: Record, case: Case, source: str, by: User) -> None:
    """The debtor himself opts out of the channel by which he was reached; anybody else is left alone for ever."""
    kind = "email" if record.channel == Channel.EMAIL else "phone"
    number = (
        bytes(record.contact.value_index)
        if record.contact is not None
        else sealing.index(same(kind, record.address))
        if record.address
        else b""
    )
    own = record.reached in (Reached.SELF, Reached.REPRESENTATIVE) or not number
    restraints.place(
        case.party,
        Hold.OPT_OUT if own else Hold.STOP_WORD,
        channel=record.channel if own else "",
        value_index=number,
        reason=record.note or source,
        source=source,
        by=by,
    )


def _lift(case: Case, by: User) -> None:
    standing = Restraint.objects.filter(party__in=members(case.party), kind__in=ENDED_BY_DOUBT_SETTLED, lifted_at=None)
    for each in standing:
        if (each.until_at is None or each.until_at > clock.now()) and each.creditor_id in (None, case.creditor_id):
            restraints.lift(each, reason=case.number, by=by)
