"""Words to staff that leave the house: warnings, and requests that wait for approval, by group robots and by e-mail.

The guard is not asked: staff are no debtors. A word names a customer by number only; who that is, is read in the house.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from liangqing import policy
from liangqing.approvals import acts
from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Request
from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.outreach.actions import providers
from liangqing.outreach.channels import carriers
from liangqing.outreach.channels.failing_over import stops_provider
from liangqing.outreach.channels.kinds import STAFF_ONLY, Kind
from liangqing.outreach.channels.sending import Fault, Parcel, Receipt, rejected
from liangqing.outreach.lifecycle import WORD, WordState
from liangqing.outreach.models import Provider, Word
from liangqing.outreach.rules.sending import wait_s
from liangqing.people.models import User
from liangqing.warning.level import Level
from liangqing.warning.models import Alert

RECENT = dt.timedelta(days=2)
"""Older warnings and requests are no news."""
MOST = 2_000
"""Made in one go."""
LOST_AFTER = dt.timedelta(minutes=5)
BEGIN_S = 40.0
About = Word.About
_log = logging.getLogger(__name__)
Staff = Mapping[int, User]
"""People who can be written to, by id."""


def collect() -> int:
    """Write a word for each warning and request that is new, once for each address; how many."""
    robots = list(Provider.objects.filter(kind__in=STAFF_ONLY, active=True).order_by("order", "id"))
    mails = Provider.objects.filter(kind=Kind.SMTP, active=True).order_by("-for_staff", "order", "id").first()
    if not robots and mails is None:
        return 0
    staff = {person.pk: person for person in User.objects.filter(is_active=True).exclude(email="")} if mails else {}
    before = Word.objects.aggregate(last=Max("id"))["last"] or 0
    with transaction.atomic():
        Word.objects.bulk_create(
            [*_of_alerts(robots, mails, staff), *_of_requests(robots, mails, staff)], ignore_conflicts=True
        )
    return Word.objects.filter(id__gt=before).count()


def _of_alerts(robots: list[Provider], mails: Provider | None, staff: Staff) -> Iterator[Word]:
    last = Word.objects.filter(about=About.ALERT).aggregate(last=Max("thing_id"))["last"] or 0
    new = Alert.objects.filter(id__gt=last, raised_on__gte=clock.today() - RECENT, acknowledged_at=None)
    for alert in new.select_related("party").order_by("id")[:MOST]:
        facts = {
            "level": alert.level,
            "customer": alert.party.number,
            "amount": alert.amount,
            "currency": alert.currency,
            "days": alert.days_late,
        }
        yield from _addressed(About.ALERT, alert.pk, facts, _known(alert.recipients, staff), robots, mails)


def _of_requests(robots: list[Provider], mails: Provider | None, staff: Staff) -> Iterator[Word]:
    waiting = Request.objects.filter(state=RequestState.OPEN, requested_at__gte=clock.now() - RECENT)
    for request in waiting.order_by("-id")[:MOST]:
        facts = {"number": request.number, "act": request.act}
        yield from _addressed(About.REQUEST, request.pk, facts, _known(request.waiting_for, staff), robots, mails)


def _known(people: Iterable[int], staff: Staff) -> list[User]:
    """Those of them who have a mailbox."""
    return [staff[each] for each in people if each in staff]


def _addressed(
    about: str,
    thing: int,
    facts: Mapping[str, object],
    people: Iterable[User],
    robots: list[Provider],
    mails: Provider | None,
) -> Iterator[Word]:
    now = clock.now()
    for robot in robots:
        yield Word(about=about, thing_id=thing, provider=robot, facts=facts, due_at=now, made_at=now)
    if mails is not None:
        for person in people:
            yield Word(
                about=about, thing_id=thing, provider=mails, person=person, facts=facts, due_at=now, made_at=now
            )  # fmt: skip


def send() -> dict[str, int]:
    """Send what is due; how many came to stand where. A word that may have arrived is sent again: twice does no harm."""
    counts: Counter[str] = Counter()
    resting: set[int] = set()
    end = time.monotonic() + BEGIN_S
    while time.monotonic() < end and (row := _claim(resting)) is not None:
        if providers.take_place(row.provider):
            resting.add(row.provider_id)
            WORD.move(row, "put back", claimed_at=None, tries=row.tries - 1)
            continue
        receipt = _handed_over(row)
        if stops_provider(receipt):
            providers.stop_after(row.provider, receipt)
        _note(row, receipt)
        counts[row.state] += 1
    return dict(counts)


def _handed_over(row: Word) -> Receipt:
    """One that breaks our own work keeps no other waiting."""
    try:
        return carriers.of(row.provider).send(parcel(row))
    except Exception as broken:  # noqa: BLE001
        _log.exception("A word to staff can't be sent")
        return rejected("broken", type(broken).__name__, Fault.REQUEST)


@transaction.atomic
def _claim(resting: set[int]) -> Word | None:
    now = clock.now()
    due = Q(state=WordState.WAITING, due_at__lte=now) | Q(state=WordState.CLAIMED, claimed_at__lt=now - LOST_AFTER)
    row = (
        Word.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("provider", "person")
        .filter(due, provider__active=True, provider__stopped_at=None)
        .exclude(provider__in=resting)
        .order_by("due_at", "id")
        .first()
    )
    if row is not None:
        WORD.move(row, "claim", claimed_at=now, tries=row.tries + 1)
    return row


def _note(row: Word, receipt: Receipt) -> None:
    terms, now = policy.in_force(clock.today()).terms, clock.now()
    if receipt.accepted:
        WORD.move(row, "send", sent_at=now, reason="")
    elif row.tries >= int(terms["outreach.most_tries"]):
        WORD.move(row, "give up", reason=receipt.code[:64])
    else:
        first_s = 60.0 * int(terms["outreach.first_retry_minutes"])
        seconds = wait_s(row.tries, first_s, random.random(), least_s=receipt.retry_after_s)
        WORD.move(row, "put back", reason=receipt.code[:64], due_at=now + dt.timedelta(seconds=seconds))


def parcel(row: Word) -> Parcel:
    """What is said."""
    subject, body = _said(row)
    return Parcel(to=row.person.email if row.person else "", key=str(row.key), subject=subject, body=body)


def _said(row: Word) -> tuple[str, str]:
    facts = row.facts
    if row.about == About.ALERT:
        level = Level(facts["level"]).label
        return _("Warning: {level}").format(level=level), _(
            "Customer {customer} has reached the level “{level}”: {amount} late, the oldest for {days} days. "
            "Read and acknowledge it under Warnings."
        ).format(
            customer=facts["customer"],
            level=level,
            amount=Money(facts["amount"], facts["currency"]),
            days=facts["days"],
        )
    act = acts.known().get(facts["act"])
    return _("Waits for approval: {number}").format(number=facts["number"]), _(
        "{number} ({act}) waits for your decision. Read it under Approvals."
    ).format(number=facts["number"], act=act.label if act else facts["act"])
