"""Figures for those who lead: how old debts are, how they move, who keeps what was promised, who carries how much.

All read the small sums of the nights (see models.tally) or rows found by person and day, so that no answer takes longer
as the portfolio grows; and all show only people ``rights.reach`` allows. Somebody who reaches everything also sees what
nobody answers for (person None). Periods are half-open: since, until. Amounts are minor units, currencies never added;
shares are basis points, rounded down, None of nothing.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Sum

from liangqing import policy
from liangqing.cases.lifecycle import PromiseState, TaskState
from liangqing.cases.models import Collected, Load, Promise, Record, Roll, Tally, Task
from liangqing.cases.rules.tallies import NEW, PAID
from liangqing.people.models import Department, User
from liangqing.people.rights import reach
from liangqing.receivables.rules.lateness import BUCKETS


@dataclass(frozen=True)
class Who:
    """A person and a department, as a line of a table names them; None where there is none."""

    person_id: int | None
    person: str
    department_id: int | None
    department: str


@dataclass(frozen=True)
class Band:
    """What stands in one age band."""

    bucket: str
    obligors: int
    bills: int
    amount: int


@dataclass(frozen=True)
class Ageing:
    """What one person answers for in one currency; ``bands`` in the order of ``BUCKETS``, all of them."""

    who: Who
    currency: str
    bands: tuple[Band, ...]
    obligors: int
    bills: int
    amount: int
    asked: int
    late: int
    late_bp: int | None


@dataclass(frozen=True)
class Morning:
    """What a department's people answered for on one date, in one currency; ``amounts`` in the order of ``BUCKETS``."""

    date: dt.date
    department_id: int | None
    department: str
    currency: str
    amounts: tuple[int, ...]
    bills: tuple[int, ...]
    asked: int
    late: int
    late_bp: int | None


@dataclass(frozen=True)
class Move:
    """What went from a band to another (or stands there still, where both are one), and its share of the row."""

    to_bucket: str
    bills: int
    amount: int
    bills_bp: int | None
    amount_bp: int | None


@dataclass(frozen=True)
class Rolls:
    """A row of the matrix: all that ever stood in a band in the period, and where it went.

    ``moves`` are in the order of ``BUCKETS``, then paid; they add up to ``bills`` and ``amount``. What came from nowhere
    is the row ``new``.
    """

    currency: str
    from_bucket: str
    bills: int
    amount: int
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Promised:
    """Promises a person took down: given in the period; and those judged in it. ``kept_bp`` is kept of judged."""

    who: Who
    given: int
    kept: int
    partly: int
    broken: int
    kept_bp: int | None


@dataclass(frozen=True)
class Contacts:
    """Contacts a person recorded, by result code; what was corrected later counts as corrected."""

    who: Who
    records: int
    results: Mapping[str, int]


@dataclass(frozen=True)
class Carried:
    """What a person has to do, as the last night found it. ``load`` is cases for a full capacity (100)."""

    who: Who
    cases: int
    tasks: int
    points: int
    capacity: int
    load: int | None
    late: Mapping[str, int] = field(default_factory=dict)
    oldest_task_on: dt.date | None = None
    last_seen_on: dt.date | None = None
    drowns: bool = False
    sleeps: bool = False


@dataclass(frozen=True)
class Income:
    """What came from customers whose case the person had, in one currency."""

    who: Who
    currency: str
    receipts: int
    amount: int


def last_night(on: dt.date) -> dt.date | None:
    """The last date up to ``on`` whose sums there are."""
    lasts = [model.objects.filter(date__lte=on).aggregate(last=Max("date"))["last"] for model in (Tally, Load)]
    return max((date for date in lasts if date), default=None)


def ageing(user: User, on: dt.date) -> list[Ageing]:
    """What stood open on the last night up to ``on``, by department and person, currency by currency."""
    night = last_night(on)
    if night is None:
        return []
    rows = (
        _within(Tally.objects.filter(date=night), user)
        .values("department", "owner", "currency", "bucket")
        .annotate(*(Sum(name) for name in ("obligors", "bills", "amount", "asked", "late")))
    )
    lines: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        lines[row["owner"], row["department"], row["currency"]].append(row)
    names = _Names((owner for owner, _home, _currency in lines), (home for _owner, home, _currency in lines))
    found = []
    for (owner, home, currency), cells in lines.items():
        by_bucket = {cell["bucket"]: cell for cell in cells}
        total = {name: sum(cell[f"{name}__sum"] for cell in cells) for name in ("obligors", "bills", "amount")}
        asked, late = (sum(cell[f"{name}__sum"] for cell in cells) for name in ("asked", "late"))
        found.append(
            Ageing(
                who=names.who(owner, home),
                currency=currency,
                bands=tuple(
                    Band(bucket, *(by_bucket[bucket][f"{name}__sum"] for name in ("obligors", "bills", "amount")))
                    if bucket in by_bucket
                    else Band(bucket, 0, 0, 0)
                    for bucket in BUCKETS
                ),
                **total,
                asked=asked,
                late=late,
                late_bp=_share(late, asked),
            )
        )
    return sorted(found, key=lambda line: (*_order(line.who), line.currency))


