"""What became of what left: delivery reports of text messages, and what mail servers say of mails.

The same report may come twice, late, or before the worker has noted that it handed the message over; and a provider may
speak of what it never had. Nothing here fails because of that.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.outreach.actions import guard, incoming
from liangqing.outreach.actions.messages import move
from liangqing.outreach.actions.noting import wrong_address
from liangqing.outreach.channels import carriers, inbox, sms
from liangqing.outreach.channels.calls import CallEvent
from liangqing.outreach.channels.inbox import Kind
from liangqing.outreach.lifecycle import MESSAGE
from liangqing.outreach.models import AttemptEvent, Message, Provider
from liangqing.outreach.rules.facts import Outcome

_NO_SUCH = ("5.1", "5.2.1")
"""Enhanced statuses (RFC 3463) that say the address itself is wrong, or closed."""


def called(
    provider: Provider, *, token: str, headers: Mapping[str, str], body: bytes
) -> tuple[dict[str, Any], list[CallEvent]]:
    """A provider's callback: reports and answers are taken in. Returns what it wants to hear, and events of calls for
    whoever keeps those.

    Raises ``carriers.NotFromProvider`` (answer 403), header names in small letters expected.
    """
    told = carriers.called(provider, token=token, headers=headers, body=body, at=clock.now())
    for report in told.messages.reports:
        reported(provider, report)
    for reply in told.messages.replies:
        incoming.texted(provider, reply)
    return told.answer, told.calls


@action
@clause("P3 4.2.4")
def reported(provider: Provider, report: sms.Report) -> Message | None:
    """One delivery report; the message it is about, None when it is none of ours."""
    row = _row(provider, key=report.key, their_id=report.provider_id)
    if row is None:
        return None
    said = f"{report.code} {report.sentence}".strip()
    if report.state is sms.Delivery.DELIVERED:
        _arrived(row, report.at, said)
    elif report.state is sms.Delivery.FAILED:
        _ended(row, "fail", report.at, report.code or "not_delivered", said)
    else:
        _remember(row, "reported", report.at, said)
    return row


@action
@clause("P3 4.2.4")
def mailed(provider: Provider, mail: inbox.Incoming) -> Message | None:
    """What a mail server says of one of our mails; a permanent failure of the address marks the contact. None when it is
    about none of ours."""
    row = _row(provider, key=mail.key)
    if row is None:
        return None
    said = f"{mail.status} {mail.diagnostic}".strip()
    if mail.kind is Kind.DELIVERED:
        _arrived(row, mail.at, said)
    elif mail.kind is Kind.BOUNCE:
        _ended(row, "bounce", mail.at, mail.status or "bounced", said)
        if mail.permanent and mail.status.startswith(_NO_SUCH):
            wrong_address(row)
    else:
        _remember(row, str(mail.kind), mail.at, said)
    return row


def _row(provider: Provider, *, key: str = "", their_id: str = "") -> Message | None:
    """The message, locked. A key names it among all of the provider's channel, their number among those it was given."""
    rows = Message.objects.select_for_update(of=("self",)).select_related("attempt", "party")
    if key:
        try:
            return rows.filter(key=uuid.UUID(key), channel=provider.channel).first()
        except ValueError:
            return None
    if not their_id:
        return None
    return rows.filter(their_id=their_id, provider=provider).order_by("-id").first()


def _arrived(row: Message, at: dt.datetime | None, said: str) -> None:
    _conclude(row, Outcome.DELIVERED, at, said)
    if row.state in MESSAGE.named("deliver").sources:
        when = _instant(row, at)
        move(row, "deliver", reason="", said=said, ended_at=when, sent_at=row.sent_at or when)


def _ended(row: Message, name: str, at: dt.datetime | None, reason: str, said: str) -> None:
    _conclude(row, Outcome.FAILED, at, said)
    if row.state in MESSAGE.named(name).sources:
        move(row, name, reason=reason, said=said, ended_at=_instant(row, at))


def _conclude(row: Message, outcome: str, at: dt.datetime | None, said: str) -> None:
    attempt = row.attempt
    if attempt is None:
        return
    moves_on = attempt.outcome in (Outcome.OPEN, Outcome.SENT) or (
        attempt.outcome == Outcome.DELIVERED and outcome == Outcome.FAILED
    )
    if moves_on:
        guard.conclude(attempt, outcome, at=_instant(row, at), told=outcome, detail=said)
        attempt.refresh_from_db()
    elif attempt.outcome != outcome:
        _remember(row, outcome, at, said)


def _remember(row: Message, told: str, at: dt.datetime | None, said: str) -> None:
    if row.attempt is not None:
        AttemptEvent.objects.create(
            attempt=row.attempt, at=_instant(row, at), told=told[:24], detail_stored=sealing.seal(said)
        )


def _instant(row: Message, at: dt.datetime | None) -> dt.datetime:
    """When it happened: as told, where that can be."""
    now = clock.now()
    return at if at is not None and row.written_at <= at <= now else now
