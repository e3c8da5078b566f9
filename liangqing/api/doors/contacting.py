"""Doors about contacts: the guard is asked and told what became of it; what holds contact back; messages.

A program passes the same guard as everybody. What it answers is no error: 200, with the reason, the rules and the earliest
instant; a contact that was not allowed and took place all the same is reported as a record with its instant.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query
from ninja.responses import Status

from liangqing.api.actions.revealing import reveal
from liangqing.api.doors import contact_schemas as told
from liangqing.api.doors.gate import READ, WRITE, Asked
from liangqing.api.doors.reading import Cursor, Day, Filter, Limit, Purpose, _page
from liangqing.api.doors.routes import router
from liangqing.api.doors.writing import KeyOrNone, _answer, _missing, not_allowed
from liangqing.api.queries import contacted as shown
from liangqing.cases.models import Case
from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard, messages
from liangqing.outreach.actions.messages import Want
from liangqing.outreach.kinds import Channel
from liangqing.outreach.lifecycle import MessageState
from liangqing.outreach.models import Answer, Attempt, Message, Source
from liangqing.outreach.queries.facts import Wish
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.actions import restraints
from liangqing.parties.actions.particulars import Particulars
from liangqing.parties.models import Contact, Creditor, Party, Restraint
from liangqing.parties.queries.members import members
from liangqing.people.models import User
from liangqing.people.rights import can, demand, reach

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.post(
    "/contacts/decisions", response={200: told.Contacted, **WRITE}, summary="Ask whether a contact may be made"
)
def decide_contact(request: Asked, data: told.NewDecision, idempotency_key: KeyOrNone = None) -> Status[Any]:
    """The guard decides, and keeps a receipt. An allowed contact counts from now on; say what became of it. The reason and
    the earliest instant come with a no."""
    user = request.auth.user
    demand(user, "case.work")
    party = _party(user, data.customer)
    case, contact = _case(user, party, data.case), _contact(party, data.contact)
    wish = Wish(
        party=party,
        channel=data.channel.value,
        content=data.content.value,
        creditor=case.creditor if case else _only_creditor(),
        contact=contact,
        value=data.value,
        recipient=data.recipient.value if data.recipient else "",
        line=data.line,
        by=_agent(user, data.agent),
        automated=data.automated,
        case=case.number if case else "",
    )

    def work() -> tuple[int, dict[str, Any]]:
        return 200, _told(guard.ask(wish, source=Source.PROGRAM))

    return _answer(request, idempotency_key, work)


@router.post(
    "/contacts/{receipt}/outcome", response={200: told.Contacted, **WRITE}, summary="Say what became of a contact"
)
def conclude_contact(
    request: Asked, receipt: Annotated[told.Receipt, Path()], data: told.NewOutcome, idempotency_key: KeyOrNone = None
) -> Status[Any]:
    """Told again, it changes nothing. One whose end is known already keeps it (409)."""
    user = request.auth.user
    demand(user, "case.work")
    attempt = _attempts(user).filter(pk=int(receipt.removeprefix("CR-"))).first()
    if attempt is None:
        raise _missing(_("There is no receipt {number}."), receipt)
    if attempt.answer != Answer.ALLOWED and data.outcome != Outcome.CALLED_OFF:
        raise not_allowed()
    if data.at is not None and not attempt.at <= data.at <= clock.now():
        raise Refusal(
            "outcome_out_of_time",
            _("What became of a contact is known after it began, and not before it happened. Check the time."),
            status=422,
            field="at",
        )

    def work() -> tuple[int, dict[str, Any]]:
        guard.conclude(
            attempt, data.outcome.value, by=user, at=data.at, duration_s=data.duration_s, detail=data.detail,
            told=data.outcome.value,
        )  # fmt: skip
        return 200, _told(attempt)

    return _answer(request, idempotency_key, work)


@router.get("/contacts", response={200: told.ContactedPage, **READ}, summary="Receipts of contacts")
def contacts(
    request: Asked,
    cursor: Cursor = 0,
    limit: Limit = 100,
    customer: Filter = None,
    answer: Annotated[Answer | None, Query()] = None,
    outcome: Annotated[Outcome | None, Query()] = None,
    channel: Annotated[Channel | None, Query()] = None,
) -> dict[str, Any]:
    """Every contact that was asked for or reported, in the order of the decisions."""
    user = request.auth.user
    demand(user, "case.see")
    rows = _of(_attempts(user), customer)
    rows = rows.filter(answer=answer) if answer else rows
    rows = rows.filter(outcome=outcome) if outcome else rows
    rows = rows.filter(channel=channel) if channel else rows
    found, following = _page(rows, cursor, limit)
    return {"items": [shown.contacted(row) for row in found], "next": following}


@router.get("/restraints", response={200: told.RestraintPage, **READ}, summary="What holds contact back")
def held(
    request: Asked,
    cursor: Cursor = 0,
    limit: Limit = 100,
    customer: Filter = None,
    standing: Annotated[bool, Query(description="only those that hold now")] = True,
) -> dict[str, Any]:
    """Restraints on contact, without the words they rest on."""
    user = request.auth.user
    demand(user, "customer.see")
    rows = Restraint.objects.select_related("party", "creditor", "by", "deadline")
    if reach(user) is not None:
        rows = rows.filter(party__in=visible.parties(user))
    rows = _of(rows, customer)
    if standing:
        rows = rows.filter(lifted_at=None).exclude(until_at__lte=clock.now())
    found, following = _page(rows, cursor, limit)
    return {"items": [shown.restraint(row) for row in found], "next": following}


@router.post("/restraints", response={201: told.Restraint, **WRITE}, summary="Hold contact back")
def place_restraint(request: Asked, data: told.NewRestraint, idempotency_key: KeyOrNone = None) -> Status[Any]:
    """It holds from now on, whatever is asked of the guard."""
    user = request.auth.user
    demand(user, "case.work")
    party = _party(user, data.customer)
    contact = _contact(party, data.contact)
    hours = None
    if data.from_minute is not None or data.until_minute is not None:
        hours = (data.from_minute or 0, 24 * 60 if data.until_minute is None else data.until_minute)

    def work() -> tuple[int, dict[str, Any]]:
        placed = restraints.place(
            party,
            data.kind.value,
            reason=data.reason,
            by=user,
            channel=data.channel.value if data.channel else "",
            value_index=bytes(contact.value_index) if contact else b"",
            about=data.about,
            hours=hours,
            until_at=dt.datetime.combine(data.until_on, dt.time(), clock.zone()) if data.until_on else None,
            source="program",
            given=Particulars(
                began_on=data.began_on,
                grade=data.grade.value if data.grade else "",
                months=data.months,
                pays_day=data.pays_day,
                claims_until=data.claims_until,
                place=data.place.value if data.place else "",
            ),
        )
        return 201, told.Restraint(**shown.restraint(placed)).model_dump(mode="json")

    return _answer(request, idempotency_key, work)


@router.post("/restraints/{number}/lifting", response={200: told.Restraint, **WRITE}, summary="Lift a restraint")
def lift_restraint(request: Asked, number: Id, data: told.Lifting, idempotency_key: KeyOrNone = None) -> Status[Any]:
    """It holds no more. What a third person asked for is never lifted (409)."""
    user = request.auth.user
    demand(user, "case.work")
    row = Restraint.objects.filter(pk=number, party__in=visible.parties(user)).first()
    if row is None:
        raise _missing(_("There is no restraint {number}."), number)

    def work() -> tuple[int, dict[str, Any]]:
        lifted = restraints.lift(row, reason=data.reason, by=user)
        return 200, told.Restraint(**shown.restraint(lifted)).model_dump(mode="json")

    return _answer(request, idempotency_key, work)


@router.get("/messages", response={200: told.MessagePage, **READ}, summary="Messages")
def written(
    request: Asked,
    cursor: Cursor = 0,
    limit: Limit = 100,
    customer: Filter = None,
    state: Annotated[MessageState | None, Query()] = None,
    since: Day = None,
    purpose: Purpose = None,
) -> dict[str, Any]:
    """Text messages, mails and letters in the order they were written; ``since``: for that day or later."""
    user = request.auth.user
    demand(user, "case.see")
    rows = _of(_messages(user), customer)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(day__gte=since) if since else rows
    found, following = _page(rows, cursor, limit)
    revealed = reveal(user, purpose, [row.party_id for row in found])
    return {"items": [shown.message(row, revealed=revealed) for row in found], "next": following}


@router.post("/messages", response={201: told.Message, **WRITE}, summary="Send a message")
def send_message(request: Asked, data: told.NewMessage, idempotency_key: KeyOrNone = None) -> Status[Any]:
    """It leaves with the worker's next round, once the guard has been asked again. What may not be said, or to whom nothing
    may be said, is refused now (409)."""
    user = request.auth.user
    demand(user, "outreach.send")
    party = _party(user, data.customer)
    case, contact = _case(user, party, data.case), _contact(party, data.contact)
    assert contact is not None
    want = Want(
        party=party,
        creditor=case.creditor if case else _only_creditor(),
        channel=data.channel.value,
        content=data.content.value,
        contact=contact,
        step=f"program:{request.auth.pk}:{data.purpose}"[:64],
        case=case.number if case else "",
        subject=data.subject,
        body=data.body,
        not_before=data.not_before,
        confirmed=data.confirmed,
    )

    def work() -> tuple[int, dict[str, Any]]:
        made = _messages(user).get(pk=messages.send(want, by=user).pk)
        return 201, told.Message(**shown.message(made, revealed=False)).model_dump(mode="json")

    return _answer(request, idempotency_key, work)


# what the doors share ------------------------------------------------------------------------------------------------


def _told(attempt: Attempt) -> dict[str, Any]:
    row = Attempt.objects.select_related("party", "creditor", "by").get(pk=attempt.pk)
    return told.Contacted(**shown.contacted(row)).model_dump(mode="json")


def _attempts(user: User) -> QuerySet[Attempt]:
    rows = Attempt.objects.select_related("party", "creditor", "by")
    if not can(user, "case.see"):
        return rows.none()
    return rows if reach(user) is None else rows.filter(party__in=visible.parties(user)) | rows.filter(by=user)


def _messages(user: User) -> QuerySet[Message]:
    rows = Message.objects.select_related("party", "attempt")
    return rows if reach(user) is None else rows.filter(party__in=visible.parties(user))


def _of(rows: Any, customer: str | None) -> Any:
    """Those of a customer, who is looked up first, so that the database finds the rows by an index."""
    if not customer:
        return rows
    found = Party.objects.filter(number=customer).values_list("pk", flat=True).first() or 0
    return rows.filter(party=found)


def _party(user: User, number: str) -> Party:
    party = visible.parties(user).select_related("merged_into").filter(number=number).first()
    if party is None:
        raise _missing(_("There is no customer “{number}”."), number)
    return party


def _case(user: User, party: Party, number: str | None) -> Case | None:
    if number is None:
        return None
    rows = visible.cases(user).select_related("party", "creditor").filter(party__in=members(party))
    case = rows.filter(number=number).first()
    if case is None:
        raise _missing(_("There is no case “{number}”."), number)
    return case


def _contact(party: Party, number: int | None) -> Contact | None:
    if number is None:
        return None
    contact = Contact.objects.filter(pk=number, party__in=members(party)).first()
    if contact is None:
        raise _missing(_("There is no contact {number} of this customer."), number)
    return contact


def _agent(user: User, username: str | None) -> User:
    """Who makes the contact: somebody this program reaches, whose certificate and counts are then asked for."""
    if username is None:
        return user
    people = reach(user)
    agent = User.objects.filter(username=username, is_active=True).first()
    if agent is None or (people is not None and agent.pk not in people):
        raise _missing(_("There is nobody “{number}” who could make this contact."), username)
    return agent


def _only_creditor() -> Creditor | None:
    """Without a case nobody says whose debt it is about; where there is one creditor, it is that one's."""
    found = list(Creditor.objects.order_by("pk")[:2])
    return found[0] if len(found) == 1 else None