def mornings(
    user: User, until: dt.date, *, nights: int = 60, by_department: bool = True, person: int | None = None
) -> list[Morning]:
    """The last ``nights`` dates before ``until``, oldest first: ageing (for a stacked chart) and the late share.

    Not ``by_department``: all departments together, with department_id None. ``person``: what this person answers for.
    """
    since = until - dt.timedelta(days=nights)
    keys = ("date", "department", "currency") if by_department else ("date", "currency")
    nightly = Tally.objects.filter(date__gte=since, date__lt=until)
    rows = (
        _within(nightly if person is None else nightly.filter(owner=person), user)
        .values(*keys, "bucket")
        .annotate(*(Sum(name) for name in ("bills", "amount", "asked", "late")))
    )
    points: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        points[row["date"], row.get("department"), row["currency"]][row["bucket"]] = row
    names = _Names((), (home for _date, home, _currency in points))
    found = []
    for (date, home, currency), cells in points.items():
        asked, late = (sum(cell[f"{name}__sum"] for cell in cells.values()) for name in ("asked", "late"))
        amounts, bills = (
            tuple(cells[bucket][f"{name}__sum"] if bucket in cells else 0 for bucket in BUCKETS)
            for name in ("amount", "bills")
        )
        found.append(
            Morning(date, home, names.department(home), currency, amounts, bills, asked, late, _share(late, asked))
        )
    return sorted(found, key=lambda point: (point.date, point.department_id or 0, point.currency))


def rolls(user: User, since: dt.date, until: dt.date) -> list[Rolls]:
    """The roll matrix 迁徙 of the nights in the period, a row a band and currency.

    A row is everything that stood in the band at any time in the period, and where it went: to another band, to be
    paid, or nowhere (from the band to itself: there on the last night). So a row adds up, and its shares to the whole. A
    bill that went through two bands is in both their rows.
    """
    rows = _within(Roll.objects.filter(date__gte=since, date__lt=until), user)
    last = rows.aggregate(last=Max("date"))["last"]
    cells: dict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in rows.values("currency", "from_bucket", "to_bucket").annotate(
        count=Sum("bills"),
        money=Sum("amount"),
        count_there=Sum("bills", filter=Q(date=last), default=0),
        money_there=Sum("amount", filter=Q(date=last), default=0),
    ):
        currency, came, went = row["currency"], row["from_bucket"], row["to_bucket"]
        if came != went:
            cells[currency, came][went] = row["count"], row["money"]
        if went != PAID:
            count, money = cells[currency, went].get(went, (0, 0))
            cells[currency, went][went] = count + row["count_there"], money + row["money_there"]
    found = []
    for (currency, came), to in cells.items():
        bills, amount = (sum(cell[place] for cell in to.values()) for place in (0, 1))
        moves = tuple(
            Move(went, count, money, _share(count, bills), _share(money, amount))
            for went in (*BUCKETS, PAID)
            for count, money in [to.get(went, (0, 0))]
        )
        found.append(Rolls(currency, came, bills, amount, moves))
    order = {bucket: place for place, bucket in enumerate((NEW, *BUCKETS))}
    return sorted(found, key=lambda row: (row.currency, order[row.from_bucket]))


