"""What people write to us: kept sealed, put with the customer, told; and who wants to be left alone is left alone."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import messages
from liangqing.outreach.channels import inbox, sms
from liangqing.outreach.events import ReplyReceived
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.models import Incoming, Message, Provider, Source, Template
from liangqing.outreach.queries.facts import KIND_OF, recipient_of
from liangqing.outreach.rules.wishes import wants_no_calls, wants_silence
from liangqing.parties.actions import restraints
from liangqing.parties.models import Contact, Hold, Party, Restraint
from liangqing.parties.queries.members import customer, members
from liangqing.parties.queries.restraints import holding
from liangqing.parties.rules.ways import same
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

_UNSUBSCRIBE = re.compile(r"^\s*(unsubscribe|退订)\b", re.IGNORECASE)
_KEY = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_WHO_OWES = frozenset(
    (
        Recipient.SELF, Recipient.REPRESENTATIVE, Recipient.LAWYER, Recipient.GUARANTOR, Recipient.CO_DEBTOR,
        Recipient.HEIR,
    )
)  # fmt: skip


def texted(provider: Provider, reply: sms.Reply) -> Incoming | None:
    """A text message to us. None when it came before."""
    named = reply.reply_id or f"{reply.sender}|{reply.at}|{reply.text}"
    return take(
        provider,
        kind=Incoming.Kind.REPLY,
        named=named,
        at=reply.at,
        sender=reply.sender,
        text=reply.text,
        silence=wants_silence(reply.text),
    )


def wrote(provider: Provider, mail: inbox.Incoming) -> Incoming | None:
    """A mail to us that no mail server wrote. None when it came before."""
    kind = Incoming.Kind(mail.kind if mail.kind in Incoming.Kind.values else Incoming.Kind.OTHER)
    asks = _UNSUBSCRIBE.match(mail.subject) is not None
    found = _KEY.search(mail.subject.lower()) if asks else None
    return take(
        provider,
        kind=kind,
        named=mail.message_id or f"{mail.sender}|{mail.at}|{mail.subject}|{mail.text}",
        at=mail.at,
        sender=mail.sender,
        subject=mail.subject,
        text=mail.text,
        key=mail.key or (found[0] if found else ""),
        silence=asks or (kind != Incoming.Kind.AUTOMATIC and wants_silence(mail.text)),
    )


@action
@clause("P2 3.3.2", "P2 3.4")
def take(
    provider: Provider,
    *,
    kind: str,
    named: str,
    at: dt.datetime | None,
    sender: str,
    text: str,
    subject: str = "",
    key: str = "",
    silence: bool = False,
) -> Incoming | None:
    """Keep what came, find out whom it is from, tell it; and place the restraint it asks for, confirmed once.

    ``named`` is what the provider calls it: the same again is not taken twice (None).
    """
    now = clock.now()
    digest = hashlib.sha256(named.encode()).hexdigest()
    kind_of_way = KIND_OF[Channel(provider.channel)]
    index = sealing.index(same(kind_of_way, sender)) if sender.strip() else b""
    message = _answered(provider, key, index, now)
    party, recipient = _who(message, index, kind_of_way)
    row = Incoming(
        provider=provider,
        channel=provider.channel,
        kind=kind,
        their_id=digest,
        at=at if at is not None and at <= now else now,
        came_at=now,
        party=party,
        case=message.case if message else "",
        message=message,
        sender_stored=sealing.seal(sender),
        sender_index=index,
        subject_stored=sealing.seal(subject),
        text_stored=sealing.seal(text),
        wants_silence=silence,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # it came before
        return None
    if silence and party is not None:
        _leave_alone(row, party, recipient)
    tell(
        ReplyReceived(
            thing_id=row.pk,
            party_id=party.pk if party else None,
            case=row.case,
            channel=row.channel,
            kind=row.kind,
            message=message.pk if message else None,
            silence=silence,
        ),
        by=None,
    )
    return row


def _answered(provider: Provider, key: str, index: bytes, now: dt.datetime) -> Message | None:
    """The message it answers: by its key, else the last one that went there."""
    sent = Message.objects.select_related("party__merged_into", "creditor")
    if key:
        try:
            return sent.filter(key=uuid.UUID(key), channel=provider.channel).first()
        except ValueError:
            return None
    if not index:
        return None
    within = dt.timedelta(days=int(policy.in_force(clock.today()).terms["outreach.reply_within_days"]))
    recent = sent.filter(value_index=index, channel=provider.channel, sent_at__gt=now - within)
    return recent.order_by("-sent_at").first()


def _who(message: Message | None, index: bytes, kind: str) -> tuple[Party | None, str]:
    """The customer, and who wrote seen from the debt; nobody where the number is that of several customers."""
    if message is not None:
        return customer(message.party), message.recipient
    if not index:
        return None, ""
    contacts = Contact.objects.filter(value_index=index, kind=kind).select_related("party__merged_into").order_by("id")
    found = list(contacts[:20])
    customers = {customer(each.party).pk: customer(each.party) for each in found}
    if len(customers) != 1:
        return None, ""
    party = next(iter(customers.values()))
    return party, recipient_of(party, found[0].role)


def _leave_alone(row: Incoming, party: Party, recipient: str) -> None:
    """Who owes opts out of the channel, or of calls where the words are about these; anybody else is left alone for good,
    by every channel."""
    own = recipient in _WHO_OWES
    channel = Channel.PHONE if wants_no_calls(sealing.unseal(row.text_stored)) else Channel(row.channel)
    kind = Hold.OPT_OUT if own else Hold.STOP_WORD
    number = b"" if own else bytes(row.sender_index)
    standing = [
        each
        for each in holding(members(party), clock.now())
        if each.kind == kind and each.channel in ("", channel if own else "") and bytes(each.value_index) == number
    ]
    placed = standing[0] if standing else _place(row, party, kind, number, channel if own else "")
    Incoming.objects.filter(pk=row.pk).update(restraint=placed.pk)
    row.restraint = placed.pk
    if own and not standing:
        _confirm(row, party)


def _place(row: Incoming, party: Party, kind: str, number: bytes, channel: str) -> Restraint:
    words = " ".join(f"{row.subject} {row.text}".split())[:200]
    return restraints.place(
        party,
        kind,
        channel=channel,
        value_index=number,
        reason=words or "-",
        source=f"incoming/{row.pk}",
        by=None,
    )


def _confirm(row: Incoming, party: Party) -> None:
    """One confirmation, to where it came from."""
    contact = Contact.objects.filter(
        party__in=members(party), kind=KIND_OF[Channel(row.channel)], value_index=bytes(row.sender_index)
    ).first()
    if contact is None:
        return
    want = messages.Want(
        party=party,
        creditor=row.message.creditor if row.message else None,
        channel=row.channel,
        content=Content.CONFIRM,
        occasion=Template.Occasion.OPTED_OUT,
        contact=contact,
        case=row.case,
        step=f"confirm:{row.restraint}",
    )
    messages.write_many([want], by=None, source=Source.PROGRAM)


@action
def handle(row: Incoming, *, by: User) -> None:
    """Somebody has read it and dealt with it. Raises ``Refusal``: 403; 409 (``handled_already``)."""
    demand(by, "case.work")
    changed = Incoming.objects.filter(pk=row.pk, handled_at__isnull=True).update(handled_at=clock.now(), handled_by=by)
    if not changed:
        raise Refusal("handled_already", _("Somebody else was faster: it is dealt with already."))


@action
def belongs_to(row: Incoming, party: Party, *, by: User) -> None:
    """Somebody knows who wrote it; it stands with that customer from now on, and a wish in it is heard. Raises ``Refusal``:
    403; 409 (``known_already``)."""
    demand(by, "case.work")
    kept = customer(party)
    if not Incoming.objects.filter(pk=row.pk, party__isnull=True).update(party=kept):
        raise Refusal("known_already", _("It stands with a customer already."))
    row.refresh_from_db()
    if row.wants_silence:
        _leave_alone(row, kept, Recipient.SELF)
    told = ReplyReceived(
        thing_id=row.pk, party_id=kept.pk, case="", channel=row.channel, kind=row.kind, message=None, silence=row.wants_silence
    )  # fmt: skip
    tell(told, by=by)
