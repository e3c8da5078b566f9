"""What goes in and out, as the OpenAPI page documents it. Amounts are texts in major units (元), days ISO dates."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from liangqing.api.actions.push import MOST_ROWS

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_NUL = r"^[^\x00]*$"
_LONGEST_NUMBER = 40  # characters of an amount or a whole number


def _written(value: Any) -> Any:
    """A number as the text somebody would have written into a file."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}" if abs(value.adjusted()) < _LONGEST_NUMBER else str(value)
    return value


def _day(value: Any) -> Any:
    """Only a day as ISO writes it: a number would be read as seconds since 1970, and a filter by it shows everything."""
    if isinstance(value, dt.date) or (isinstance(value, str) and _ISO_DAY.fullmatch(value)):
        return value
    raise ValueError("a day is written as in 2026-03-31")


Day = Annotated[dt.date, BeforeValidator(_day)]
Text = Annotated[str, Field(max_length=2000, pattern=_NO_NUL)]
Code = Annotated[str, Field(min_length=1, max_length=80, pattern=_NO_NUL)]
Identifier = Annotated[
    str,
    BeforeValidator(_written),
    Field(min_length=1, max_length=200, pattern=_NO_NUL),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 200, "pattern": _NO_NUL}, {"type": "integer"}]}
    ),
]
Written = Annotated[
    str,
    BeforeValidator(_written),
    Field(max_length=200, pattern=_NO_NUL),
    WithJsonSchema({"anyOf": [{"type": "string", "maxLength": 200, "pattern": _NO_NUL}, {"type": "number"}]}),
]
Amount = Annotated[
    str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="in major units (元)", examples=["1234.56"])
]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["CNY"])]


# Refusals ----------------------------------------------------------------------------------------------------------------


class Error(Schema):
    """Why not: a stable code for programs, a sentence that says what to do for people, in the language asked for."""

    code: str
    message: str
    fields: dict[str, str] | None = None


class Refused(Schema):
    error: Error


class Invalid(Refused):
    """Refused; a push of which no row landed says so row by row."""

    rows: int | None = None
    rejected: int | None = None
    warnings: dict[str, int] | None = None
    errors: list[RowError] | None = None


# Pushing -----------------------------------------------------------------------------------------------------------------


class Row(Schema):
    model_config = ConfigDict(extra="forbid")


class CustomerRow(Row):
    customer_id: Identifier
    name: Annotated[str, Field(min_length=1, max_length=2000, pattern=_NO_NUL)]
    kind: Text | None = None
    uscc: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    contact: Text | None = None
    street: Text | None = None
    postcode: Text | None = None
    city: Text | None = None
    country: Text | None = None
    language: Text | None = None
    terms_days: Annotated[int, Field(strict=True, ge=0, le=36_500)] | None = None
    customer_class: Text | None = None


class BillRow(Row):
    bill_id: Identifier
    customer_id: Identifier
    bill_date: Text | None = None
    due_date: Text | None = None
    amount: Written
    currency: Text | None = None
    reference: Text | None = None
    creditor: Text | None = None
    bill_kind: Text | None = None
    contract_no: Text | None = None
    contract_ends_on: Text | None = None
    seller: Text | None = None


class PaymentRow(Row):
    payment_id: Identifier
    customer_id: Identifier
    bill_id: Identifier | None = None
    payment_date: Text
    amount: Written
    currency: Text | None = None
    reference: Text | None = None
    creditor: Text | None = None


Kind = TypeVar("Kind", bound=Row)


class Customers(Schema):
    model_config = ConfigDict(extra="forbid")
    rows: Annotated[list[CustomerRow], Field(min_length=1, max_length=MOST_ROWS)]


class Bills(Schema):
    model_config = ConfigDict(extra="forbid")
    rows: Annotated[list[BillRow], Field(min_length=1, max_length=MOST_ROWS)]
    currency: Currency | None = Field(None, description="of rows that name none")


class Payments(Schema):
    model_config = ConfigDict(extra="forbid")
    rows: Annotated[list[PaymentRow], Field(min_length=1, max_length=MOST_ROWS)]
    currency: Currency | None = Field(None, description="of rows that name none")


