"""The worker's go: what is due leaves, once, after everything was asked again. docs/sending.md says what is promised.

For each message, in this order:

1. One transaction: the row is locked, everything is asked again (``preparing``), the guard's receipt is written and the
   row becomes *claimed*, under the key it has borne since it was written. It commits.
2. The stop switch is asked once more, a place in the provider's limits is taken.
3. Outside any transaction the parcel is handed over.
4. One transaction: what came of it is noted, and the guard's receipt concluded.

A worker that dies between 1 and 4 leaves a claimed row; ``doubts.resolve`` takes it over.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.actions import guard, preparing, providers, switches
from liangqing.outreach.actions.messages import move
from liangqing.outreach.actions.noting import noted
from liangqing.outreach.actions.preparing import Busy, Ready
from liangqing.outreach.actions.routing import NotNow
from liangqing.outreach.channels import carriers, pace
from liangqing.outreach.channels.failing_over import stops_provider
from liangqing.outreach.channels.sending import Carrier, Fault, Parcel, Receipt, rejected, unknown
from liangqing.outreach.kinds import Channel
from liangqing.outreach.lifecycle import DUE, MessageState
from liangqing.outreach.models import Message, Provider, ProviderPace
from liangqing.outreach.rules.facts import Outcome

_log = logging.getLogger(__name__)

Hear = Callable[[str, Message], None]
"""Told at each point of a message's way: claiming, claimed, handed over, noted. Tests die there."""

AT_ONCE = 8
"""Messages handed over beside each other."""
MOST = 5_000
"""In one go; the next go takes the next ones."""
BEGIN_S = 50.0
"""After so long no further message of this go is begun."""
PATIENT_S = 5.0
"""Longer than this nobody waits for a place in a provider's limits; the message waits instead."""


def nobody(_point: str, _message: Message) -> None:
    """Hears nothing."""


