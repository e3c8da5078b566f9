"""The file of a case or customer: all that happened, by date; and what a person did in a day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Case as Choice
from django.db.models import Count, JSONField, Model, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import JSONObject

from liangqing.approvals.models import Request
from liangqing.cases import words
from liangqing.cases.lifecycle import CaseStage
from liangqing.cases.models import Case, Grace, Promise, Record, Task
from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.parties.models import Party
from liangqing.parties.queries.members import members
from liangqing.people.models import User
from liangqing.receivables.models import Receipt
from liangqing.trail.models import Entry
from liangqing.warning.models import Alert


@dataclass(frozen=True)
class Happening:
    """One line of the file. ``kind`` is record, promise, alert, task, case or what else the trail names the thing;
    ``record``, ``promise`` and ``alert`` are the row itself where the line is about one."""

    entry: int
    at: dt.datetime
    day: dt.date
    kind: str
    event: str
    words: str
    by: User | None
    facts: Mapping[str, Any]
    record: Record | None = None
    promise: Promise | None = None
    alert: Alert | None = None
    thing_id: int = 0


def timeline(
    subject: Case | Party, limit: int = 100, *, before: int | None = None, own: Sequence[int] = ()
) -> list[Happening]:
    """What happened, the latest first; ``before`` (an ``entry``) continues where a page ended. ``own`` are the ids of the
    customer's numbers, where they are known. Three queries, however long it is.

    The trail of the customer is the order: every act has one entry there. The file of a case leaves out what only
    concerns other cases of the customer. A record is told with its corrections (``record.corrected_by``).
    """
    case = subject if isinstance(subject, Case) else None
    parties = [subject.party_id] if isinstance(subject, Case) else own or members(subject)
    entries = Entry.objects.filter(party_id__in=parties)
    if case:
        entries = entries.filter(_of_case(case))
    if before is not None:
        entries = entries.filter(id__lt=before)
    found = list(
        entries.annotate(
            actor=_beside(User, OuterRef("actor_id"), _PERSON),
            promise=Choice(When(thing="promise", then=_beside(Promise, OuterRef("thing_id"), _PROMISE))),
            alert=Choice(When(thing="alert", then=_beside(Alert, OuterRef("thing_id"), _ALERT))),
        ).order_by("-id")[:limit]
    )
    written = [entry.thing_id for entry in found if entry.thing == "record"]
    records = {
        row.pk: row
        for row in Record.objects.filter(pk__in=written)
        .select_related("by", "contact", "promise", "case", "corrected_by__by")
        .prefetch_related("attachments")
    }
    return [
        Happening(
            entry=entry.id,
            at=entry.at,
            day=entry.day,
            kind=entry.thing,
            event=entry.event,
            words=words.event(entry.event),
            by=_made(User, entry.actor),
            facts=entry.facts,
            record=records.get(entry.thing_id) if entry.thing == "record" else None,
            promise=_made(Promise, entry.promise),
            alert=_made(Alert, entry.alert),
            thing_id=entry.thing_id,
        )
        for entry in found
    ]


_PERSON = ("id", "username", "name")
_PROMISE = ("id", "case", "currency", "amount", "promised_on", "due_on", "state")
_ALERT = ("id", "party", "creditor", "currency", "level", "raised_on", "amount", "days_late")
"""What of these rows is read along with the entries that tell of them; the rest is read when somebody asks for it."""

Row = TypeVar("Row", bound=Model)


def _beside(model: type[Model], pk: OuterRef, fields: Sequence[str]) -> Subquery:
    """One row of another table beside each entry, found by its id."""
    columns = {model._meta.get_field(name).attname: name for name in fields}  # type: ignore[union-attr]
    found = model._default_manager.filter(pk=pk).values(found=JSONObject(**columns))
    return Subquery(found, output_field=JSONField())


def _made(model: type[Row], row: Mapping[str, Any] | None) -> Row | None:
    """The row as an object of its model."""
    if row is None:
        return None
    known = [field for field in model._meta.concrete_fields if field.attname in row]
    values = [field.to_python(row[field.attname]) for field in known]
    return model.from_db(None, [field.attname for field in known], values)


def _of_case(case: Case) -> Q:
    """Entries about this case, its tasks, records and promises, and those about no case at all."""
    others = Case.objects.filter(party_id=case.party_id).exclude(pk=case.pk).values("id")
    return ~(
        Q(thing="case", thing_id__in=others)
        | Q(thing="task", thing_id__in=Task.objects.filter(case__in=others).values("id"))
        | Q(thing="record", thing_id__in=Record.objects.filter(case__in=others).values("id"))
        | Q(thing="promise", thing_id__in=Promise.objects.filter(case__in=others).values("id"))
        | Q(thing="grace", thing_id__in=Grace.objects.filter(case__in=others).values("id"))
        | Q(thing="approval", thing_id__in=_asked_of(others))
        | Q(thing="alert", thing_id__in=Alert.objects.filter(_of_others(case)).values("id"))
    )


def _asked_of(cases: QuerySet[Case, Any]) -> QuerySet[Request, Any]:
    """Requests for approval about these cases."""
    return Request.objects.filter(subject_kind="case", subject_id__in=cases).values("id")


def _of_others(case: Case) -> Q:
    """Alerts of the customer towards other creditors."""
    return Q(party_id=case.party_id) & ~Q(creditor_id=case.creditor_id)


def meanwhile(record: Record) -> list[Record]:
    """Records of the case that others had written before this one without its author knowing of them, oldest first."""
    found = Record.objects.filter(case_id=record.case_id, id__gt=record.seen or 0, id__lt=record.pk)
    return list(found.exclude(by_id=record.by_id).select_related("by").order_by("id"))


def last_record(case: Case) -> int | None:
    """The id of the last record of a case: what a page hands back as ``seen``."""
    return Record.objects.filter(case=case).order_by("-id").values_list("id", flat=True).first()


@dataclass(frozen=True)
class Today:
    """What a person did in a day: records by result, tasks finished, promises taken, and money come in on his cases."""

    on: dt.date
    records: Mapping[str, int]
    finished: int
    promises: int
    promised: tuple[Money, ...]
    collected: tuple[Money, ...] = field(default=())

    @property
    def contacts(self) -> int:
        return sum(self.records.values())


def today(user: User, on: dt.date | None = None) -> Today:
    """The day so far, or another day. Collected is what was received on the day from customers whose open case with
    that creditor is the person's now (or was closed on that day), less reversals; currencies apart."""
    on = on or clock.today()
    written = Record.objects.filter(by=user, contacted_on=on, corrected_by__isnull=True)
    given = Promise.objects.filter(by=user, promised_on=on).exclude(state="replaced")
    mine = Case.objects.filter(owner=user).filter(Q(stage=CaseStage.OPEN) | Q(closed_on=on))
    received: Counter[str] = Counter()
    pairs = Receipt.objects.filter(received_on=on, party_id__in=mine.values("party_id"))
    mine_of = set(mine.filter(party_id__in=pairs.values("party_id")).values_list("party_id", "creditor_id"))
    for row in pairs.values("party_id", "creditor_id", "currency").annotate(total=Sum("amount")):
        if (row["party_id"], row["creditor_id"]) in mine_of:
            received[row["currency"]] += row["total"]
    promised = given.values("currency").annotate(total=Sum("amount"), count=Count("id")).order_by("currency")
    sums = list(promised)
    return Today(
        on=on,
        records=dict(written.values_list("result").annotate(Count("id")).order_by("result")),
        finished=Task.objects.filter(owner=user, state="done", ended_on=on).count(),
        promises=sum(row["count"] for row in sums),
        promised=tuple(Money(row["total"], row["currency"]) for row in sums),
        collected=tuple(Money(received[code], code) for code in sorted(received) if received[code]),
    )
