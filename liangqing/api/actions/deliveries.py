"""The outbox: what the trail tells becomes messages to webhooks, and these are sent until they arrive.

1. An act tells the trail inside its own transaction; what is rolled back was never told, so nothing is sent of it.
2. ``collect`` reads the entries that are sealed since the last time. Whatever a sealed block covers is complete: no entry
   with a lower id can still be committed. Nothing is told twice and nothing is left out.
3. ``deliver`` sends each webhook its messages in order, the webhooks beside each other: one whose receiver is slow or
   dead keeps no other waiting. A message that does not arrive holds up the later ones of its webhook, is tried again
   after 1 and 5 minutes, half an hour, 2 and 12 hours, and is given up then.

A message may arrive twice (the answer got lost); its number, ``Liangqing-Delivery``, stays the same.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import httpx
from django.db import connection, transaction
from django.db.models import Max

from liangqing.api.actions.webhooks import networks
from liangqing.api.events import TOLD, DeliveryTriedAgain
from liangqing.api.lifecycle import DELIVERY, DeliveryState
from liangqing.api.models import Delivery, Place, Webhook
from liangqing.api.queries.telling import told
from liangqing.api.rules import addresses, retries, signature
from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.people.models import User
from liangqing.people.rights import can, demand
from liangqing.trail.actions.seal import seal
from liangqing.trail.actions.tell import tell
from liangqing.trail.models import Block, Entry

Came = tuple[int | None, str]
"""What came of a try: the status of the answer, and a code of what went wrong, empty when the message arrived."""

MOST_EVENTS = 500
"""In one message."""
_CHUNK = 5_000
"""Entries looked at in one transaction."""
_MOST_MESSAGES = 20
"""To one webhook in one go."""
_AT_ONCE = 16
"""Webhooks sent to beside each other."""
_TIMEOUT = httpx.Timeout(10, connect=5)
_PATIENCE_S = 15.0
"""For one message, from finding the host to the answer: a receiver that gives a byte now and then is slow too."""
_BEGIN_S = 30.0
"""After so long no further message of this go is begun, so that the next go is not kept waiting."""


def collect() -> int:
    """Make messages of what the trail tells since the last time; returns how many."""
    seal()
    until = Block.objects.aggregate(last=Max("last_id"))["last"] or 0
    made = 0
    while True:
        with transaction.atomic():
            place = Place.objects.select_for_update().filter(pk=1).first()
            if place is None or place.last_entry >= until:
                return made
            hooks = list(Webhook.objects.filter(active=True, client__active=True).select_related("client__user"))
            entries = list(
                Entry.objects.filter(id__gt=place.last_entry, id__lte=until, event__in=TOLD).order_by("id")[:_CHUNK]
                if hooks
                else ()
            )
            made += len(Delivery.objects.bulk_create(_messages(hooks, entries)))
            place.last_entry = entries[-1].pk if len(entries) == _CHUNK else until
            place.save()


def _messages(hooks: list[Webhook], entries: list[Entry]) -> Iterator[Delivery]:
    events = dict(zip((entry.pk for entry in entries), told(entries), strict=True))
    for hook in hooks:
        wanted = [entry for entry in entries if TOLD[entry.event] in hook.events and entry.pk > hook.from_entry]
        seen = _seen(hook.client.user, wanted)
        own = [events[entry.pk] for entry in wanted if entry.thing_id in seen[entry.thing]]
        for start in range(0, len(own), MOST_EVENTS):
            some = own[start : start + MOST_EVENTS]
            yield Delivery(
                webhook=hook,
                first_entry=some[0]["id"],
                last_entry=some[-1]["id"],
                count=len(some),
                events=some,
                made_at=clock.now(),
                next_try_at=clock.now(),
            )


def _seen(user: User, entries: list[Entry]) -> dict[str, set[int]]:
    """Of the things the entries are about, those this user may see, by kind."""
    about: dict[str, set[int]] = {}
    for entry in entries:
        about.setdefault(entry.thing, set()).add(entry.thing_id)
    kinds = {"alert": visible.alerts, "case": visible.cases, "promise": visible.promises}
    seen = {"night": about.get("night", set()) if can(user, "night.see") else set()}
    for kind, rows in kinds.items():
        seen[kind] = set(rows(user).filter(pk__in=about[kind]).values_list("pk", flat=True)) if kind in about else set()
    written = [entry for entry in entries if entry.thing in ("message", "incoming")]
    customers = {entry.party_id for entry in written if entry.party_id is not None}
    shown = set(visible.parties(user).filter(pk__in=customers).values_list("pk", flat=True)) if customers else set()
    for kind in ("message", "incoming"):
        seen[kind] = {entry.thing_id for entry in written if entry.thing == kind and entry.party_id in shown}
    return seen


def deliver() -> dict[str, int]:
    """Send what is due; returns how many messages were sent and how many tries failed. Does nothing while another
    process is sending."""
    counts = {"sent": 0, "failed": 0}
    with _alone() as free:
        if not free:
            return counts
        hooks = {hook.pk: hook for hook in Webhook.objects.filter(active=True, client__active=True).order_by("id")}
        waiting = deque(hook for hook in hooks.values() if _next(hook) is not None)
        turns: Counter[int] = Counter()
        under_way: dict[Future[Came], tuple[Webhook, Delivery]] = {}
        end = time.monotonic() + _BEGIN_S
        with ThreadPoolExecutor(_AT_ONCE) as senders:
            while waiting or under_way:
                while waiting and len(under_way) < _AT_ONCE:
                    hook = waiting.popleft()
                    message = _next(hook) if time.monotonic() < end else None
                    if message is not None:
                        turns[hook.pk] += 1
                        under_way[senders.submit(_post, *_letter(hook, message))] = (hook, message)
                done, _others = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    hook, message = under_way.pop(future)
                    arrived = _note(hook, message, *future.result())
                    counts["sent" if arrived else "failed"] += 1
                    if arrived and turns[hook.pk] < _MOST_MESSAGES:
                        waiting.append(hook)
    return counts


def _next(hook: Webhook) -> Delivery | None:
    """The message whose turn it is, if it is due."""
    message = hook.deliveries.filter(state=DeliveryState.WAITING).order_by("id").first()
    return message if message is not None and message.next_try_at <= clock.now() else None


def _letter(hook: Webhook, message: Delivery) -> tuple[str, list[addresses.Network], dict[str, str], bytes]:
    """A message ready to go: the senders know neither database nor settings."""
    body = json.dumps({"delivery": message.pk, "events": message.events}, ensure_ascii=False).encode()
    now = clock.now()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Liangqing",
        "Liangqing-Delivery": str(message.pk),
        "Liangqing-Signature": signature.sign(hook.secrets(now), int(now.timestamp()), body),
    }
    return hook.url, networks(), headers, body


def _note(hook: Webhook, message: Delivery, status: int | None, error: str) -> bool:
    """Write down what came of a try; whether it arrived."""
    tries = message.tries + 1
    if not error:
        DELIVERY.move(message, "send", tries=tries, last_status=status, last_error="", sent_at=clock.now())
        return True
    due = retries.next_try(tries, clock.now())
    changes: dict[str, Any] = {"tries": tries, "last_status": status, "last_error": error}
    if due is None:
        DELIVERY.move(message, "give up", **changes)
    else:
        hook.deliveries.filter(pk=message.pk, state=DeliveryState.WAITING).update(**changes, next_try_at=due)
    return False


def _post(url: str, allowed: list[addresses.Network], headers: dict[str, str], body: bytes) -> Came:
    """Try once. Redirects are not followed."""
    try:
        target = addresses.check(url, allowed)
    except addresses.NotAllowed as reason:
        return None, str(reason)
    try:
        status = asyncio.run(asyncio.wait_for(_answer(target, headers, body), _PATIENCE_S))
    except (httpx.TimeoutException, TimeoutError):
        return None, "timeout"
    except (httpx.HTTPError, httpx.InvalidURL):
        return None, "no_connection"
    return status, "" if 200 <= status < 300 else "not_accepted"


async def _answer(target: addresses.Target, headers: dict[str, str], body: bytes) -> int:
    """The status of the answer; what else it says is nobody's business, and may be without end."""
    extensions = {"sni_hostname": target.host} if target.scheme == "https" else {}
    headers = {"Host": target.host_header, **headers}
    async with (
        httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", target.url, content=body, headers=headers, extensions=extensions) as answer,
    ):
        return answer.status_code


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('liangqing deliveries'))")
        (free,) = cursor.fetchone()
    try:
        yield bool(free)
    finally:
        if free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('liangqing deliveries'))")


@action
def try_again(message: Delivery, by: User) -> None:
    """Send a message that was given up once more, with all its tries. Raises ``Refusal``: ``not_allowed``, ``moved_on``."""
    demand(by, "api.manage")
    DELIVERY.move(message, "try again", tries=0, next_try_at=clock.now())
    tell(DeliveryTriedAgain(thing_id=message.pk, url=message.webhook.url, count=message.count), by=by)
