"""What a record means for the rules of contact: its attempt is concluded, or judged afterwards, and what was said holds
contact back from now on."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.cases.models import Case, Channel, Reached, Record
from liangqing.kit import clock, sealing
from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import calls, guard
from liangqing.outreach.channels import numbers
from liangqing.outreach.kinds import Content, Recipient
from liangqing.outreach.models import Attempt, Line, Source
from liangqing.outreach.queries.facts import Wish, recipient_of
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.actions import restraints
from liangqing.parties.models import Contact, Hold, Restraint
from liangqing.parties.queries.members import members
from liangqing.parties.rules.ways import same
from liangqing.people.models import User
from liangqing.policy import Row

ROUNDED = dt.timedelta(minutes=10)
"""People say when they called to the minute, or to the quarter: an attempt begun so shortly after that is still meant."""
LASTING = frozenset((Hold.DECEASED, Hold.BANKRUPTCY, Hold.FRAUD, Hold.HOSPITAL))
"""What holds until somebody lifts it; the rest as many days as the table says."""
ENDED_BY_DOUBT_SETTLED = (Hold.DISPUTE, Hold.COMPLAINT, Hold.FRAUD)


@clause("P2 3.3.2", "P2 3.4.1")
def attempt_of(
    case: Case,
    *,
    channel: str,
    reached: str,
    contact: Contact | None,
    address: str,
    by: User,
    at: dt.datetime | None = None,
    line: str = "",
    source: str = Source.RECORD,
) -> Attempt:
    """The attempt a record tells of: the one its author asked for before (within ``contact.open_hours``), or one judged
    now that it has happened, by the instant ``at`` which it happened (None: now) and the ``line`` it was made from
    (empty: not said). One that was not allowed is kept, counts, and is told as a contact against the rules.

    Raises ``Refusal`` (422) for an instant that is still to come.
    """
    now = clock.now()
    instant = _instant(at, now)
    if line:
        line = _as_registered(channel, line)
    if source == Source.RECORD:
        term = dt.timedelta(hours=int(policy.in_force(clock.today()).terms["contact.open_hours"]))
        under_way = Attempt.objects.filter(
            by=by, case=case.number, channel=channel, outcome=Outcome.OPEN,
            at__gt=instant - term, at__lte=instant + ROUNDED,
        )  # fmt: skip
        if contact is not None:
            under_way = under_way.filter(contact=contact.pk)
        if line:
            under_way = under_way.filter(line__in=(line, ""))
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
        line=line,
        by=by,
        at=instant,
        case=case.number,
    )
    return guard.ask(wish, source=source)


def _instant(at: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    if at is not None and at > now:
        raise Refusal(
            "contact_to_come",
            _("A contact is written down when it has happened. Check the time of it."),
            status=422,
            field="at",
        )
    return at or now


def _as_registered(channel: str, line: str) -> str:
    """A line as it was registered, however it is written here; one that was not, as it is written."""
    if channel != Channel.PHONE:
        return line.strip()
    wanted = numbers.line(line)
    for known in Line.objects.filter(channel=channel, active=True).values_list("value", flat=True):
        if numbers.line(known) == wanted:
            return known
    return line.strip()


def _recipient(case: Case, reached: str) -> str:
    if reached in (Reached.SELF, Reached.NOBODY):
        return Recipient.SELF
    if reached == Reached.COLLEAGUE and case.party.kind == "company":
        return Recipient.SELF
    return Recipient.REPRESENTATIVE if reached == Reached.REPRESENTATIVE else Recipient.CONTACT


def conclude(attempt: Attempt, row: Row, reached: str, *, by: User, duration_s: int | None = None) -> None:
    """Count it as what the table says it was; whoever is not the debtor is no effective contact with him. How long it took
    (seconds) the provider says before whoever reports it."""
    outcome = row.then["counts_as"]
    if outcome == "effective" and reached == Reached.NOBODY:
        outcome = Outcome.UNANSWERED
    elif outcome == "effective" and attempt.recipient == Recipient.SELF and not _is_debtor(reached, attempt):
        outcome = Outcome.SOMEBODY
    if attempt.outcome in (Outcome.OPEN, Outcome.SENT):
        talked = calls.talked(attempt)
        guard.conclude(attempt, outcome, by=by, at=attempt.at if not attempt.ahead else None,
                       duration_s=duration_s if talked is None else talked)  # fmt: skip


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
    continues = False
    for each in Restraint.objects.filter(party=case.party_id, kind=kind, creditor=case.creditor_id, lifted_at=None):
        if each.until_at is None or each.until_at > clock.now():
            if kind in LASTING:
                return
            restraints.lift(each, reason=source, by=by)
            continues = True  # the complaint itself was taken before: its clock runs on
    restraints.place(
        case.party,
        kind,
        continues=continues,
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
