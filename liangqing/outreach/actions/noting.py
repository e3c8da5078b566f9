"""What a receipt of a provider makes of a message: sent, tried again, passed on, in doubt, or given up."""

from __future__ import annotations

import datetime as dt
import random

from liangqing import policy
from liangqing.kit import clock
from liangqing.outreach.actions import guard
from liangqing.outreach.actions.messages import move
from liangqing.outreach.channels.failing_over import Next, next_step
from liangqing.outreach.channels.sending import Fault, Receipt, State
from liangqing.outreach.models import Message, Provider
from liangqing.outreach.rules.facts import Outcome
from liangqing.outreach.rules.sending import wait_s
from liangqing.parties.actions import contacts
from liangqing.parties.models import Contact

ASK_AFTER = dt.timedelta(minutes=1)
"""How long after an answer was lost the provider is asked."""
_WRONG_ADDRESS = ("bad_address", "bad_number", "no_mobile", "5.1.1", "5.1.2", "5.1.3", "5.1.10")
"""Codes that say the address itself is wrong, whoever sends."""


def noted(row: Message, provider: Provider, receipt: Receipt) -> None:
    """What a receipt makes of a claimed message. The guard's receipt is concluded with it: what certainly did not go out
    did not take place, what may have gone out counts."""
    step, now = next_step(receipt, provider.moves_on), clock.now()
    said = f"{receipt.code} {receipt.sentence}".strip()
    reason = receipt.code or str(receipt.fault)
    if step is Next.DONE:
        _conclude(row, Outcome.SENT, said)
        move(row, "send", reason="", sent_at=row.attempt.at if row.attempt else now, their_id=receipt.provider_id[:200])
    elif step is Next.ASK or receipt.state is State.UNKNOWN:
        after = dt.timedelta(seconds=receipt.retry_after_s) if receipt.retry_after_s else ASK_AFTER
        move(row, "doubt", reason=reason, said=said, due_at=now + after)
    elif step is Next.MOVE_ON and row.tries < _most_tries():
        _conclude(row, Outcome.CALLED_OFF, said)
        move(row, "put back", reason=reason, said=said, passed_over=[*row.passed_over, provider.pk], due_at=now)
    elif step in (Next.RETRY, Next.MOVE_ON) or receipt.fault is Fault.ACCOUNT:
        _conclude(row, Outcome.CALLED_OFF, said)
        _again(row, receipt, reason, said)
    else:
        _conclude(row, Outcome.FAILED, said)
        move(row, "fail", reason=reason, said=said, ended_at=now)
        if receipt.fault is Fault.RECIPIENT and reason in _WRONG_ADDRESS:
            wrong_address(row)


def _again(row: Message, receipt: Receipt, reason: str, said: str) -> None:
    """Later, with the wait doubling; after as many tries as the term says a person looks."""
    terms, now = policy.in_force(clock.today()).terms, clock.now()
    if row.tries >= _most_tries():
        move(row, "fail", reason=reason, said=said, ended_at=now)
        return
    first_s = 60.0 * int(terms["outreach.first_retry_minutes"])
    seconds = wait_s(row.tries, first_s, random.random(), least_s=receipt.retry_after_s)
    move(row, "put back", reason=reason, said=said, due_at=now + dt.timedelta(seconds=seconds), passed_over=[])


def _most_tries() -> int:
    return int(policy.in_force(clock.today()).terms["outreach.most_tries"])


def _conclude(row: Message, outcome: str, said: str) -> None:
    attempt = row.attempt
    if attempt is not None and attempt.outcome in (Outcome.OPEN, Outcome.SENT):
        guard.conclude(attempt, outcome, told=outcome, detail=said)


def wrong_address(row: Message) -> None:
    """The contact is no good, unless somebody has corrected or verified it since the message left."""
    if row.contact is None:
        return
    contact = Contact.objects.filter(pk=row.contact, value_index=bytes(row.value_index)).first()
    if contact is None or contact.validity == Contact.Validity.INVALID:
        return
    if contact.verified_on is not None and contact.verified_on > row.day:
        return
    contacts.verify(contact, validity=Contact.Validity.INVALID, by=None)
