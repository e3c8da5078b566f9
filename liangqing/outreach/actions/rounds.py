"""Rounds of visits 外访任务: planned along the households the guard lets through, started, kept in order, finished."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard
from liangqing.outreach.events import RoundMoved, RouteChanged
from liangqing.outreach.kinds import Channel, Content, content_for
from liangqing.outreach.lifecycle import ROUND, RoundState
from liangqing.outreach.models import Round, Stop
from liangqing.outreach.queries.facts import Wish, recipient_of
from liangqing.parties.actions import reveal
from liangqing.parties.models import Contact, Creditor, Party, Role
from liangqing.parties.queries import members
from liangqing.people.models import User
from liangqing.people.rights import can, demand
from liangqing.trail.actions.tell import tell

MOST = 60
"""Households of one round: more than a day holds."""
LIVE = (RoundState.PLANNED, RoundState.UNDER_WAY)


@dataclass(frozen=True)
class Household:
    """Somebody to be visited, about whose money; ``contact`` where a certain address is meant."""

    party: Party
    creditor: Creditor
    case: str = ""
    contact: Contact | None = None


@dataclass(frozen=True)
class LeftOut:
    """Why a household is not on the route. Codes: no_address, other_area, planned_already, refused (by the guard, whose
    findings say why)."""

    code: str
    findings: tuple[dict[str, Any], ...] = ()


@action
@clause("P4-3.3", "P2 3.3.2")
def plan(
    *,
    area: str,
    on: dt.date,
    people: Sequence[User],
    households: Sequence[Household],
    by: User,
    content: str = Content.DEMAND,
) -> Round:
    """Plan a trip. The guard looks at each household for noon of that day (or now, when that is later): whom it would
    refuse all day is left out, with its reason. Ordered by area and address.

    Raises ``Refusal``: 403 for somebody who may not, or plans for others without the right to deal out work; 422 for a
    day gone by, fewer people than the term ``visit.people`` asks, too many households, or none.
    """
    _demand_planner(by, people)
    if on < clock.today():
        raise Refusal("day_past", _("Choose today or a day to come."), status=422, field="on")
    if not area.strip():
        raise Refusal("area_missing", _("Name the area."), status=422, field="area")
    if content not in (Content.REMINDER, Content.DEMAND, Content.FORMAL, Content.NOTICE):
        raise Refusal("unknown_choice", _("Choose what the visits are for."), status=422, field="content")
    check_people(people, on)
    if not 0 < len(households) <= MOST:
        raise Refusal(
            "households", _("Choose at least one household and at most {most}."), status=422, field="pick", most=MOST
        )
    row = Round.objects.create(
        area=area.strip()[:100], on=on, content=content, planned_by=by, planned_at=clock.now()
    )  # fmt: skip
    row.people.set(people)
    stops: list[Stop] = []
    left_out: list[dict[str, Any]] = []
    for household in households:
        found = _look(row, household, people[0])
        if isinstance(found, LeftOut):
            left_out.append(
                {
                    "party": household.party.pk,
                    "case": household.case,
                    "code": found.code,
                    "findings": list(found.findings),
                }
            )
        elif (found.party_id, found.creditor_id) not in {(each.party_id, each.creditor_id) for each in stops}:
            stops.append(found)
    stops.sort(key=lambda stop: (stop.party.area, stop.address, stop.party.number))
    for place, stop in enumerate(stops, 1):
        stop.place = place
    Stop.objects.bulk_create(stops)
    row.left_out = left_out
    row.save(update_fields=["left_out"])
    _tell(row, by)
    return row


def check_people(people: Sequence[User], on: dt.date) -> None:
    """Raises ``Refusal`` (422): too few go (term ``visit.people``), or one of them does not work on cases."""
    least = int(policy.in_force(on).terms["visit.people"])
    if len({each.pk for each in people}) < least:
        raise Refusal(
            "too_few_people", _("At least {least} people go together."), status=422, field="people", least=least
        )
    for each in people:
        if not can(each, "case.work"):
            raise Refusal(
                "not_a_visitor",
                _("{name} does not work on cases. Choose somebody else."),
                status=422,
                field="people",
                name=each.name,
            )


def _demand_planner(by: User, people: Sequence[User]) -> None:
    """Somebody plans trips of his own; those of others, who deals out work."""
    demand(by, "case.work" if by.pk in {each.pk for each in people} else "case.assign")


def demand_of(row: Round, by: User, *, rides: bool = False) -> None:
    """Raises ``Refusal`` (403; 409): not one of the round's people, nor (unless ``rides``) somebody who deals out work."""
    demand(by, "case.work" if rides or not can(by, "case.assign") else "case.assign")
    if row.people.filter(pk=by.pk).exists() or (not rides and (can(by, "case.assign") or row.planned_by_id == by.pk)):
        return
    raise Refusal(
        "not_of_the_round", _("You are not one of the people of round {number}."), status=409, number=row.number
    )


