"""What the night's tasks let the system send by itself: reminders and letters, each asked of the guard when it leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db import transaction

from liangqing import policy
from liangqing.cases.actions import tasks
from liangqing.cases.events import NightMessagesHeld
from liangqing.cases.lifecycle import TaskState
from liangqing.cases.models import Task
from liangqing.cases.queries.given import given, signed
from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.nightly.events import NightRun
from liangqing.outreach.actions import messages
from liangqing.outreach.actions.messages import Want
from liangqing.outreach.events import MessageMoved
from liangqing.outreach.lifecycle import MessageState
from liangqing.outreach.models import Message, Source
from liangqing.outreach.queries.freshness import demand_fresh
from liangqing.outreach.queries.reach import contacts_for
from liangqing.policy import Policy
from liangqing.trail.actions.tell import tell

TABLE, STEP = "case.sending", "night"
SENDABLE = ("remind_before_due", "remind", "ask_and_remind", "send_letter")
"""What a message can do as well as a person; the table knows these actions alone."""


@action
@clause("P3 4.1.1", "P3 3.3.1")
def write(date: dt.date) -> int:
    """Write the messages of a night's tasks, as the table case.sending says; how many are new. Written again they are the
    same messages. The worker sends them once the guard has said yes; who has no contact for it stays with the collector.

    Raises ``Refusal`` (``receipts_stale``, 409) when money received has not been entered lately.
    """
    rules = policy.in_force(date)
    if not _sends_anything(rules):
        return 0
    wanted: dict[str, list[tuple[Task, str]]] = {}
    for task, channel, content in _chosen(date, rules):
        wanted.setdefault(channel, []).append((task, content))
    for content in {content for found in wanted.values() for _task, content in found}:
        demand_fresh(content)
    return sum(
        messages.write_many(_wants(date, channel, found), by=None, source=Source.NIGHT)
        for channel, found in sorted(wanted.items())
    )


def after(event: NightRun) -> None:
    """With the night of today itself its messages are written; those of a day gone by are not made up for. What keeps
    them from being written is told, and the night stands."""
    date = dt.date.fromisoformat(event.date)
    if date != clock.today():
        return
    try:
        with transaction.atomic():  # a savepoint: what is refused takes nothing of the night with it
            write(date)
    except Refusal as refusal:
        tell(NightMessagesHeld(thing_id=event.thing_id, date=event.date, reason=refusal.code), by=None)


def _sends_anything(rules: Policy) -> bool:
    every = (rules, *(variant.policy for variant in rules.variants))
    return any(row.then["channel"] != "none" for each in every for row in each.tables[TABLE].rows)


def _chosen(date: dt.date, rules: Policy) -> Iterator[tuple[Task, str, str]]:
    open_now = Task.objects.filter(state=TaskState.OPEN, created_on=date, action__in=SENDABLE)
    for task in open_now.select_related("party__merged_into", "creditor", "case__owner", "owner").order_by("id"):
        party = task.party
        own = rules.of(party.pk, line=task.creditor.code, place=party.country, debtor=party.kind)
        level = task.case.level if task.case else "none"
        graded = task.case.customer_class if task.case else ""
        facts = {"action": task.action, "level": level, "customer_class": graded or "unclassified"}
        row = own.tables[TABLE].decide(facts)
        if row.then["channel"] != "none":
            yield task, row.then["channel"], row.then["content"]


def _wants(date: dt.date, channel: str, found: list[tuple[Task, str]]) -> Iterator[Want]:
    contacts = contacts_for([task.party for task, _content in found], channel)
    known = given(task.case for task, _content in found if task.case)
    for task, content in found:
        contact = contacts.get(task.party.merged_into_id or task.party_id)
        if contact is not None:
            yield Want(
                party=task.party,
                creditor=task.creditor,
                channel=channel,
                content=content,
                contact=contact,
                step=f"{STEP}:{task.action}",
                case=task.case.number if task.case else "",
                occasion="before_due" if task.action == "remind_before_due" else "",
                given=known.get(task.case_id or 0, {}) | signed(task.case.owner if task.case else task.owner),
                day=date,
            )


def went_out(event: MessageMoved) -> None:
    """The task a message stood for is done when it went out."""
    if event.state != MessageState.SENT:
        return
    row = Message.objects.filter(pk=event.thing_id, source=Source.NIGHT).first()
    if row is None or not row.step.startswith(f"{STEP}:"):
        return
    open_task = Task.objects.filter(
        party=row.party_id, creditor=row.creditor_id, state=TaskState.OPEN, action=row.step.partition(":")[2]
    ).first()
    if open_task is not None:
        tasks.finish(open_task, by=None)
