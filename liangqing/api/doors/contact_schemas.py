"""What goes in and out about contacts: decisions of the guard, what became of them, restraints, messages."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from liangqing.api.doors.schemas import _NO_NUL, Code, Day, NewPromise
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.lifecycle import MessageState
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.models import Grade, Hold, Role

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2})")
_YEARS = range(2000, 2101)


def _instant(value: Any) -> Any:
    """Only an instant as ISO writes it, with its offset: without one nobody knows when it was."""
    if isinstance(value, dt.datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise ValueError("an instant is written as in 2026-03-31T10:00:00+08:00")


def _near(value: dt.datetime) -> dt.datetime:
    if value.year not in _YEARS:
        raise ValueError(f"between the years {_YEARS.start} and {_YEARS.stop - 1}")
    return value


Instant = Annotated[dt.datetime, BeforeValidator(_instant), AfterValidator(_near)]
Id = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=86_400)]
Minute = Annotated[int, Field(strict=True, ge=0, le=1440, description="minutes after midnight where the customer is")]
Short = Annotated[str, Field(max_length=64, pattern=_NO_NUL)]
Words = Annotated[str, Field(max_length=2000, pattern=_NO_NUL)]
Receipt = Annotated[str, Field(pattern=r"^CR-[0-9]{1,18}$", examples=["CR-000000017"])]


class Given(Schema):
    model_config = ConfigDict(extra="forbid")


class NewRecord(Given):
    channel: Code
    result: Code
    reached: Code
    reason: Annotated[str, Field(max_length=80, pattern=_NO_NUL)] = ""
    attitude: Annotated[str, Field(max_length=80, pattern=_NO_NUL)] = ""
    note: Annotated[str, Field(max_length=4000, pattern=_NO_NUL)] = ""
    contact: int | None = Field(None, ge=1, le=2**63 - 1, description="id of the contact used")
    next_on: Day | None = None
    promise: NewPromise | None = None
    corrects: int | None = Field(None, ge=1, le=2**63 - 1, description="id of the record this one corrects")
    receipt: Receipt | None = Field(None, description="of the guard's decision about this contact")
    at: Instant | None = Field(None, description="when the contact was, of one that happened earlier without a receipt")
    line: Short = Field("", description="our own number or account it was made from")


class NewDecision(Given):
    """A contact somebody is about to make. Either a known ``contact`` or a raw ``value``."""

    customer: Code
    case: Code | None = None
    channel: Channel
    content: Content
    contact: Id | None = Field(None, description="id of a contact of the customer")
    value: Short = Field("", description="number or address, where it is no known contact")
    recipient: Recipient | None = Field(None, description="who answers there; of a known contact its role says")
    line: Short = Field("", description="our own number, address or account that is used")
    agent: Code | None = Field(None, description="user name of whoever will make the contact; empty: this program")
    automated: bool = Field(False, description="no person speaks or reads what is said")


class NewOutcome(Given):
    outcome: Outcome
    at: Instant | None = Field(None, description="when it became known; empty: now")
    duration_s: Seconds | None = None
    detail: Words = Field("", description="what the channel said; kept sealed")


class Contacted(Schema):
    """The receipt of one decision. It counts from the decision on; ``outcome`` says what became of it."""

    id: int
    receipt: Receipt
    customer: str
    creditor: str | None
    case: str | None
    channel: str
    content: str
    recipient: str
    line: str
    at: dt.datetime
    ahead: bool = Field(description="asked before it happened; else reported afterwards")
    by: str | None
    source: str
    answer: str = Field(description="allowed, approval or refused")
    reason: str = Field(description="why, in the language asked for; of an allowed one what to mind")
    rules: list[str]
    earliest: dt.datetime | None = Field(description="from when it would be allowed; null where waiting does not help")
    policy: str
    outcome: str
    outcome_at: dt.datetime | None
    duration_s: int | None


class ContactedPage(Schema):
    items: list[Contacted]
    next: int | None = Field(description="the cursor of what follows; null at the end")


class NewRestraint(Given):
    customer: Code
    kind: Hold
    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=_NO_NUL)]
    channel: Channel | None = Field(None, description="empty: every channel")
    contact: Id | None = Field(None, description="the one it concerns; empty: all")
    about: Short = Field("", description="number of the bill a dispute is about")
    from_minute: Minute | None = None
    until_minute: Minute | None = None
    until_on: Day | None = Field(None, description="first day on which it holds no more; empty: until it is lifted")
    began_on: Day | None = Field(
        None, description="complaint taken, agreement signed, bankruptcy accepted; empty: today"
    )
    grade: Grade | None = Field(None, description="of a complaint; empty: simple")
    months: int | None = Field(None, ge=1, le=1200, description="for how long an agreement on instalments runs")
    pays_day: int | None = Field(None, ge=1, le=31, description="day of the month on which its instalments are due")
    place: Role | None = Field(None, description="role of the addresses where they want no visit or letter")
    claims_until: Day | None = Field(None, description="last day for claims by the court's notice of a bankruptcy")


class Lifting(Given):
    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=_NO_NUL)]


class Restraint(Schema):
    id: int
    customer: str
    kind: str
    channel: str | None
    creditor: str | None
    about: str | None
    from_minute: int | None
    until_minute: int | None
    since: dt.datetime
    until: dt.datetime | None
    lifted_at: dt.datetime | None
    source: str
    by: str | None
    began_on: dt.date | None
    due_on: dt.date | None = Field(description="last day in time for the answer or claim it asks for")


class RestraintPage(Schema):
    items: list[Restraint]
    next: int | None = Field(description="the cursor of what follows; null at the end")


class NewMessage(Given):
    """One message to a known contact: by the wording in force, or in words of its own (``body``)."""

    customer: Code
    case: Code | None = None
    channel: Channel = Field(description="sms, email or letter")
    content: Content
    contact: Id
    purpose: Annotated[str, Field(min_length=1, max_length=32, pattern=_NO_NUL)] = Field(
        "message", description="of the same purpose, customer and day there is one message, however often it is wanted"
    )
    subject: Annotated[str, Field(max_length=200, pattern=_NO_NUL)] = ""
    body: Annotated[str, Field(max_length=20_000, pattern=_NO_NUL)] = ""
    not_before: Instant | None = None
    confirmed: bool = Field(False, description="somebody read what was found in the words, and means it")


class Message(Schema):
    id: int
    number: str
    customer: str
    case: str | None
    channel: str
    content: str
    recipient: str
    to: str = Field(description="masked, unless revealed")
    state: MessageState
    reason: str
    text: str = Field(description="as it left; masked, unless revealed")
    receipt: str | None = Field(description="of the guard's last decision")
    written_at: dt.datetime
    sent_at: dt.datetime | None
    ended_at: dt.datetime | None


class MessagePage(Schema):
    items: list[Message]
    next: int | None = Field(description="the cursor of what follows; null at the end")
