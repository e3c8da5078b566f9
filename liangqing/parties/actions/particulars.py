"""What stands beside a restraint from the start: the clock of a complaint or a bankruptcy, the facts of an agreement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.parties.events import DeadlineSet
from liangqing.parties.models import Agreement, Creditor, Deadline, Grade, Hold, Party, Purpose, Restraint
from liangqing.parties.rules import agreements, deadlines
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.policy import Policy, calendar
from liangqing.trail.actions.tell import tell


@dataclass(frozen=True)
class Particulars:
    """What is known of the fact besides that it holds.

    ``began_on``: the day it began (empty: today). Of a complaint: how it was taken in (``grade``). Of a bankruptcy: the
    last day for claims by the court's notice (``claims_until``; empty: not known). Of an agreement: for how many
    ``months``, on which day of each the customer pays, in which form; ``broken`` says that a breach comes from
    ``agreements.miss``, which alone tells of one. ``place``: the role of the addresses a wish is about.
    """

    began_on: dt.date | None = None
    grade: str = ""
    claims_until: dt.date | None = None
    months: int | None = None
    pays_day: int | None = None
    form: str = Agreement.Form.WRITTEN
    broken: bool = False
    place: str = ""


NOTHING = Particulars()
"""Nothing more is known."""


def book(party: Party, creditor: Creditor | None, day: dt.date) -> Policy:
    """The policy that counts for a customer on a day."""
    return policy.in_force(day).of(
        party.pk, line=creditor.code if creditor else "", place=party.country, debtor=party.kind
    )


def check(kind: str, party: Party, creditor: Creditor | None, given: Particulars) -> None:
    """Whether this could be put on record with the kind.

    Raises ``Refusal`` (422, with ``field``): a beginning that is to come; an agreement without months, with more than
    ``agreement.most_months`` (信用卡业务监督管理办法 70), or paid on no day of the month; a window for claims that ended
    before it began; a breach without its agreement; a wish about a place without the place.
    """
    if given.began_on is not None and given.began_on > clock.today():
        raise Refusal(
            "restraint_to_come", _("It must have happened already. Check the day."), status=422, field="began_on"
        )
    if kind == Hold.BREACH and not given.broken:
        raise Refusal(
            "breach_alone", _("Say of the agreement itself that an instalment was missed."), status=422, field="kind"
        )
    if kind == Hold.AGREEMENT:
        most = int(book(party, creditor, clock.today()).terms["agreement.most_months"])
        agreements.check_length(given.months, most)
        if given.pays_day is not None and not 1 <= given.pays_day <= 31:
            raise Refusal("agreement_day", _("A day of the month is 1 to 31."), status=422, field="pays_day")
    accepted_on = given.began_on or clock.today()
    if kind == Hold.BANKRUPTCY and given.claims_until is not None and given.claims_until < accepted_on:
        raise Refusal(
            "claims_until",
            _("The window for claims can't end before the bankruptcy was accepted. Check both days."),
            status=422,
            field="claims_until",
        )
    if (kind == Hold.PLACE) != bool(given.place):
        raise Refusal("restraint_place", _("Say at which place they do not want to be met."), status=422, field="place")


def enter(placed: Restraint, given: Particulars, *, by: User | None) -> None:
    """Keep what stands beside a restraint that was just placed."""
    if placed.kind == Hold.AGREEMENT:
        assert given.months is not None
        Agreement.objects.create(restraint=placed, months=given.months, pays_day=given.pays_day, form=given.form)
    elif placed.kind in (Hold.COMPLAINT, Hold.BANKRUPTCY):
        _start(placed, given, by)


def _start(placed: Restraint, given: Particulars, by: User | None) -> None:
    """The clock of a complaint or of a claim in bankruptcy begins with the day of the fact."""
    rules = book(placed.party, placed.creditor, clock.today())
    if placed.kind == Hold.COMPLAINT:
        grade = given.grade or Grade.SIMPLE
        window = deadlines.complaint(placed.day, grade, deadlines.Terms.of(rules.terms), calendar.is_working)
        purpose, duty, responsible = Purpose.ANSWER, Duty.RISK, _above(by)
    else:
        grade = ""
        days, warn = (int(rules.terms[key]) for key in ("claim.window_days", "claim.warn_days"))
        window = deadlines.claim(placed.day, days, warn, given.claims_until)
        purpose, duty, responsible = Purpose.CLAIM, Duty.LEGAL, None
    made = Deadline.objects.create(
        restraint=placed,
        purpose=purpose,
        grade=grade,
        due_on=window.due_on,
        last_on=window.last_on,
        warn_on=window.warn_on,
        responsible=responsible,
        duty=duty,
        policy=rules.stamp,
        alarm=deadlines.state(window.due_on, window.warn_on, clock.today()),
    )
    tell(
        DeadlineSet(
            thing_id=made.pk,
            party_id=placed.party_id,
            purpose=purpose,
            due_on=made.due_on,
            last_day=made.last_on,
            policy=made.policy,
        ),
        by=by,
    )


def _above(by: User | None) -> User | None:
    """A complaint is answered by somebody without interest in the case: the head of whoever took it; of a head, nobody
    in particular."""
    head = by.department.head if by is not None and by.department is not None else None
    return head if head is not None and head != by and head.is_active else None
