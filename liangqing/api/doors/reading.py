"""Doors that let things be seen, a page at a time, each only what the client may see."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query

from liangqing.api.actions.revealing import reveal
from liangqing.api.doors import schemas
from liangqing.api.doors.gate import READ, Asked
from liangqing.api.doors.routes import router
from liangqing.api.queries import shown
from liangqing.cases.lifecycle import CaseStage, TaskState
from liangqing.cases.models import Record
from liangqing.cases.queries import visible
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Party
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.warning.level import Level

MOST = 500
_LAST = 2**63 - 1
Row = TypeVar("Row", bound=Model)

Cursor = Annotated[int, Query(ge=0, le=_LAST, description="where the page begins: next of the page before")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
Filter = Annotated[schemas.Code | None, Query()]
Day = Annotated[schemas.Day | None, Query()]
Purpose = Annotated[
    str | None,
    Query(
        alias="reveal",
        max_length=200,
        # Not "anything but blanks": what is a blank is told differently everywhere, and some letters can't be seen.
        pattern=r"^[^\x00]*[0-9A-Za-z\u3400-\u9fff][^\x00]*$",
        description="why personal data is wanted unmasked, in words; kept in the trail for every customer shown",
    ),
]


def _page(rows: QuerySet[Row], cursor: int, limit: int) -> tuple[list[Row], int | None]:
    """One page of the rows behind a cursor, oldest first, and the cursor of what follows."""
    found = list(rows.filter(pk__gt=cursor).order_by("pk")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


def _of(rows: QuerySet[Row], customer: str | None, owner: str | None) -> QuerySet[Row]:
    """Those of a customer, of an owner. Both are looked up first: the database finds a person's rows by an index only
    when it is told who that is."""
    if customer:
        rows = rows.filter(party=Party.objects.filter(number=customer).values_list("pk", flat=True).first() or 0)
    if owner:
        rows = rows.filter(owner=User.objects.filter(username=owner).values_list("pk", flat=True).first() or 0)
    return rows


@router.get("/customers", response={200: schemas.CustomerPage, **READ}, summary="Customers")
def customers(
    request: Asked,
    cursor: Cursor = 0,
    limit: Limit = 100,
    number: Filter = None,
    kind: Annotated[Party.Kind | None, Query()] = None,
    purpose: Purpose = None,
) -> dict[str, Any]:
    """Customers, without their contacts."""
    user = request.auth.user
    demand(user, "customer.see")
    rows = visible.parties(user).select_related("merged_into")
    rows = rows.filter(number=number) if number else rows
    rows = rows.filter(kind=kind) if kind else rows
    found, following = _page(rows, cursor, limit)
    revealed = reveal(user, purpose, [row.pk for row in found])
    return {"items": [shown.customer(row, revealed=revealed) for row in found], "next": following}


@router.get("/customers/{any_number:number}", response={200: schemas.CustomerFile, **READ}, summary="A customer")
def customer(request: Asked, number: Annotated[schemas.Code, Path()], purpose: Purpose = None) -> dict[str, Any]:
    """One customer with contacts, what is owed today, and open cases."""
    user = request.auth.user
    demand(user, "customer.see")
    row = visible.parties(user).select_related("merged_into").filter(number=number).first()
    if row is None:
        raise Refusal("not_found", _("There is no customer “{number}”."), status=404, number=number)
    revealed = reveal(user, purpose, [row.pk])
    return {
        **shown.customer(row, revealed=revealed),
        **shown.customer_file(row, revealed=revealed),
        "cases": list(
            visible.cases(user).filter(party=row, stage=CaseStage.OPEN).order_by("pk").values_list("number", flat=True)
        ),
    }


@router.get("/bills", response={200: schemas.BillPage, **READ}, summary="Bills")
def bills(
    request: Asked,
    cursor: Cursor = 0,
    limit: Limit = 100,
    customer: Filter = None,
    number: Filter = None,
    due_from: Day = None,
    due_until: Day = None,
) -> dict[str, Any]:
    """Bills with what is paid and open today. Due days are half-open: from that day on, until before that day."""
    user = request.auth.user
    demand(user, "bill.see")
    rows = visible.bills(user).select_related("party", "creditor", "seller")
    rows = rows.filter(party__number=customer) if customer else rows
    rows = rows.filter(number=number) if number else rows
    rows = rows.filter(due_on__gte=due_from) if due_from else rows
    rows = rows.filter(due_on__lt=due_until) if due_until else rows
    found, following = _page(rows, cursor, limit)
    return {"items": shown.bills(found), "next": following}


@router.get("/cases", response={200: schemas.CasePage, **READ}, summary="Cases")
def cases(
    request: Asked,
    cursor: Cursor = 0,
    limit: Limit = 100,
    customer: Filter = None,
    level: Annotated[Level | None, Query()] = None,
    stage: Annotated[CaseStage | None, Query()] = None,
    owner: Filter = None,
    since: Annotated[schemas.Day | None, Query(description="opened on that day or later")] = None,
    purpose: Purpose = None,
) -> dict[str, Any]:
    """Cases, open and closed."""
    user = request.auth.user
    demand(user, "case.see")
    rows = _of(visible.cases(user).select_related("party", "creditor", "owner"), customer, owner)
    rows = rows.filter(level=level) if level else rows
    rows = rows.filter(stage=stage) if stage else rows
    rows = rows.filter(opened_on__gte=since) if since else rows
    found, following = _page(rows, cursor, limit)
    revealed = reveal(user, purpose, [row.party_id for row in found])
    return {"items": [shown.case(row, revealed=revealed) for row in found], "next": following}


@router.get("/cases/{number}", response={200: schemas.CaseFile, **READ}, summary="A case")
def case(request: Asked, number: Annotated[schemas.Code, Path()], purpose: Purpose = None) -> dict[str, Any]:
    """One case with what is owed today, its promises and its open task."""
    user = request.auth.user
    demand(user, "case.see")
    row = visible.cases(user).select_related("party", "creditor", "owner").filter(number=number).first()
    if row is None:
        raise Refusal("not_found", _("There is no case “{number}”."), status=404, number=number)
    revealed = reveal(user, purpose, [row.party_id])
    return {**shown.case(row, revealed=revealed), **shown.case_file(row)}


@router.get("/tasks", response={200: schemas.TaskPage, **READ}, summary="Tasks")
def tasks(
    request: Asked,
    cursor: Cursor = 0,
    limit: Limit = 100,
    customer: Filter = None,
    owner: Filter = None,
    action: Filter = None,
    state: Annotated[TaskState, Query()] = TaskState.OPEN,
    since: Annotated[schemas.Day | None, Query(description="made on that day or later")] = None,
) -> dict[str, Any]:
    """What somebody has to do; the open ones unless another state is asked for."""
    user = request.auth.user
    demand(user, "case.see")
    rows = visible.tasks(user).select_related("party", "creditor", "case", "owner").filter(state=state)
    rows = _of(rows, customer, owner)
    rows = rows.filter(action=action) if action else rows
    rows = rows.filter(created_on__gte=since) if since else rows
    found, following = _page(rows, cursor, limit)
    return {"items": [shown.task(row) for row in found], "next": following}


@router.get("/alerts", response={200: schemas.AlertPage, **READ}, summary="Warnings")
def alerts(
    request: Asked,
    cursor: Cursor = 0,
    limit: Limit = 100,
    customer: Filter = None,
    level: Annotated[Level | None, Query()] = None,
    since: Annotated[schemas.Day | None, Query(description="raised on that day or later")] = None,
) -> dict[str, Any]:
    """Warnings in the order they were raised; keep the last cursor to ask only for new ones."""
    user = request.auth.user
    demand(user, "warning.see")
    rows = visible.alerts(user).select_related("party", "creditor")
    rows = rows.filter(party__number=customer) if customer else rows
    rows = rows.filter(level=level) if level else rows
    rows = rows.filter(raised_on__gte=since) if since else rows
    found, following = _page(rows, cursor, limit)
    return {"items": shown.alerts(found), "next": following}


@router.get("/records", response={200: schemas.RecordPage, **READ}, summary="Records of contacts")
def records(
    request: Asked,
    cursor: Cursor = 0,
    limit: Limit = 100,
    customer: Filter = None,
    case: Filter = None,
    since: Annotated[schemas.Day | None, Query(description="of contacts on that day or later")] = None,
    purpose: Purpose = None,
) -> dict[str, Any]:
    """What was said and done, in the order it was written down."""
    user = request.auth.user
    demand(user, "case.see")
    rows = Record.objects.filter(case__in=visible.cases(user)).select_related("case", "party", "by")
    rows = rows.filter(party__number=customer) if customer else rows
    rows = rows.filter(case__number=case) if case else rows
    rows = rows.filter(contacted_on__gte=since) if since else rows
    found, following = _page(rows, cursor, limit)
    revealed = reveal(user, purpose, [row.party_id for row in found])
    return {"items": [shown.record(row, revealed=revealed) for row in found], "next": following}
