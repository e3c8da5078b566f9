"""Right before a message leaves: is it still true, may it still go, by whom, and in which words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, sealing
from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import enclosing, guard, routing
from liangqing.outreach.actions.messages import move
from liangqing.outreach.actions.routing import NotNow
from liangqing.outreach.channels.sending import Attachment, Parcel
from liangqing.outreach.content import rendering
from liangqing.outreach.content.values import Values
from liangqing.outreach.kinds import Channel
from liangqing.outreach.lifecycle import DUE
from liangqing.outreach.models import Attempt, Message, Provider, Source, TemplateVersion
from liangqing.outreach.models.attempt import Answer
from liangqing.outreach.queries import asking
from liangqing.outreach.queries.facts import Wish
from liangqing.outreach.queries.freshness import demand_fresh
from liangqing.outreach.queries.templates import choose
from liangqing.outreach.rules.facts import CONTENTS_THAT_PRESS
from liangqing.outreach.rules.sending import STRENGTH, strongest
from liangqing.parties.models import Contact
from liangqing.policy import Policy

STALE_AGAIN = dt.timedelta(hours=1)
"""How soon what waits for money to be entered is looked at again."""
_RUNS = (Source.NIGHT, Source.CAMPAIGN, Source.PROGRAM)
"""Whose demands wait for money to be entered: nobody looks at each of them."""


@dataclass(frozen=True)
class Written:
    """A message in words: the wording used, and the values as a provider's own template wants them."""

    subject: str
    body: str
    digest: str
    version: TemplateVersion | None
    values: Mapping[str, str]
    amount: int | None
    currency: str


@dataclass(frozen=True)
class Ready:
    """A message that may leave now: by which provider, as what, under which receipt of the guard."""

    message: Message
    provider: Provider
    parcel: Parcel
    attempt: Attempt


class Busy(Exception):
    """Whoever would carry it can take nothing for some seconds; the message stays as it is."""

    def __init__(self, channel: str, seconds: float) -> None:
        super().__init__(channel)
        self.channel, self.seconds = channel, seconds


Wait = Callable[[Provider], float]
"""How many seconds a provider can take nothing; 0: it can."""


def no_wait(_provider: Provider) -> float:
    return 0.0


@dataclass(frozen=True)
class Gathered:
    """A message with what becomes part of it, and the bills of all; no bills means whatever is late."""

    message: Message
    parts: tuple[Message, ...] = ()

    @property
    def bills(self) -> list[int]:
        sets = [each.bills for each in (self.message, *self.parts)]
        return sorted({bill for bills in sets for bill in bills}) if all(sets) else []


@clause("P3 4.1.1", "P2 3.3.2", "P3 4.2.4")
def prepare(gathered: Gathered, wait: Wait = no_wait, *, again: Provider | None = None) -> Ready:
    """Ask everything again at this moment. The rows are locked, the transaction is the caller's; the guard's receipt is
    written in it and counts once it commits. ``again``: the provider that may have it already, and no other.

    Raises ``NotNow``: settled, expired, held (until the guard, the day's mail or the books let it), refused, or put back
    for want of a provider; ``Busy`` when its provider can take nothing at this moment (``wait`` says how long).
    """
    message, day = gathered.message, clock.today()
    rules, regime = asking.rules_of(message.party, message.creditor, day)
    demand_in_time(message, rules, day)
    _demand_room_today(message, rules)
    demand_books(message)
    provider = again or routing.provider_for(message)
    if not provider.sends:
        raise NotNow("put back", "no_provider", due_at=clock.now() + routing.NO_ROUTE_AGAIN)
    if seconds := wait(provider):
        raise Busy(message.channel, seconds)
    written = write(message, regime, day, bills=gathered.bills, unsubscribe=routing.unsubscribe(message, provider))
    enclosed = enclosing.made(message, regime, day, rules, bills=gathered.bills, parts=gathered.parts)
    contact = contact_of(message)
    attempt = ask(message, contact, line=routing.line_of(provider))
    for each in gathered.parts if again is None else ():
        move(each, "merge", reason="merged", into=message, ended_at=clock.now())
    note(message, written)
    enclosing.note(message, attempt, enclosed)
    attachments = tuple(each.attachment for each in enclosed)
    return Ready(message, provider, parcel(message, written, provider, attachments), attempt)


def note(message: Message, written: Written) -> None:
    """The words as they leave stand with the message before it does."""
    text = json.dumps({"subject": written.subject, "body": written.body}, ensure_ascii=False)
    message.text_stored, message.digest, message.said = sealing.seal(text), written.digest, written.version
    message.amount, message.currency = written.amount, written.currency
    message.save(update_fields=["text_stored", "digest", "said", "amount", "currency"])


def demand_in_time(message: Message, rules: Policy, day: dt.date) -> None:
    if (day - message.day).days > int(rules.terms["outreach.message_expires_days"]):
        raise NotNow("expire", "expired")


def gather(message: Message) -> Gathered:
    """E-mails about money to one customer for one creditor that are due become one: the strongest of them, with the bills
    of all. The rows are locked; which of them leaves may be another than the one given."""
    if message.channel != Channel.EMAIL or message.content not in STRENGTH or message.written_stored:
        return Gathered(message)
    others = (
        Message.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("party", "creditor", "template", "by")
        .filter(
            party=message.party_id,
            creditor=message.creditor_id,
            channel=message.channel,
            value_index=bytes(message.value_index),
            recipient=message.recipient,
            content__in=STRENGTH,
            written_stored="",
            state__in=DUE,
            due_at__lte=clock.now(),
            occasion=message.occasion,
            dispatch=message.dispatch_id,
        )
        .exclude(pk=message.pk)
        .order_by("id")
    )
    everyone = [message, *others]
    top = strongest(each.content for each in everyone)
    first = next(each for each in everyone if each.content == top)
    return Gathered(first, tuple(each for each in everyone if each is not first))


