"""Doors that let things in: rows of customers, bills and payments; records and promises of a case."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Header, Path
from ninja.responses import Status

from liangqing.api.actions.answers import Told, once
from liangqing.api.actions.push import push
from liangqing.api.doors import schemas
from liangqing.api.doors.contact_schemas import NewRecord
from liangqing.api.doors.gate import WRITE, Asked
from liangqing.api.doors.routes import router
from liangqing.api.queries import shown
from liangqing.cases.actions import promises, records
from liangqing.cases.models import Case, Record
from liangqing.cases.queries import visible
from liangqing.kit.money import CURRENCIES, Money, digits
from liangqing.kit.refusal import Refusal
from liangqing.outreach.models import Answer, Attempt, Source
from liangqing.parties.models import Contact
from liangqing.people.models import User
from liangqing.people.rights import demand

_KEY = r"^[\x21-\x7e]+$"
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=_KEY)]
KeyOrNone = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=_KEY)]
Number = Annotated[schemas.Code, Path()]


@router.post("/customers", response={200: schemas.Pushed, **WRITE}, summary="Push customers", by_alias=True)
def push_customers(request: Asked, data: schemas.Customers, idempotency_key: Key) -> Status[Any]:
    """New customers, changed customers, ways to reach them. An empty column leaves what is there."""
    return _push(request, "customers", data.rows, None, idempotency_key)


@router.post("/bills", response={200: schemas.Pushed, **WRITE}, summary="Push bills", by_alias=True)
def push_bills(request: Asked, data: schemas.Bills, idempotency_key: Key) -> Status[Any]:
    """New bills, and corrections of bills that are there."""
    return _push(request, "bills", data.rows, data.currency, idempotency_key)


@router.post("/payments", response={200: schemas.Pushed, **WRITE}, summary="Push payments", by_alias=True)
def push_payments(request: Asked, data: schemas.Payments, idempotency_key: Key) -> Status[Any]:
    """Money that came; set against the bill it names, else on account."""
    return _push(request, "payments", data.rows, data.currency, idempotency_key)


def _push(
    request: Asked, kind: str, rows: list[schemas.Kind], currency: str | None, key: str
) -> Status[dict[str, Any]]:
    client = request.auth
    demand(client.user, "import.bring")

    def work() -> Told:
        told = push(client, kind, [_filled(row) for row in rows], currency=currency)
        if told["created"] or told["updated"] or told["unchanged"]:
            return 200, told
        error = {
            "code": "nothing_landed",
            "message": _("No row landed. Correct the rows, then push them with a new key."),
        }
        return 422, {"error": error, **told}

    status, body = once(client, key, _asked(request), work, whole=False)
    return Status(status, body)


def _filled(row: schemas.Row) -> dict[str, str]:
    return {name: str(value) for name, value in row.model_dump().items() if value not in (None, "")}


def _asked(request: Asked) -> bytes:
    return f"{request.method} {request.path}\n".encode() + request.body


@router.post("/cases/{number}/promises", response={201: schemas.Promise, **WRITE}, summary="Record a promise to pay")
def record_promise(
    request: Asked, number: Number, data: schemas.NewPromise, idempotency_key: KeyOrNone = None
) -> Status[Any]:
    """What the debtor promised, and for when. A later promise in the same currency replaces an open one."""
    user = request.auth.user
    demand(user, "case.work")
    case, amount = _case(user, number), _money(data)

    def work() -> Told:
        promise = promises.record(case, amount=amount, due_on=data.due_on, by=user)
        return 201, schemas.Promise(**shown.promise(promise)).model_dump(mode="json")

    return _answer(request, idempotency_key, work)


@router.post("/cases/{number}/records", response={201: schemas.Record, **WRITE}, summary="Record a contact")
def record_contact(request: Asked, number: Number, data: NewRecord, idempotency_key: KeyOrNone = None) -> Status[Any]:
    """A contact as it was; what follows from its result says the policy's table case.result.

    One the guard allowed before names its ``receipt``. One that happened earlier without (an agency's) says ``at`` when and
    by which ``line``: it is judged by that instant, counts, and is told where it broke a rule."""
    user = request.auth.user
    demand(user, "case.work")
    case = _case(user, number)
    contact = corrects = None
    if data.contact is not None:
        contact = Contact.objects.filter(pk=data.contact, party__in=visible.parties(user)).first()
        if contact is None:
            raise _missing(gettext_lazy("There is no contact {number} of this customer."), data.contact)
    if data.corrects is not None:
        corrects = Record.objects.filter(pk=data.corrects, case=case).first()
        if corrects is None:
            raise _missing(gettext_lazy("There is no record {number} of this case."), data.corrects)
    attempt = None
    if data.receipt is not None:
        attempt = Attempt.objects.filter(pk=int(data.receipt.removeprefix("CR-")), case=case.number).first()
        if attempt is None:
            raise _missing(gettext_lazy("There is no receipt {number} of this case."), data.receipt)
        if attempt.answer != Answer.ALLOWED:
            raise not_allowed()
    promise = (_money(data.promise), data.promise.due_on) if data.promise else None

    def work() -> Told:
        written = records.record(
            case,
            channel=data.channel,
            result=data.result,
            reached=data.reached,
            by=user,
            contact=contact,
            reason=data.reason,
            attitude=data.attitude,
            note=data.note,
            next_on=data.next_on,
            promise=promise,
            corrects=corrects,
            attempt=attempt,
            at=data.at,
            line=data.line,
            source=Source.AGENCY if data.at else Source.RECORD,
        )
        return 201, schemas.Record(**shown.record(written, revealed=False)).model_dump(mode="json")

    return _answer(request, idempotency_key, work)


def _answer(request: Asked, key: str | None, work: Any) -> Status[Any]:
    status, body = once(request.auth, key, _asked(request), work) if key else work()
    return Status(status, body)


def _case(user: User, number: str) -> Case:
    case = visible.cases(user).select_related("party", "creditor").filter(number=number).first()
    if case is None:
        raise _missing(gettext_lazy("There is no case “{number}”."), number)
    return case


def not_allowed() -> Refusal:
    """A receipt that says no is no leave to report what happened under it."""
    return Refusal(
        "contact_refused",
        gettext_lazy(
            "This contact was not allowed. If it took place all the same, write a record with the time it had."
        ),
    )


def _missing(sentence: Any, number: object) -> Refusal:
    return Refusal("not_found", sentence, status=404, number=number)


def _money(data: schemas.NewPromise) -> Money:
    if data.currency not in CURRENCIES:
        raise Refusal(
            "unknown_currency",
            gettext_lazy("“{currency}” is not a known currency."),
            status=422,
            currency=data.currency,
        )
    decimals = len(data.amount.partition(".")[2])
    if decimals > digits(data.currency):
        raise Refusal(
            "too_many_decimals", gettext_lazy("The amount has more decimals than its currency. Round it."), status=422
        )
    return Money.of(data.amount, data.currency)