def _look(row: Round, household: Household, visitor: User) -> Stop | LeftOut:
    """The stop, or why there is none."""
    party = members.customer(household.party)
    if party.area and party.area != row.area and row.area not in party.area:
        return LeftOut("other_area")
    contact = household.contact or _address(party)
    if contact is None:
        return LeftOut("no_address")
    planned = Stop.objects.filter(round__on=row.on, round__state__in=LIVE, party=party, creditor=household.creditor)
    if planned.exclude(round=row).exists():
        return LeftOut("planned_already")
    noon = dt.datetime.combine(row.on, dt.time(12), clock.zone())
    stop = Stop(
        round=row,
        place=0,
        party=party,
        creditor=household.creditor,
        case=household.case,
        contact=contact.pk,
        recipient=recipient_of(party, contact.role),
        address_stored=sealing.seal(contact.value),
    )
    verdict = guard.look(wish_of(stop, row, by=visitor, contact=contact, at=max(noon, clock.now())))
    later = verdict.earliest
    if not verdict.allowed and (later is None or later.astimezone(clock.zone()).date() > row.on):
        return LeftOut("refused", tuple(each.facts() for each in verdict.deciding))
    return stop


def _address(party: Party) -> Contact | None:
    """The customer's own address before anybody else's, one known to be right before one that is not."""
    known = [
        each
        for each in members.contacts(party)
        if each.kind == Contact.Kind.ADDRESS and each.validity != Contact.Validity.INVALID
    ]
    known.sort(key=lambda each: (each.role != Role.SELF, each.validity != Contact.Validity.VALID, each.pk))
    return known[0] if known else None


def wish_of(stop: Stop, row: Round, *, by: User, contact: Contact | None = None, at: dt.datetime | None = None) -> Wish:
    """The contact a visit to this stop is. An address that is gone since is told in words."""
    contact = contact or Contact.objects.filter(pk=stop.contact or 0).first()
    return Wish(
        party=stop.party,
        channel=Channel.VISIT,
        content=content_for(stop.recipient, row.content),
        creditor=stop.creditor,
        contact=contact,
        value="" if contact else stop.address,
        recipient=stop.recipient,
        by=by,
        at=at,
        case=stop.case,
    )


@action
def start(row: Round, *, by: User) -> Round:
    """Set out: from now on its people see the addresses; the trail keeps that they may.

    Raises ``Refusal``: 403; 409 on another day than planned, with nobody on the route, or when it moved on.
    """
    demand_of(row, by, rides=True)
    row = _locked(row)
    if row.on != clock.today():
        raise Refusal("another_day", _("This round is planned for {day}. Plan one for today."), day=row.on)
    stops = list(row.stops.select_related("party"))
    if not stops:
        raise Refusal("route_empty", _("Nobody is on the route. Add a household, or call the round off."))
    check_people(list(row.people.all()), row.on)
    ROUND.move(row, "start", started_at=clock.now())
    for stop in stops:
        _reveal(stop, row)
    _tell(row, by)
    return row


@action
def finish(row: Round, *, by: User) -> Round:
    """Come home. Raises ``Refusal``: 403; 409 while somebody was visited and nothing is written of it."""
    demand_of(row, by, rides=True)
    row = _locked(row)
    waiting = row.stops.filter(arrived_at__isnull=False, visit=None).select_related("party").order_by("place").first()
    if waiting is not None:
        raise Refusal(
            "result_missing",
            _("Write first what came of stop {place}."),
            place=waiting.place,
        )
    ROUND.move(row, "finish", finished_at=clock.now())
    _tell(row, by)
    return row