class RowError(Schema):
    row: int | None = Field(description="its place in rows, counting from 1")
    field: str | None
    code: str
    message: str


class Pushed(Schema):
    """What became of the rows. A row with an error did not land; all others did."""

    import_: int | None = Field(alias="import", description="number of the import, for undoing it")
    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    warnings: dict[str, int]
    errors: list[RowError]


# Reading -----------------------------------------------------------------------------------------------------------------


class Contact(Schema):
    id: int
    kind: str
    role: str
    person: str
    value: str
    validity: str
    verified_on: dt.date | None


class Account(Schema):
    """What a customer owes a creditor in one currency, today."""

    creditor: str
    currency: Currency
    balance: Amount
    late: Amount
    days_late: int | None = Field(description="of the oldest late bill")


class Customer(Schema):
    id: int
    number: str
    kind: str
    name: str = Field(description="masked for a natural person, unless revealed")
    customer_class: str = Field(description="as the ledger says; the class that counts stands with each case")
    terms_days: int | None
    area: str
    country: str
    language: str
    merged_into: str | None = Field(description="number of the customer this one turned out to be")


class CustomerFile(Customer):
    identity: str = Field(description="masked for a natural person, unless revealed")
    contacts: list[Contact]
    accounts: list[Account]
    cases: list[str] = Field(description="numbers of the open ones")


class Bill(Schema):
    id: int
    number: str
    creditor: str
    customer: str
    kind: str
    currency: Currency
    issued_on: dt.date | None
    due_on: dt.date
    amount: Amount = Field(description="with corrections, in major units (元)")
    paid: Amount
    open: Amount
    reference: str
    seller: str | None


class Case(Schema):
    id: int
    number: str
    customer: str
    name: str = Field(description="masked for a natural person, unless revealed")
    creditor: str
    stage: str
    level: str
    level_row: str = Field(description="the row of the policy that decided")
    customer_class: str = Field(description="the class of the customer that counts, as the last night decided it")
    class_row: str = Field(description="the row of the policy that decided the class")
    owner: str | None
    desk: str
    opened_on: dt.date
    closed_on: dt.date | None


class Promise(Schema):
    id: int
    case: str
    amount: Amount
    currency: Currency
    promised_on: dt.date
    due_on: dt.date
    state: str
    judged_on: dt.date | None
    by: str | None


class Task(Schema):
    id: int
    customer: str
    creditor: str
    case: str | None
    action: str
    action_row: str
    owner: str | None
    points: int
    reasons: list[str]
    created_on: dt.date
    due_on: dt.date
    state: str
    ended_on: dt.date | None


class CaseFile(Case):
    accounts: list[Account]
    promises: list[Promise] = Field(description="the last 100")
    task: Task | None = Field(description="the open one")


class Alert(Schema):
    id: int
    customer: str
    creditor: str
    level: str
    row: str
    raised_on: dt.date
    amount: Amount
    currency: Currency
    days_late: int
    recipients: list[str]


class Record(Schema):
    id: int
    case: str
    customer: str
    at: dt.datetime
    by: str
    channel: str
    reached: str
    result: str
    reason: str
    attitude: str
    note: str = Field(description="masked, unless revealed")
    next_on: dt.date | None
    promise: int | None
    corrects: int | None


class CustomerPage(Schema):
    items: list[Customer]
    next: int | None = Field(description="the cursor of what follows; null at the end")


class BillPage(Schema):
    items: list[Bill]
    next: int | None = Field(description="the cursor of what follows; null at the end")


class CasePage(Schema):
    items: list[Case]
    next: int | None = Field(description="the cursor of what follows; null at the end")


class TaskPage(Schema):
    items: list[Task]
    next: int | None = Field(description="the cursor of what follows; null at the end")


class AlertPage(Schema):
    items: list[Alert]
    next: int | None = Field(description="the cursor of what follows; null at the end")


class RecordPage(Schema):
    items: list[Record]
    next: int | None = Field(description="the cursor of what follows; null at the end")


# Writing -----------------------------------------------------------------------------------------------------------------


class NewPromise(Schema):
    model_config = ConfigDict(extra="forbid")
    amount: Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?$", description="in major units (元)")]
    currency: Currency
    due_on: Day


Invalid.model_rebuild()