def promised(user: User, since: dt.date, until: dt.date) -> list[Promised]:
    """Promises by the person who took them down: given in the period, and kept, partly kept or broken in it."""
    mine = _within(Promise.objects.all(), user, "by")
    judged = (PromiseState.KEPT, PromiseState.PARTLY, PromiseState.BROKEN)
    counts: dict[int | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    given = mine.filter(promised_on__gte=since, promised_on__lt=until)
    for person, count in given.values_list("by").annotate(count=Count("id")):
        counts[person]["given"] = count
    fates = mine.filter(judged_on__gte=since, judged_on__lt=until, state__in=judged)
    for person, state, count in fates.values_list("by", "state").annotate(count=Count("id")):
        counts[person][state] = count
    names = _Names(counts)
    return sorted(
        (
            Promised(
                names.who(person),
                said["given"],
                said["kept"],
                said["partly"],
                said["broken"],
                _share(said["kept"], said["kept"] + said["partly"] + said["broken"]),
            )
            for person, said in counts.items()
        ),
        key=lambda row: _order(row.who),
    )


def contacts(user: User, since: dt.date, until: dt.date) -> list[Contacts]:
    """Contacts by the person who recorded them, and by result code of the policy's table case.result."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = _within(Record.objects.filter(contacted_on__gte=since, contacted_on__lt=until), user, "by")
    standing = rows.filter(corrected_by=None)
    for person, result, count in standing.values_list("by", "result").annotate(count=Count("id")).order_by("result"):
        found[person][result] = count
    names = _Names(found)
    lines = (Contacts(names.who(person), sum(results.values()), results) for person, results in found.items())
    return sorted(lines, key=lambda row: _order(row.who))


def carried(user: User, on: dt.date) -> list[Carried]:
    """What each person has to do, as the last night up to ``on`` found it; who drowns in it, and who sleeps.

    ``drowns``: the load is more than the policy's overview.drowns_over_percent of the median of all who have cases and
    capacity. ``sleeps``: there are cases or tasks, and for overview.sleeps_after_days no record and no finished task.
    """
    night = last_night(on)
    if night is None:
        return []
    terms = policy.in_force(on).terms
    rows = list(Load.objects.filter(date=night).values("owner", "department", "cases", "tasks", "points"))
    people = User.objects.in_bulk([row["owner"] for row in rows if row["owner"]])
    loads = {
        row["owner"]: row["cases"] * 100 // people[row["owner"]].capacity
        for row in rows
        if row["owner"] and people[row["owner"]].capacity
    }
    busy = [load for load in loads.values() if load]
    middle = statistics.median(busy) if busy else 0
    seen = reach(user)
    shown = [row for row in rows if seen is None or row["owner"] in seen]
    late: dict[int | None, dict[str, int]] = defaultdict(dict)
    for person, currency, amount in (
        _within(Tally.objects.filter(date=night, late__gt=0), user)
        .values_list("owner", "currency")
        .annotate(amount=Sum("late"))
        .order_by("currency")
    ):
        late[person][currency] = amount
    days = _days([row["owner"] for row in shown if row["owner"]], on)
    names = _Names((), (row["department"] for row in shown), known=people)
    found = []
    for row in shown:
        person, load = row["owner"], loads.get(row["owner"])
        oldest, active = days.get(person, (None, None))
        idle = active is None or (on - active).days >= terms["overview.sleeps_after_days"]
        found.append(
            Carried(
                who=names.who(person, row["department"]),
                cases=row["cases"],
                tasks=row["tasks"],
                points=row["points"],
                capacity=people[person].capacity if person else 0,
                load=load,
                late=late[person],
                oldest_task_on=oldest,
                last_seen_on=active,
                drowns=load is not None and load * 100 > middle * terms["overview.drowns_over_percent"],
                sleeps=person is not None and bool(row["cases"] or row["tasks"]) and idle,
            )
        )
    return sorted(found, key=lambda row: _order(row.who))


def collected(user: User, since: dt.date, until: dt.date) -> list[Income]:
    """Money the nights of the period found new in the books, by the person who had the customer's case when it came."""
    rows = list(
        _within(Collected.objects.filter(date__gte=since, date__lt=until), user)
        .values_list("owner", "currency")
        .annotate(count=Sum("receipts"), money=Sum("amount"))
    )
    names = _Names(person for person, *_rest in rows)
    lines = (Income(names.who(person), currency, count, money) for person, currency, count, money in rows)
    return sorted(lines, key=lambda row: (*_order(row.who), row.currency))


def _days(people: list[int], on: dt.date) -> dict[int | None, tuple[dt.date | None, dt.date | None]]:
    """By person: the day of the oldest open task, and the last day with a record or a finished task, up to ``on``."""
    own = OuterRef("pk")
    tasks = Task.objects.filter(owner=own).order_by()
    open_ones = tasks.filter(state=TaskState.OPEN).order_by("created_on").values("created_on")[:1]
    done = tasks.filter(state=TaskState.DONE, ended_on__lte=on).order_by("-ended_on").values("ended_on")[:1]
    records = Record.objects.filter(by=own, contacted_on__lte=on).order_by("-contacted_on").values("contacted_on")[:1]
    rows = (
        User.objects.filter(pk__in=people)
        .annotate(oldest=Subquery(open_ones), done=Subquery(done), recorded=Subquery(records))
        .values_list("pk", "oldest", "done", "recorded")
    )
    return {
        person: (oldest, max((day for day in (done_on, contacted_on) if day), default=None))
        for person, oldest, done_on, contacted_on in rows
    }


def _within(rows: QuerySet[Any], user: User, person: str = "owner") -> QuerySet[Any]:
    people = reach(user)
    return rows if people is None else rows.filter(**{f"{person}__in": people})


def _share(part: int, whole: int) -> int | None:
    return part * 10_000 // whole if whole > 0 else None


def _order(who: Who) -> tuple[Any, ...]:
    """By department, then person; what belongs to nobody last."""
    return who.department_id is None, who.department_id or 0, who.person_id is None, who.person_id or 0


class _Names:
    """Names of people and departments, each looked up once. A person's department is today's unless one is given."""

    def __init__(
        self,
        people: Iterable[int | None],
        departments: Iterable[int | None] = (),
        known: Mapping[int, User] | None = None,
    ) -> None:
        self._people = User.objects.in_bulk({person for person in people if person}) if known is None else known
        homes = {home for home in departments if home} | {
            person.department_id for person in self._people.values() if person.department_id
        }
        self._departments = Department.objects.in_bulk(homes)

    def department(self, home: int | None) -> str:
        return self._departments[home].name if home else ""

    def who(self, person: int | None, home: int | None = None) -> Who:
        found = self._people[person] if person else None
        home = home or (found.department_id if found else None)
        return Who(person, found.name if found else "", home, self.department(home))
