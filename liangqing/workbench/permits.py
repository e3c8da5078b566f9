"""Leave to take a large table away: asked of those the policy names, given for some days (P2 6.2).

A table of more rows than the term ``export.most_rows`` says leaves only with it. What is allowed is one list with its
filters, for the person who asked; rows beyond their reach are never in it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.approvals import acts
from liangqing.approvals.actions import requests
from liangqing.approvals.models import Request
from liangqing.approvals.queries.inbox import pending
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import can, demand
from liangqing.trail.actions.tell import Event, tell
from liangqing.workbench.models import Permit

ACT, SUBJECT, RIGHT = "data.export", "export", "list.export"


HOW_SHOWN = ("export", "page", "sort", "column")


@dataclass(frozen=True)
class Wanted:
    """A table somebody wants to take away: its name and title, and the address where it stands, in which what is asked of
    it is kept in order and nothing else."""

    list: str
    title: str
    address: str

    @classmethod
    def at(cls, address: str, name: str, title: str) -> Wanted:
        """The table that is shown at an address, whichever page or order of it."""
        path, _mark, query = address.partition("?")
        asked = sorted((key, value) for key, value in parse_qsl(query) if key not in HOW_SHOWN)
        return cls(name, title, f"{path}?{urlencode(asked)}" if asked else path)

    @property
    def filters(self) -> tuple[str, ...]:
        """What is asked of it."""
        return tuple(value for _key, value in parse_qsl(self.address.partition("?")[2]))

    @property
    def digest(self) -> bytes:
        """By which it is found without being read: keyed, since a search may name somebody."""
        return sealing.index(hashlib.sha256(f"{self.list} {self.address}".encode()).hexdigest())


class TooLarge(Refusal):
    """The table has more rows than may leave without leave."""

    def __init__(self, wanted: Wanted, most: int) -> None:
        super().__init__(
            "export_needs_approval",
            _("This has more than {most} rows. To take it away, ask for approval."),
            most=most,
        )
        self.wanted = wanted


@dataclass(frozen=True, kw_only=True)
class ExportAllowed(Event):
    """Somebody may take a large table away, for some days."""

    name: ClassVar[str] = "export allowed"
    thing: ClassVar[str] = "export"
    list: str
    until: dt.date
    request: str


def most_rows() -> int:
    """How many rows may leave without approval."""
    return int(policy.in_force(clock.today()).terms["export.most_rows"])


def allowed(wanted: Wanted, user: User) -> bool:
    """Whether this person has leave today to take this table away, however large."""
    return Permit.objects.filter(
        user=user, digest=wanted.digest, granted_at__isnull=False, until_on__gt=clock.today()
    ).exists()


@action
@clause("P2 6.2")
def ask(wanted: Wanted, *, reason: str, by: User) -> Request:
    """Ask for leave. Raises ``Refusal``: 403 without the right to take lists away; 409 while it is asked for already
    (``asked_already``); what ``approvals.requests.request`` raises."""
    demand(by, RIGHT)
    waiting = Permit.objects.filter(user=by, digest=wanted.digest, granted_at=None).order_by("-id").first()
    open_one = pending(ACT, SUBJECT, waiting.pk).first() if waiting else None
    if open_one is not None:
        raise Refusal(
            "asked_already", _("This is asked for already: {number}. Wait for the answer."), number=open_one.number
        )
    row = Permit.objects.create(
        user=by,
        list=wanted.list,
        title=wanted.title,
        digest=wanted.digest,
        address=sealing.seal(wanted.address),
        asked_at=clock.now(),
    )
    return requests.request(
        ACT,
        subject_kind=SUBJECT,
        subject_id=row.pk,
        subject=" · ".join((wanted.title, *wanted.filters)),
        reason=reason,
        by=by,
        facts={"list": wanted.title},
    )


def address(row: Permit) -> str:
    """The page it is taken from."""
    return sealing.unseal(row.address)


def check(request: Request) -> None:
    """Whether whoever asked may still take lists away. Raises ``Refusal`` (409)."""
    Permit.objects.select_for_update(of=("self",)).get(pk=request.subject_id)
    if not can(request.requested_by, RIGHT):
        raise Refusal("may_not_export", _("{name} may not export lists any more."), name=request.requested_by.name)


@clause("P2 6.2")
def grant(request: Request) -> None:
    """Approved: it may be taken away, as often as needed, for as many days as the term ``export.permit_days`` says."""
    today = clock.today()
    days = int(policy.in_force(today).terms["export.permit_days"])
    row = Permit.objects.get(pk=request.subject_id)
    row.granted_at, row.until_on = clock.now(), today + dt.timedelta(days=days)
    row.save(update_fields=["granted_at", "until_on"])
    told: dict[str, Any] = {"list": row.list, "until": row.until_on, "request": request.number}
    tell(ExportAllowed(thing_id=row.pk, **told), by=request.decided_by)


def register() -> None:
    """Make the act known to approvals."""
    acts.register(acts.Act(ACT, _("taking a large list away"), perform=grant, check=check, right=RIGHT))
