"""Grace as it stands: what a case was given, what runs, what is asked for, what the policy still allows."""

from __future__ import annotations

import datetime as dt

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum

from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Request
from liangqing.approvals.queries.inbox import pending
from liangqing.cases.models import Case, Grace
from liangqing.cases.queries.governing import governing
from liangqing.kit import clock

ACT, SUBJECT = "case.grace", "case"
"""What approvals call it, and the kind of its subject."""


def running(case: Case) -> Grace | None:
    """The grace that holds today or is still to come; of several the one that ends last."""
    return Grace.objects.filter(case=case, until_on__gt=clock.today()).order_by("-until_on").first()


def asked_for(case: Case) -> Request | None:
    """The request for grace that waits for approval, or for change."""
    return pending(ACT, SUBJECT, case.pk).select_related("requested_by").first()


def starts_on(case: Case) -> dt.date:
    """The first day of grace that could be given now: today, or the day the one that runs ends."""
    now = running(case)
    return now.until_on if now else clock.today()


def days_before(case: Case) -> int:
    """How many days of grace the case was given so far."""
    return _days(Grace.objects.filter(case=case).aggregate(days=Sum(F("until_on") - F("from_on")))["days"])


def days_left(case: Case) -> int:
    """How many more days of grace the policy of today allows this case, earlier ones counted."""
    return most_days(case) - days_before(case)


def most_days(case: Case) -> int:
    """How many days of grace the policy of today allows the case in all (term ``grace.most_days``)."""
    return int(governing(case).terms["grace.most_days"])


def with_grace(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with what a page shows of grace, in the same query: ``grace_until`` (of the one that runs), ``grace_had``
    (as ``had`` reads it), ``grace_request`` (the number of the one asked for) and ``grace_state`` of that."""
    given = Grace.objects.filter(case=OuterRef("pk"))
    asked = Request.objects.filter(
        act=ACT,
        subject_kind=SUBJECT,
        subject_id=OuterRef("pk"),
        state__in=(RequestState.OPEN, RequestState.RETURNED),
    )
    total = given.order_by().values("case").annotate(days=Sum(F("until_on") - F("from_on"))).values("days")
    return cases.annotate(
        grace_until=Subquery(given.filter(until_on__gt=clock.today()).order_by("-until_on").values("until_on")[:1]),
        grace_had=Subquery(total),
        grace_request=Subquery(asked.values("number")[:1]),
        grace_state=Subquery(asked.values("state")[:1]),
    )


def last_day(case: Case) -> dt.date | None:
    """The last day of grace a case of ``with_grace`` could be given; None when the policy allows no more."""
    left = most_days(case) - _days(case.grace_had)  # type: ignore[attr-defined]
    first: dt.date = case.grace_until or clock.today()  # type: ignore[attr-defined]
    return first + dt.timedelta(days=left - 1) if left > 0 else None


def _days(total: dt.timedelta | int | None) -> int:
    return total.days if isinstance(total, dt.timedelta) else int(total or 0)
