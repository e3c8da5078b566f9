"""Mailboxes read into the house: what mail servers say goes to the messages, what people write to the customers."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import deliveries, incoming
from liangqing.outreach.channels import carriers, inbox
from liangqing.outreach.channels.imap import MailboxFailed, Mark
from liangqing.outreach.channels.kinds import Kind
from liangqing.outreach.models import MailboxMark, Provider

FIRST_DAYS = dt.timedelta(days=7)
"""How far back a mailbox is read the first time."""
MOST_GOES = 20
_WRITTEN_BY_SOMEBODY = (inbox.Kind.REPLY, inbox.Kind.AUTOMATIC, inbox.Kind.OTHER)
_log = logging.getLogger(__name__)


def read_all() -> dict[str, int]:
    """Read what is new in every mailbox; how many mails were read and how many mailboxes failed."""
    counts = {"read": 0, "failed": 0}
    for provider in Provider.objects.filter(kind=Kind.IMAP, active=True, stopped_at__isnull=True):
        try:
            counts["read"] += read(provider)
        except MailboxFailed as failed:
            _log.warning("The mailbox %s can't be read: %s", provider.name, failed.receipt.code)
            counts["failed"] += 1
    return counts


def read(provider: Provider) -> int:
    """Read what is new in a mailbox; each mail, and how far it was read, in a transaction of its own. Raises
    ``MailboxFailed``."""
    mailbox, envelope, count = carriers.mailbox(provider), carriers.envelope(provider), 0
    MailboxMark.objects.get_or_create(provider=provider)
    for _go in range(MOST_GOES):
        mark = MailboxMark.objects.get(provider=provider)
        fetched = mailbox.fetch(Mark(mark.validity, mark.uid), first_day=clock.today() - FIRST_DAYS)
        for uid, raw in fetched.mails:
            _take_mail(provider, inbox.read(raw, envelope), fetched.mark.validity, uid)
            count += 1
        reached = {"validity": fetched.mark.validity, "uid": fetched.mark.uid, "read_at": clock.now()}
        MailboxMark.objects.filter(provider=provider).update(**reached)
        if not fetched.more:
            break
    return count


def _take_mail(provider: Provider, mail: inbox.Incoming, validity: int, uid: int) -> None:
    """One that breaks our own work is passed over, so that the others are read."""
    try:
        with transaction.atomic():
            if mail.kind in _WRITTEN_BY_SOMEBODY:
                incoming.wrote(provider, mail)
            else:
                deliveries.mailed(provider, mail)
            MailboxMark.objects.filter(provider=provider).update(validity=validity, uid=uid)
    except (ValueError, Refusal):
        _log.exception("Mail %s of %s can't be taken in", uid, provider.name)