class Go:
    """One go of one worker."""

    def __init__(self, hear: Hear = nobody, *, begin_s: float = BEGIN_S) -> None:
        self.hear = hear
        self.name = f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.end = time.monotonic() + begin_s
        self.counts: Counter[str] = Counter()
        self.closed: set[str] = set()
        """Channels whose provider can take nothing more in this go."""
        self.resting: dict[int, dt.datetime] = {}
        """Providers that asked to be left alone, and until when."""

    def run(self, most: int = MOST) -> dict[str, int]:
        """Send what is due; how many came to stand where."""
        with ThreadPoolExecutor(AT_ONCE) as carrying:
            found = True
            while found and sum(self.counts.values()) < most and time.monotonic() < self.end:
                under_way: list[tuple[Ready, Future[Receipt]]] = []
                for _turn in range(AT_ONCE):
                    found, ready = self.claim()
                    if not found:
                        break
                    if ready is not None and self.may_go(ready):
                        under_way.append((ready, carrying.submit(hand_over, carrier_of(ready.provider), ready.parcel)))
                if under_way:  # one of them may go to its next provider
                    found = True
                for ready, future in under_way:
                    receipt = future.result()
                    self.hear("handed over", ready.message)
                    self.note(ready.message, ready.provider, receipt)
                    self.hear("noted", ready.message)
        return dict(self.counts)

    def claim(self) -> tuple[bool, Ready | None]:
        """The next message that is due: whether there was one, and it, claimed, if it may leave."""
        row: Message | None = None
        try:
            with transaction.atomic():
                row = self._due()
                if row is None:
                    return False, None
                gathered = preparing.gather(row)
                row = gathered.message
                try:
                    ready = preparing.prepare(gathered, self.wait)
                except NotNow as told:
                    self.instead(row, told)
                    return True, None
                move(
                    row,
                    "claim",
                    reason="",
                    provider=ready.provider,
                    attempt=ready.attempt,
                    claimed_at=clock.now(),
                    claimed_by=self.name,
                    tries=row.tries + 1,
                    asked=0,
                )
                self.hear("claiming", row)
        except Busy as busy:
            if busy.seconds <= PATIENT_S:
                time.sleep(busy.seconds)
            else:
                self.closed.add(busy.channel)
            return True, None
        except Exception as broken:
            if row is None or isinstance(broken, OperationalError | InterfaceError):  # the database, not the message
                raise
            _log.exception("%s can't be prepared", row.number)
            self._set_aside(row, type(broken).__name__)
            return True, None
        self.hear("claimed", row)
        return True, ready

    @transaction.atomic
    def _set_aside(self, message: Message, what: str) -> None:
        """One that breaks the house's own work is left to a person, so that the others go on."""
        row = Message.objects.select_for_update().filter(pk=message.pk, state__in=DUE).first()
        if row is not None:
            move(row, "fail", reason="broken", said=what, ended_at=clock.now())
            self.counts[row.state] += 1

    def _due(self) -> Message | None:
        due = Message.objects.filter(state__in=DUE, due_at__lte=clock.now()).exclude(channel=Channel.LETTER)
        if self.closed:
            due = due.exclude(channel__in=self.closed)
        found = (
            switches.let_through(due)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("party__merged_into", "creditor", "template__template", "by")
            .order_by("-priority", "due_at", "id")
        )
        return found.first()

    def instead(self, row: Message, told: NotNow) -> None:
        """What becomes of a message that does not leave now."""
        waits = told.name in ("hold", "put back")
        changes: dict[str, Any] = {"due_at": told.due_at} if waits else {"ended_at": clock.now()}
        if told.reason == "no_provider":
            changes["passed_over"] = []
        move(row, told.name, reason=told.reason, said=told.said, **changes)
        self.counts[row.state] += 1

    def wait(self, provider: Provider) -> float:
        """How many seconds a provider can take nothing: it asked to be left alone, or its limits are reached."""
        now = clock.now()
        rest = max((self.resting.get(provider.pk, now) - now).total_seconds(), 0.0)
        row = ProviderPace.objects.filter(provider=provider).first()
        if row is None:
            return rest
        standing = pace.Standing(row.second_at, row.minute_at, row.day, row.used)
        return max(rest, pace.take(standing, provider.limits, now, clock.zone())[1])

    def may_go(self, ready: Ready) -> bool:
        """The last questions before the hand-over: is it stopped, is there room. What may not go waits again."""
        for _again in range(_PLACES):
            if switches.stops(ready.message):
                self._release(ready.message, "stopped")
                return False
            seconds = providers.take_place(ready.provider)
            if not seconds:
                return True
            if seconds > PATIENT_S:
                break
            time.sleep(seconds)
        self._release(ready.message, "limits_reached")
        return False

    @transaction.atomic
    def _release(self, message: Message, reason: str) -> None:
        """It was claimed, and nothing was handed over."""
        row = locked(message, self.name)
        if row is not None:
            if row.attempt is not None:
                guard.conclude(row.attempt, Outcome.CALLED_OFF, told=reason)
            move(row, "put back", reason=reason, tries=row.tries - 1, due_at=clock.now())
            self.counts[row.state] += 1

    def note(self, message: Message, provider: Provider, receipt: Receipt) -> None:
        """Write down what came of handing it over, or of asking what became of it."""
        if stops_provider(receipt):
            providers.stop_after(provider, receipt)
        if receipt.fault is Fault.BUSY and receipt.retry_after_s:
            self.resting[provider.pk] = clock.now() + dt.timedelta(seconds=receipt.retry_after_s)
        with transaction.atomic():
            row = locked(message, self.name)
            if row is None:  # a delivery report was faster, or another worker took it over
                return
            noted(row, provider, receipt)
            self.counts[row.state] += 1


_PLACES = 20


def carrier_of(provider: Provider) -> Carrier | None:
    """What sends for a provider; None when its settings can't be used."""
    try:
        return carriers.of(provider)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the others go on
        _log.exception("The provider %s can't be used", provider.name)
        return None


def hand_over(carrier: Carrier | None, parcel: Parcel) -> Receipt:
    """In a thread of its own. A carrier never raises for what a network does; whatever else happens, nobody knows whether
    it went out."""
    if carrier is None:
        return rejected("bad_settings", _("The settings of this provider can't be used. Correct them."), Fault.ACCOUNT)
    try:
        return carrier.send(parcel)
    except Exception as broken:  # noqa: BLE001 - a broken carrier must not keep the others waiting
        _log.exception("A carrier broke")
        return unknown("broken", type(broken).__name__, fault=Fault.REQUEST)
    finally:
        connection.close()


def locked(message: Message, name: str) -> Message | None:
    """The row, if it is still ours."""
    found = Message.objects.select_for_update(of=("self",)).select_related("attempt", "party", "creditor")
    return found.filter(pk=message.pk, state=MessageState.CLAIMED, claimed_by=name).first()


def go(hear: Hear = nobody, *, most: int = MOST) -> dict[str, int]:
    """Resolve what is in doubt, then send what is due."""
    from liangqing.outreach.actions import doubts

    this = Go(hear)
    doubts.resolve(this)
    return this.run(most)
