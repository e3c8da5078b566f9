"""The bell: what concerns this very person and waits: warnings addressed to them and not acknowledged, requests that wait
for their decision, answers to what they requested, promises of their cases that were broken and cases that became theirs
since they last looked, what they started and is finished, what the institution must do by a day they answer for."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from liangqing.approvals.models import Request
from liangqing.approvals.queries import inbox
from liangqing.cases import events as case_events
from liangqing.cases.lifecycle import CaseStage, PromiseState
from liangqing.cases.models import Case, Promise
from liangqing.imports.events import FileImported, ImportUndone
from liangqing.kit import clock
from liangqing.nightly.events import NightRun
from liangqing.nightly.models import Run
from liangqing.outreach.models import Incoming
from liangqing.parties.models import Deadline
from liangqing.parties.queries.deadlines import ringing
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.trail.models import Entry
from liangqing.warning.models import Alert
from liangqing.workbench.models import NightOrder, Upload

MOST = 99
"""Counted no further, and shown no further of a kind."""
_FIRST_LOOK = dt.timedelta(days=7)
"""How far back somebody sees who never looked."""
_STARTED = (FileImported.name, ImportUndone.name, NightRun.name)
_CAME = (case_events.CASE_OPENED, case_events.CASE_ASSIGNED)


@dataclass(frozen=True)
class Waiting:
    """What waits for a person, newest first, at most ``MOST`` of a kind."""

    alerts: list[Alert]
    requests: list[Request]
    answered: list[Request]
    broken: list[Promise]
    cases: list[Case]
    finished: list[Entry]
    refused_uploads: list[Upload]
    refused_nights: list[NightOrder]
    answers: list[Incoming]
    deadlines: list[Deadline]

    def __len__(self) -> int:
        kinds: tuple[list[Any], ...] = (
            self.alerts, self.requests, self.answered, self.broken, self.cases, self.finished, self.refused_uploads, self.refused_nights,
            self.answers, self.deadlines,
        )  # fmt: skip
        return sum(len(kind) for kind in kinds)


def seen(user: User) -> dt.datetime:
    """Until when this person has seen what the bell told."""
    return user.bell_seen_at or clock.now() - _FIRST_LOOK


def look(user: User, until: dt.datetime) -> None:
    """The person has seen what was told until then; never put back, never ahead of now."""
    until = min(until, clock.now())
    User.objects.filter(Q(bell_seen_at=None) | Q(bell_seen_at__lt=until), pk=user.pk).update(bell_seen_at=until)


def count(user: User) -> int | str:
    """How much waits, or ``99+``. At most three queries, each by an index and to a limit."""
    since = seen(user)
    parts = [rows.order_by().annotate(found=F("id")).values("found")[: MOST + 1] for rows in _news(user, since)]
    number = len(parts[0].union(*parts[1:], all=True)[: MOST + 1]) if parts else 0
    if _starts(user) and number <= MOST:
        number += len(_finished(user, since))
    return f"{MOST}+" if number > MOST else number


def waiting(user: User) -> Waiting:
    """All that waits, to be shown."""
    since = seen(user)
    sees, starts = can(user, "case.see"), _starts(user)
    return Waiting(
        alerts=list(_alerts(user).select_related("party").defer("party__search").order_by("-id")[:MOST])
        if can(user, "warning.see")
        else [],
        requests=list(inbox.asked(user).select_related("requested_by").order_by("due_on", "id")[:MOST]),
        answered=list(inbox.answered(user, since).select_related("decided_by").order_by("-decided_at")[:MOST]),
        broken=list(_broken(user, since).select_related("case__party").order_by("-judged_on", "-id")[:MOST])
        if sees
        else [],
        cases=list(_became(user, since).select_related("party").order_by("-id")[:MOST]) if sees else [],
        finished=_finished(user, since) if starts else [],
        refused_uploads=list(_refused_uploads(user, since).order_by("-id")[:MOST]) if starts else [],
        refused_nights=list(_refused_nights(user, since).order_by("-id")[:MOST]) if starts else [],
        answers=list(_answers(user).select_related("party").order_by("-id")[:MOST]) if sees else [],
        deadlines=list(_deadlines(user).order_by("due_on", "id")[:MOST]) if can(user, "customer.see") else [],
    )


def _deadlines(user: User) -> QuerySet[Deadline]:
    """The names of the customers are read with the rows."""
    return ringing(user).select_related("restraint__party").defer("restraint__party__search")


def waiting_requests(user: User) -> int | str:
    """How many requests wait for this person's decision, or ``99+``."""
    number = len(inbox.asked(user).values_list("pk", flat=True)[: MOST + 1])
    return f"{MOST}+" if number > MOST else number


def _news(user: User, since: dt.datetime) -> list[QuerySet[Any]]:
    news: list[QuerySet[Any]] = [_alerts(user)] if can(user, "warning.see") else []
    if can(user, "approval.decide"):
        news.append(inbox.asked(user))
    if can(user, "approval.request"):
        news.append(inbox.answered(user, since))
    if can(user, "customer.see"):
        news.append(ringing(user))
    if can(user, "case.see"):
        news += [_broken(user, since), _became(user, since), _answers(user)]
    if _starts(user):
        news += [_refused_uploads(user, since), _refused_nights(user, since)]
    return news


def _alerts(user: User) -> QuerySet[Alert]:
    return Alert.objects.filter(recipients__contains=[user.pk], acknowledged_at=None)


def _broken(user: User, since: dt.datetime) -> QuerySet[Promise]:
    """Judged by a night that ended since."""
    nights = Run.objects.filter(finished_at__gt=since).values("date")
    return Promise.objects.filter(
        case__owner=user, case__stage=CaseStage.OPEN, state=PromiseState.BROKEN, judged_on__in=nights
    )


def _became(user: User, since: dt.datetime) -> QuerySet[Case]:
    """Open cases of theirs that were opened for them or given to them since, by the night or by somebody else.

    Asked of the trail case by case, so that it costs as much as the person has cases, not as much as was told.
    """
    told = (
        Entry.objects.filter(thing="case", thing_id=OuterRef("pk"), event__in=_CAME)
        .exclude(actor_id=user.pk)
        .order_by()
        .values("thing_id")
        .annotate(latest=Max("at"))
        .values("latest")
    )
    return (
        Case.objects.filter(owner=user, stage=CaseStage.OPEN).annotate(became=Subquery(told)).filter(became__gt=since)
    )


def _answers(user: User) -> QuerySet[Incoming]:
    """What customers of their open cases wrote and nobody has dealt with; a machine's answers are no news."""
    theirs = Case.objects.filter(owner=user, stage=CaseStage.OPEN).values("party_id")
    return Incoming.objects.filter(party__in=theirs, handled_at=None).exclude(kind=Incoming.Kind.AUTOMATIC)


def _starts(user: User) -> bool:
    return can(user, "import.bring") or can(user, "night.run")


def _finished(user: User, since: dt.datetime) -> list[Entry]:
    """Imports and nights among the last acts of this person."""
    acts = Entry.objects.filter(actor_id=user.pk).order_by("-id")[:MOST]
    recent = itertools.takewhile(lambda entry: entry.at > since, acts)
    return [entry for entry in recent if entry.event in _STARTED]


def _refused_uploads(user: User, since: dt.datetime) -> QuerySet[Upload]:
    return Upload.objects.filter(user=user, state=Upload.State.REFUSED, uploaded_at__gt=since)


def _refused_nights(user: User, since: dt.datetime) -> QuerySet[NightOrder]:
    return NightOrder.objects.filter(user=user, state=NightOrder.State.REFUSED, asked_at__gt=since)