def _demand_room_today(message: Message, rules: Policy) -> None:
    """One mail about money for a customer and day, or as many as the term says; what comes later waits for tomorrow."""
    if message.channel != Channel.EMAIL or message.content not in STRENGTH:
        return
    midnight = dt.datetime.combine(clock.today(), dt.time(), clock.zone())
    gone = Message.objects.filter(
        party=message.party_id,
        creditor=message.creditor_id,
        channel=message.channel,
        content__in=STRENGTH,
        value_index=bytes(message.value_index),
        sent_at__gte=midnight,
    ).exclude(pk=message.pk)
    if gone.count() >= int(rules.terms["outreach.emails_a_day"]):
        raise NotNow("hold", "mailed_today", due_at=midnight + dt.timedelta(days=1))


def demand_books(message: Message) -> None:
    if message.source not in _RUNS:
        return
    try:
        demand_fresh(message.content)
    except Refusal as stale:
        raise NotNow("hold", stale.code, stale.sentence, due_at=clock.now() + STALE_AGAIN) from None


def write(
    message: Message, regime: str, day: dt.date, *, bills: Collection[int] = (), unsubscribe: str = ""
) -> Written:
    """The words, with what is owed at this moment. Raises ``NotNow``: settled where nothing of it is owed any more; refused
    where there is no approved wording, or it says what it may not."""
    if message.written_stored:
        words = message.written
        told = rendering.digest(words["subject"], words["body"])
        return Written(words["subject"], words["body"], told, None, {}, None, "")
    version, values = worded(message, regime, day, bills=bills, unsubscribe=unsubscribe)
    try:
        return written_as(version, values, rendering.render(version, values))
    except Refusal as refusal:
        raise NotNow("refuse", refusal.code, refusal.sentence) from refusal


def written_as(version: TemplateVersion, values: Values, said: rendering.Rendered) -> Written:
    """What was rendered, as the message keeps it and providers want it."""
    plain = {name: str(value) for name, value in values.written().items() if not isinstance(value, list)}
    amount = values.amount
    currency = amount.currency if amount else ""
    return Written(said.subject, said.body, said.digest, version, plain, amount.amount if amount else None, currency)


def worded(
    message: Message,
    regime: str,
    day: dt.date,
    *,
    bills: Collection[int] = (),
    unsubscribe: str = "",
    reference: str = "",
) -> tuple[TemplateVersion, Values]:
    """The wording that fits, and what it is filled with. Raises ``NotNow`` as ``write`` does."""
    due = []
    if asking.asks_for_money(message.content):
        due = asking.asked(message.party, message.creditor, message.content, day, bills=bills)
        if not due and (bills or message.content in CONTENTS_THAT_PRESS):
            raise NotNow("settle", "settled")
    try:
        version = _version(message, regime, day)
        return version, asking.values(
            message.party,
            due,
            channel=message.channel,
            case=message.case,
            by=message.by,
            given=message.given,
            unsubscribe=unsubscribe,
            reference=reference,
        )
    except Refusal as refusal:
        raise NotNow("refuse", refusal.code, refusal.sentence) from refusal


def _version(message: Message, regime: str, day: dt.date) -> TemplateVersion:
    """The wording it was written with, while it is approved; else the one that fits today."""
    pinned = message.template
    if pinned is not None and pinned.state == TemplateVersion.State.APPROVED:
        return pinned
    return choose(
        message.channel,
        message.content,
        message.recipient,
        str(message.given.get("level", "") or asking.level_of(message.party, message.creditor)),
        str(message.given.get("customer_class", "") or message.party.customer_class),
        asking.language_of(message.party),
        day,
        regime=regime,
        occasion=message.occasion,
    )


def contact_of(message: Message) -> Contact | None:
    """The way it goes, as it stands now. Raises ``NotNow`` when it turned out to be wrong meanwhile."""
    contact = Contact.objects.filter(pk=message.contact).first() if message.contact else None
    if contact is not None and contact.validity == Contact.Validity.INVALID:
        raise NotNow("refuse", "contact_invalid", str(_("This contact turned out to be wrong. Choose another.")))
    return contact


def ask(message: Message, contact: Contact | None, *, line: str = "") -> Attempt:
    """The guard, at this moment; its receipt is kept whatever it says. Raises ``NotNow`` with its reason."""
    wish = Wish(
        party=message.party,
        channel=message.channel,
        content=message.content,
        creditor=message.creditor,
        contact=contact,
        value="" if contact else message.value,
        recipient=message.recipient,
        line=line,
        by=message.by,
        automated=message.source != Source.PERSON,
        case=message.case,
    )
    attempt = guard.ask(wish, source=message.source)
    if attempt.answer == Answer.ALLOWED:
        return attempt
    Message.objects.filter(pk=message.pk).update(attempt=attempt)
    message.attempt = attempt
    reason = guard.reason_of(attempt)
    if attempt.answer == Answer.REFUSED and attempt.earliest_at is not None:
        raise NotNow("hold", "guard_later", reason, due_at=attempt.earliest_at)
    raise NotNow("refuse", "guard_" + attempt.answer, reason)


def parcel(message: Message, written: Written, provider: Provider, attachments: tuple[Attachment, ...] = ()) -> Parcel:
    return Parcel(
        to=message.value,
        key=str(message.key),
        subject=written.subject,
        body=written.body,
        template_code=written.version.name if written.version else "",
        template_params=written.values,
        unsubscribe=routing.unsubscribe(message, provider),
        attachments=attachments,
    )
