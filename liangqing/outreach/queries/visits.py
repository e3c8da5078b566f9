"""Rounds and visits as they are asked for: whose, of which week, and which signatures begin limitation anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from liangqing.outreach.models import Met, Round, Visit, VisitFile
from liangqing.parties.models import Party
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.receivables.models import Receipt

WEEK = dt.timedelta(days=7)


def rounds(user: User) -> QuerySet[Round]:
    """The rounds this person may see: those of the people within reach, and those planned by them."""
    if not can(user, "case.see"):
        return Round.objects.none()
    people = reach(user)
    if people is None:
        return Round.objects.all()
    goes = Round.people.through.objects.filter(round=OuterRef("pk"), user__in=people)
    return Round.objects.filter(Exists(goes) | Q(planned_by__in=people))


def visits(user: User) -> QuerySet[Visit]:
    """The visits of those rounds."""
    found = Visit.objects.all() if can(user, "case.see") else Visit.objects.none()
    return found if reach(user) is None else found.filter(stop__round__in=rounds(user))


def signed_on(parties: Sequence[int], creditor_id: int) -> list[dt.date]:
    """Days on which the customer signed for a notice at the door: a demand that is proven to have arrived (民法典 195). For
    a company whoever works for it signs."""
    own = Q(met=Met.SELF) | Q(met__in=(Met.COLLEAGUE, Met.REPRESENTATIVE), party__kind=Party.Kind.COMPANY)
    found = Visit.objects.filter(own, party__in=parties, creditor=creditor_id, signed=True)
    return list(found.values_list("on", flat=True))


def monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


@dataclass(frozen=True)
class Line:
    """One line of the weekly report 下乡汇报: an area and a person, or an area, or all. Amounts in minor units by currency;
    money whose receipt was reversed since is not in them."""

    area: str
    person: str
    households: int
    signed: int
    unsigned: int
    payers: int
    principal: tuple[tuple[int, str], ...]
    interest: tuple[tuple[int, str], ...]
    intending: int
    promised: tuple[tuple[int, str], ...]
    lapsed: int
    nobody: int
    departing: int
    """Visits with a picture that says another time or place."""


DEPARTS = Exists(VisitFile.objects.filter(visit=OuterRef("pk")).exclude(departs=[]))
"""Whether a picture of a visit says another time or place."""


def report(found: QuerySet[Visit], week: dt.date) -> list[Line]:
    """The week of a Monday, by area and person; the last line is the whole, where there is anything.

    A household that was visited twice counts twice: each visit was made.
    """
    reversed_since = Exists(Receipt.objects.filter(reverses=OuterRef("receipt")))
    lines = (
        of_week(found, week)
        .annotate(gone=reversed_since, departs=DEPARTS)
        .values("stop__round__area", "by__name", "by", "currency")
        .order_by("stop__round__area", "by__name", "by")
        .annotate(
            households=Count("pk"),
            signed_for=Count("pk", filter=Q(signed=True)),
            payers=Count("pk", filter=Q(receipt__isnull=False, gone=False)),
            capital=Coalesce(Sum("principal", filter=Q(gone=False)), 0),
            yields=Coalesce(Sum("interest", filter=Q(gone=False)), 0),
            intending=Count("pk", filter=Q(intends=True)),
            pledged=Coalesce(Sum("promised"), 0),
            barred=Count("pk", filter=Q(lapsed=True)),
            nobody=Count("pk", filter=Q(met="nobody")),
            departing=Count("pk", filter=Q(departs=True)),
        )
    )
    parts: dict[tuple[str, int, str], list[Mapping[str, Any]]] = {}
    for each in lines:
        parts.setdefault((each["stop__round__area"], each["by"], each["by__name"]), []).append(each)
    told = [_line(area, name, rows) for (area, _by, name), rows in parts.items()]
    everything = [row for rows in parts.values() for row in rows]
    return [*told, _line("", "", everything)] if told else []


def of_week(found: QuerySet[Visit], week: dt.date) -> QuerySet[Visit]:
    return found.filter(on__gte=week, on__lt=week + WEEK)


def _line(area: str, person: str, rows: Sequence[Mapping[str, Any]]) -> Line:
    def count(name: str) -> int:
        return sum(int(row[name]) for row in rows)

    def amounts(name: str) -> tuple[tuple[int, str], ...]:
        found: dict[str, int] = {}
        for row in rows:
            if row[name]:
                found[str(row["currency"])] = found.get(str(row["currency"]), 0) + int(row[name])
        return tuple((amount, currency) for currency, amount in sorted(found.items()))

    return Line(
        area=area,
        person=person,
        households=count("households"),
        signed=count("signed_for"),
        unsigned=count("households") - count("signed_for"),
        payers=count("payers"),
        principal=amounts("capital"),
        interest=amounts("yields"),
        intending=count("intending"),
        promised=amounts("pledged"),
        lapsed=count("barred"),
        nobody=count("nobody"),
        departing=count("departing"),
    )
