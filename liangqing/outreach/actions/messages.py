"""Messages: written with the decision to send them, called off while they wait, decided by a person when in doubt.

Nothing leaves here. The worker sends what was written (``actions.sending``), after the guard has been asked again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard, reviews, routing
from liangqing.outreach.events import MESSAGE_WRITTEN, MessageMoved
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.lifecycle import DUE, MESSAGE, MessageState
from liangqing.outreach.models import Dispatch, Message, Review, Source, TemplateVersion
from liangqing.outreach.queries.asking import rules_of
from liangqing.outreach.queries.facts import KIND_OF, Wish, recipient_of
from liangqing.outreach.rules import language
from liangqing.outreach.rules.facts import Outcome
from liangqing.outreach.rules.language import Hit
from liangqing.outreach.rules.pressing import asks_for_money
from liangqing.outreach.rules.sending import bills_hash
from liangqing.parties.models import Contact, Creditor, Party
from liangqing.parties.queries.members import customer
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import Told, tell, write

WRITTEN = (Channel.SMS, Channel.EMAIL, Channel.LETTER)
"""The channels by which something written leaves."""
LONGEST = 20_000
"""Characters a person may write."""
_AT_ONCE = 2_000


@dataclass(frozen=True, kw_only=True)
class Want:
    """One message somebody or something wants sent. ``step`` names who wants it for what, as ``night:reminder`` or
    ``dispatch:12``: of the same step, day and bills there is one message, however often it is wanted.

    ``contact`` must be of the channel's kind. ``bills`` empty: whatever is late when it leaves. ``template`` empty: the
    wording that fits then. ``subject`` and ``body`` are a person's own words, instead of a template. ``given``: see
    ``queries.asking.values``, and ``level`` and ``customer_class`` for the choice of the template. ``not_before`` is the
    earliest it may leave. ``confirmed``: a person read what was found in their own words, and means it.
    """

    party: Party
    creditor: Creditor | None
    channel: str
    content: str
    contact: Contact
    step: str
    case: str = ""
    occasion: str = ""
    recipient: str = ""
    bills: Sequence[int] = ()
    template: TemplateVersion | None = None
    subject: str = ""
    body: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    day: dt.date | None = None
    priority: int = 0
    not_before: dt.datetime | None = None
    dispatch: Dispatch | None = None
    confirmed: bool = False


@action
@clause("P3 4.1.1", "P3 4.2.4")
def send(want: Want, *, by: User) -> Message:
    """A person sends one message: the guard is looked at now, so that they hear a no at once, and asked again when it
    leaves. Wanted again, it is the message that is there already.

    Raises ``Refusal``: 403 without the right; 409 where the guard says no (``contact_refused``) or a word may not be said
    (``language_forbidden``); 422 for what ``write_many`` does not take. What was found in confirmed words is looked at.
    """
    demand(by, "outreach.send")
    hits = _demand_sound(want)
    verdict = guard.look(wish_of(want, by=by))
    if not verdict.allowed and verdict.earliest is None:
        reasons = "; ".join(guard.said(each) for each in verdict.deciding)
        raise Refusal("contact_refused", _("Not allowed: {reason}."), reason=reasons)
    write_many([want], by=by, source=Source.PERSON)
    row = _row(want, by, Source.PERSON)
    found: Message = Message.objects.get(
        party=row.party,
        creditor=row.creditor,
        channel=row.channel,
        step=row.step,
        day=row.day,
        bills_hash=row.bills_hash,
    )
    reviews.open_for(
        _words(want), hits, source=f"message/{found.pk}", kind=Review.Kind.MESSAGE, party=found.party, case=found.case,
        author=by,
    )  # fmt: skip
    return found


def write_many(wants: Iterable[Want], *, by: User | None, source: str) -> int:
    """Write many messages in the transaction that decided on them; how many are new. One INSERT and one COPY of trail
    entries for each two thousand. The rights are the caller's to ask.

    Raises ``Refusal`` (422): ``unknown_channel``, ``wrong_contact``, ``no_step``, ``words_need_approval``,
    ``language_forbidden``, ``words_need_confirmation``.
    """
    made, batch = 0, []
    with transaction.atomic(savepoint=False):
        for want in wants:
            _demand_sound(want)
            batch.append(_row(want, by, source))
            if len(batch) == _AT_ONCE:
                made += _write(batch, by)
                batch = []
        return made + _write(batch, by)


def _write(rows: list[Message], by: User | None) -> int:
    if not rows:
        return 0
    keys = [row.key for row in rows]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    new = Message.objects.filter(key__in=keys).values_list(
        "id", "party_id", "case", "channel", "content", "step", "source"
    )
    told: list[Told] = [
        (
            MESSAGE_WRITTEN,
            by.pk if by else None,
            "message",
            pk,
            party,
            {"case": case, "channel": channel, "content": content, "step": step, "source": source},
        )
        for pk, party, case, channel, content, step, source in new
    ]
    write(told, day=clock.today())
    return len(told)


def _row(want: Want, by: User | None, source: str) -> Message:
    party, now = customer(want.party), clock.now()
    words = json.dumps({"subject": want.subject, "body": want.body}, ensure_ascii=False) if want.body else ""
    return Message(
        party=party,
        creditor=want.creditor,
        case=want.case,
        channel=want.channel,
        content=want.content,
        recipient=want.recipient or recipient_of(party, want.contact.role),
        occasion=want.occasion,
        contact=want.contact.pk,
        value_stored=want.contact.value_stored,
        value_index=bytes(want.contact.value_index),
        by=by,
        source=source,
        dispatch=want.dispatch,
        template=want.template,
        written_stored=sealing.seal(words),
        given=dict(want.given),
        bills=sorted(set(want.bills)),
        bills_hash=bills_hash(want.bills),
        step=want.step,
        day=want.day or clock.today(),
        priority=want.priority,
        due_at=max(want.not_before or now, now),
        written_at=now,
    )


def _demand_sound(want: Want) -> list[Hit]:
    """Raises ``Refusal`` as ``write_many``; returns what was found in words that a person confirmed."""
    if want.channel not in WRITTEN:
        raise Refusal("unknown_channel", _("Choose text message, e-mail or letter."), status=422, field="channel")
    if want.content not in Content.values or (want.recipient and want.recipient not in Recipient.values):
        raise Refusal("unknown_choice", _("Choose what it is for and to whom it goes."), status=422, field="content")
    if want.contact.kind != KIND_OF[Channel(want.channel)]:
        raise Refusal(
            "wrong_contact", _("This contact can't be reached that way. Choose another."), status=422, field="contact"
        )
    if not want.step.strip():
        raise Refusal("no_step", _("Say what step this message belongs to."), status=422)
    return _demand_words(want) if want.body else []


def _words(want: Want) -> str:
    return f"{want.subject}\n{want.body}"


def _demand_words(want: Want) -> list[Hit]:
    """What a person wrote may be said. What asks for money, whatever it is called, goes by an approved wording. What the list
    forbids, or leaves to counsel, is refused; about the rest the person is asked again."""
    if len(want.body) + len(want.subject) > LONGEST:
        raise Refusal("text_too_long", _("The text is too long. Shorten it."), status=422, field="body")
    if want.content not in (Content.REPLY, Content.CONFIRM):
        raise Refusal(
            "words_need_approval",
            _("What asks for money goes out in an approved wording. Choose a template, or answer the debtor."),
            status=422,
            field="template",
        )
    _rules, regime = rules_of(want.party, want.creditor, clock.today())
    hits = language.check(_words(want), content=want.content, regime=regime)
    forbidden = [hit for hit in hits if hit.severity in ("block", "counsel")]
    if forbidden:
        raise Refusal(
            "language_forbidden",
            _("“{found}” may not be said ({category}). Change the text."),
            status=422,
            field="body",
            found=forbidden[0].found,
            category=forbidden[0].category,
        )
    if asking := asks_for_money(_words(want)):
        raise Refusal(
            "words_need_approval",
            _(
                "“{found}” asks for money, and that goes out in an approved wording. Choose a template, or change the text."
            ),
            status=422,
            field="body",
            found=asking,
        )
    if hits and not want.confirmed:
        raise Refusal(
            "words_need_confirmation",
            _("“{found}” ({category}): read it once more. Confirm that it is meant so, or change the text."),
            status=422,
            field="body",
            found=hits[0].found,
            category=hits[0].category,
        )
    return hits


def wish_of(want: Want, *, by: User | None, automated: bool = False) -> Wish:
    """The contact the guard is asked about."""
    return Wish(
        party=want.party,
        channel=want.channel,
        content=want.content,
        creditor=want.creditor,
        contact=want.contact,
        recipient=want.recipient,
        line=routing.line_for(want.channel, want.content),
        by=by,
        automated=automated,
        case=want.case,
    )


# decided by a person --------------------------------------------------------------------------------------------------


@action
def call_off(message: Message, *, reason: str, by: User) -> Message:
    """It will not leave. Raises ``Refusal``: 403; 422 without a reason; 409 (``moved_on``) when it is gone already."""
    demand(by, "outreach.send")
    row = _locked(message)
    move(row, "call off", reason="called_off", said=_demanded(reason), by=by, ended_at=clock.now())
    return row


@action
def send_again(message: Message, *, by: User) -> Message:
    """Send what is doubtful, was refused or given up once more: under the same key, with the guard asked again. What was
    doubtful is marked as perhaps doubled. Raises ``Refusal``: 403; 409 (``moved_on``)."""
    demand(by, "outreach.send")
    row = _locked(message)
    doubled = row.doubled or row.state == MessageState.DOUBTFUL
    if row.state == MessageState.DOUBTFUL and row.attempt is not None and row.attempt.outcome == Outcome.OPEN:
        guard.conclude(row.attempt, Outcome.SENT, by=by, told="doubtful")
    fresh: dict[str, Any] = {"due_at": clock.now(), "tries": 0, "asked": 0, "passed_over": [], "ended_at": None}
    move(row, "send again", reason="sent_again", by=by, doubled=doubled, **fresh)
    return row


@action
def call_sent(message: Message, *, sent: bool, reason: str, by: User) -> Message:
    """Somebody found out whether a doubtful message went out. Raises ``Refusal``: 403; 422; 409 (``moved_on``)."""
    demand(by, "outreach.send")
    row = _locked(message)
    if row.state != MessageState.DOUBTFUL:
        raise Refusal("moved_on", _("This is not in doubt any more. Reload to see where it stands."))
    now = clock.now()
    if row.attempt is not None and row.attempt.outcome == Outcome.OPEN:
        guard.conclude(row.attempt, Outcome.SENT if sent else Outcome.CALLED_OFF, by=by, told="said by a person")
    if sent:
        move(row, "send", reason="said_by_person", said=_demanded(reason), by=by, sent_at=row.claimed_at or now)
    else:
        move(row, "fail", reason="said_by_person", said=_demanded(reason), by=by, ended_at=now)
    return row


def move(row: Message, name: str, *, reason: str, by: User | None = None, said: str = "", **changes: Any) -> None:
    """Move a message, write why, and tell it; what merely waits again is not told."""
    MESSAGE.move(row, name, reason=reason[:64], said_stored=sealing.seal(said[:1000]), **changes)
    if row.state in (*DUE, MessageState.CLAIMED):
        return
    tell(
        MessageMoved(
            thing_id=row.pk,
            party_id=row.party_id,
            case=row.case,
            channel=row.channel,
            state=row.state,
            reason=row.reason,
            doubled=row.doubled,
            digest=row.digest,
        ),
        by=by,
    )


def _locked(message: Message) -> Message:
    return Message.objects.select_for_update(of=("self",)).select_related("attempt").get(pk=message.pk)


def _demanded(reason: str) -> str:
    if not reason.strip():
        raise Refusal("no_reason", _("Say why."), status=422, field="reason")
    return reason.strip()