@action
def call_off(row: Round, *, by: User) -> Round:
    """The trip does not take place. Raises ``Refusal``: 403; 409 once it is under way."""
    demand_of(row, by)
    row = _locked(row)
    ROUND.move(row, "call off", finished_at=clock.now())
    _tell(row, by)
    return row


@action
def add(row: Round, household: Household, *, by: User) -> Stop:
    """One more household, at the end of the route.

    Raises ``Refusal``: 403; 409 when the round is over, the route full, the household on it already, or left out for a
    reason, which the sentence names.
    """
    demand_of(row, by)
    row = _locked(row, live=True)
    if row.stops.count() >= MOST:
        raise Refusal("route_full", _("The route is full. Plan a second round."))
    if row.stops.filter(party=members.customer(household.party), creditor=household.creditor).exists():
        raise Refusal("on_route", _("This customer is on the route already."), field="case")
    found = _look(row, household, by)
    if isinstance(found, LeftOut):
        raise Refusal(
            "left_out", _("Not on the route: {reason}."), field="case", reason=why(found.code, found.findings)
        )
    found.place = (row.stops.aggregate(last=Max("place"))["last"] or 0) + 1
    found.save(force_insert=True)
    if row.state == RoundState.UNDER_WAY:
        _reveal(found, row)
    tell(
        RouteChanged(thing_id=row.pk, party_id=found.party_id, number=row.number, what="added", case=found.case), by=by
    )
    return found


@action
def remove(stop: Stop, *, by: User) -> None:
    """Take a household off the route. Raises ``Refusal``: 403; 409 when the round is over or the guard was asked at its
    door already."""
    demand_of(stop.round, by)
    row = _locked(stop.round, live=True)
    stop = row.stops.select_for_update().get(pk=stop.pk)
    if stop.attempt_id is not None:
        raise Refusal("arrived_already", _("Somebody was at this door. Write what came of it."))
    tell(
        RouteChanged(thing_id=row.pk, party_id=stop.party_id, number=row.number, what="removed", case=stop.case), by=by
    )
    stop.delete()
    _number(list(row.stops.order_by("place")))


@action
def reorder(row: Round, order: Sequence[int], *, by: User) -> None:
    """The route in this order (ids of its stops, each once). Raises ``Refusal``: 403; 409 when it changed meanwhile."""
    demand_of(row, by)
    row = _locked(row, live=True)
    known = {stop.pk: stop for stop in row.stops.select_for_update()}
    if sorted(order) != sorted(known):
        raise Refusal("route_changed", _("The route changed meanwhile. Load the page again."))
    _number([known[pk] for pk in order])
    tell(RouteChanged(thing_id=row.pk, number=row.number, what="reordered", case=""), by=by)


def why(code: str, findings: Sequence[dict[str, Any]] = ()) -> str:
    """The reason a household is left out, in the reader's language."""
    if code == "refused":
        return "; ".join(guard.said(guard.finding(each)) for each in findings)
    return str(
        {
            "no_address": _("no address is known that may be right"),
            "other_area": _("lives in another area"),
            "planned_already": _("is on another round of that day"),
        }[code]
    )


def _number(stops: Sequence[Stop]) -> None:
    for place, stop in enumerate(stops, 1):
        stop.place = place
    Stop.objects.bulk_update(stops, ["place"])


def _locked(row: Round, *, live: bool = False) -> Round:
    row = Round.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if live and row.state not in LIVE:
        raise Refusal("round_over", _("Round {number} is over. Plan another one."), number=row.number)
    return row


def _reveal(stop: Stop, row: Round) -> None:
    """Everybody who goes along sees the address from now on."""
    contact = Contact.objects.filter(pk=stop.contact or 0).first()
    if contact is not None:
        for each in row.people.all():
            reveal.reveal(contact, "value", row.number, each)


def _tell(row: Round, by: User) -> None:
    tell(
        RoundMoved(
            thing_id=row.pk,
            number=row.number,
            on=row.on,
            state=row.state,
            people=sorted(row.people.values_list("pk", flat=True)),
            stops=row.stops.count(),
        ),
        by=by,
    )
