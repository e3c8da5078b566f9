"""What a person may see: the rows all pages, searches, exports and endpoints start from.

Somebody who reaches only some people's work sees the cases they own or owned, the tasks they have, and of customers and
money what belongs to those, or names one of them as seller.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast

from liangqing.cases.models import Case, Promise, Task
from liangqing.parties.models import Party
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.receivables.models import Bill, Receipt, Unsettled
from liangqing.receivables.queries.bills import bill_list
from liangqing.receivables.queries.moved import moved
from liangqing.warning.models import Alert

Thing = TypeVar("Thing", bound=Model)


def cases(user: User) -> QuerySet[Case]:
    people = reach(user)
    found = Case.objects.all() if can(user, "case.see") else Case.objects.none()
    return found if people is None else found.filter(owner__in=people)


def tasks(user: User) -> QuerySet[Task]:
    people = reach(user)
    found = Task.objects.all() if can(user, "case.see") else Task.objects.none()
    return found if people is None else found.filter(owner__in=people)


def promises(user: User) -> QuerySet[Promise]:
    people = reach(user)
    found = Promise.objects.all() if can(user, "case.see") else Promise.objects.none()
    return found if people is None else found.filter(case__owner__in=people)


_FEW = 30_000
"""So many customers are named one by one."""


def _of(user: User, field: str) -> Q:
    """The condition that ``field`` names a customer this person may see."""
    people = reach(user)
    if people is None:
        return Q()
    own, asked, sold = _ways(people)
    return Q(**{f"{field}__in": own}) | Q(**{f"{field}__in": asked}) | Q(**{f"{field}__in": sold})


def _ways(people: Collection[int]) -> tuple[QuerySet[Any], ...]:
    """The customers of these people: by a case, by a task, by a bill they sold."""
    return (
        Case.objects.filter(owner__in=people).values_list("party_id"),
        Task.objects.filter(owner__in=people, state="open").values_list("party_id"),
        Bill.objects.filter(seller__in=people).values_list("party_id"),
    )


def _few(people: Collection[int]) -> set[int] | None:
    """The customers of these people; None where they are too many to be named."""
    enough = 2 * _FEW + 1  # most turn up twice: by their case and by its task
    own, asked, sold = (way[:enough] for way in _ways(people))
    some = list(own.union(asked, sold, all=True)[:enough])
    found = {party for (party,) in some}
    return found if len(some) < enough and len(found) <= _FEW else None


def _things(rows: QuerySet[Thing], user: User, *, listed: bool) -> QuerySet[Thing]:
    """Those of the customers this person may see. To be ``listed`` in order, the customers are named, which takes a query
    of its own: the database then knows how many they are, and whether to gather their things or to go through
    everybody's in that order."""
    people = reach(user)
    if people is None:
        return rows
    if not listed:
        return rows.filter(_of(user, "party_id"))
    few = _few(people)
    return _met(rows, people) if few is None else rows.filter(_of_these(few))


def _met(rows: QuerySet[Thing], people: Collection[int]) -> QuerySet[Thing]:
    """Those of very many customers are met soon in any order: of each that comes it is asked whose it is."""
    own, asked, sold = (Subquery(way.filter(party_id=OuterRef("party_id"))[:1]) for way in _ways(people))
    whose: QuerySet[Any] = rows.alias(own=own, asked=asked, sold=sold)
    return whose.filter(Q(own__isnull=False) | Q(asked__isnull=False) | Q(sold__isnull=False))


def _of_these(parties: Collection[int]) -> Q:
    """The condition to be of these customers, given as one text: thousands of values would take long to put together."""
    array = Cast(Value(f"{{{','.join(map(str, sorted(parties)))}}}"), ArrayField(BigIntegerField()))
    return Q(_OneOf(F("party_id"), array))


def _one_of(rows: QuerySet[Any]) -> Q:
    """The condition to be one of these, which are looked up first."""
    return Q(_OneOf(F("pk"), ArraySubquery(rows.values("pk"))))


def open_bills(
    user: User, on: dt.date, *, asking: bool = False, most: int | None = None
) -> tuple[QuerySet[Bill], bool]:
    """The bills this person may see among which to look for those of which something is left on a day (``asking``: that
    ask for money), and whether they are just these, which can be told without going through all bills: of few customers
    what the night found unsettled, and of those of whom anything has moved since what the books say.

    Where no more than ``most`` are wanted, of those due longest, the others may be left out."""
    people = reach(user)
    if people is None or not can(user, "bill.see"):
        return bills(user), False
    if (few := _few(people)) is None:
        return _met(Bill.objects.all(), people), False
    if (movers := moved(on)) is None:
        # Gathered first: in the order of all bills the settled ones of others would be passed one by one.
        return Bill.objects.filter(_one_of(Bill.objects.filter(_of_these(few)))), False
    unsettled = Unsettled.objects.filter(_of_these(few - movers))
    found = _one_of((unsettled.filter(asks=True) if asking else unsettled).order_by("due_on", "pk")[:most])
    if restless := few & movers:
        theirs = bill_list(Bill.objects.filter(party_id__in=restless), as_of=on, open_only=True, late_only=asking)
        found |= _one_of(theirs.order_by("due_on", "pk")[:most])
    return Bill.objects.filter(found), True


class _OneOf(Func):
    """``pk = ANY(array)``."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def parties(user: User) -> QuerySet[Party]:
    found = Party.objects.all() if can(user, "customer.see") else Party.objects.none()
    if reach(user) is None:
        return found
    mine = _of(user, "id")
    # Who sees a number that turned out to be a duplicate sees the customer it is.
    merged = Party.objects.filter(mine, merged_into__isnull=False)
    return found.filter(mine | Q(id__in=merged.values("merged_into_id")))


def bills(user: User, *, listed: bool = False) -> QuerySet[Bill]:
    return _things(Bill.objects.all() if can(user, "bill.see") else Bill.objects.none(), user, listed=listed)


def receipts(user: User, *, listed: bool = False) -> QuerySet[Receipt]:
    return _things(Receipt.objects.all() if can(user, "bill.see") else Receipt.objects.none(), user, listed=listed)


def alerts(user: User) -> QuerySet[Alert]:
    """Those of the customers this person may see, and those addressed to this very person."""
    found = Alert.objects.all() if can(user, "warning.see") else Alert.objects.none()
    return found if reach(user) is None else found.filter(_of(user, "party_id") | Q(recipients__contains=[user.pk]))
