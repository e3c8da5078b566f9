"""Messages and what came back, as lists show them. Every list walks an index and is sliced by whoever shows it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from liangqing.outreach.kinds import Channel
from liangqing.outreach.lifecycle import DUE, MessageState
from liangqing.outreach.models import Dispatch, Incoming, LetterBatch, Message, Posting, Provider

MOST_COUNTED = 1_000


def of_customer(parties: Sequence[int]) -> QuerySet[Message]:
    """All messages to a customer (given by all its numbers), the last first."""
    return _with_all(Message.objects.filter(party__in=parties)).order_by("-id")


def answers_of(parties: Sequence[int]) -> QuerySet[Incoming]:
    """What a customer wrote, the last first."""
    return Incoming.objects.filter(party__in=parties).select_related("message", "handled_by").order_by("-at", "-id")


def unhandled() -> QuerySet[Incoming]:
    """What came in and nobody has dealt with yet, the oldest first."""
    return Incoming.objects.filter(handled_at=None).select_related("party", "message").order_by("came_at", "id")


def doubtful() -> QuerySet[Message]:
    """Messages in doubt that wait for a person: nobody will look at them again by himself. Oldest first."""
    rows = Message.objects.filter(state=MessageState.DOUBTFUL, due_at=None)
    return _with_all(rows).order_by("claimed_at", "id")


def queue(channel: str = "") -> QuerySet[Message]:
    """What waits to leave, in the order it will; by one channel, or by all but letters, which wait to be printed."""
    rows = Message.objects.filter(state__in=DUE)
    if channel == Channel.LETTER:
        return _with_all(rows.filter(channel=Channel.LETTER)).order_by("due_at", "id")
    rows = rows.exclude(channel=Channel.LETTER)
    return _with_all(rows.filter(channel=channel) if channel else rows).order_by("-priority", "due_at", "id")


def latest(*, state: str = "", channel: str = "", dispatch: Dispatch | None = None) -> QuerySet[Message]:
    """All messages, the last first, or those of a state, a channel, a dispatch."""
    rows = Message.objects.all() if dispatch is None else Message.objects.filter(dispatch=dispatch)
    rows = rows.filter(state=state) if state else rows
    return _with_all(rows.filter(channel=channel) if channel else rows).order_by("-id")


def waiting_by_channel() -> dict[str, int]:
    """How many wait by each channel, for the overview; counting stops at a thousand."""
    counts: dict[str, int] = {}
    for rows in (queue(), queue(Channel.LETTER)):
        for channel in rows[:MOST_COUNTED].values_list("channel", flat=True):
            counts[channel] = counts.get(channel, 0) + 1
    return counts


def letters_of(batch: LetterBatch) -> QuerySet[Posting]:
    """The letters of a batch in their order."""
    found = Posting.objects.filter(batch=batch).select_related(
        "message__party", "message__creditor", "message__attempt"
    )
    return found.order_by("place")


def stopped_providers() -> QuerySet[Provider]:
    """Providers that were stopped, by somebody or by themselves."""
    return Provider.objects.filter(active=True, stopped_at__isnull=False).select_related("stopped_by")


def _with_all(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.select_related("party", "creditor", "by", "provider", "dispatch", "said__template", "attempt")
