"""One statement reads of a customer what the rooms below say one by one."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext

from liangqing.kit import clock
from liangqing.outreach.actions import guard
from liangqing.outreach.models import Exemption, Line
from liangqing.outreach.queries import days
from liangqing.outreach.queries.facts import Wish, ground_of, know
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.models import Contact, Hold, Party, Restraint
from liangqing.parties.queries.members import members
from liangqing.parties.queries.restraints import holding
from liangqing.policy.models import SpecialDay
from tests.cast import Cast, Customer, day

NOON = dt.datetime.fromisoformat("2026-11-23T12:00:00+08:00")


def restrain(customer: Customer, kind: str, since: dt.datetime, **more: object) -> Restraint:
    return Restraint.objects.create(party=customer.party, kind=kind, since_at=since, **more)


def test_what_holds_is_what_the_room_of_parties_says(books: str) -> None:
    cast = Cast()
    kept, double, other = (cast.customer(name) for name in ("甲", "乙", "丙"))
    Party.objects.filter(pk=double.party.pk).update(merged_into=kept.party)
    second, hour = dt.timedelta(seconds=1), dt.timedelta(hours=1)
    restrain(kept, Hold.OPT_OUT, NOON - hour, channel="sms", value_index=b"\x01\x02")
    restrain(double, Hold.HOURS, NOON, from_minute=60, until_minute=120)
    restrain(kept, Hold.PROMISE, NOON - hour, until_at=NOON)
    restrain(kept, Hold.PROMISE, NOON - hour, until_at=NOON + second, creditor=cast.creditor)
    restrain(kept, Hold.COMPLAINT, NOON + second)
    restrain(kept, Hold.FRAUD, NOON - hour, lifted_at=NOON)
    restrain(kept, Hold.MINOR, NOON - hour, lifted_at=NOON + second, until_at=NOON + hour)
    restrain(other, Hold.DECEASED, NOON - hour)

    ground = ground_of(kept.party, cast.creditor, NOON)

    rows = holding(members(kept.party), NOON)
    assert [each.kind for each in ground.debtor.held] == [row.kind for row in rows]
    assert {each.kind for each in ground.debtor.held} == {Hold.OPT_OUT, Hold.HOURS, Hold.PROMISE, Hold.MINOR}
    opted, hours, promise, minor = ground.debtor.held
    assert (opted.channel, opted.number, opted.since) == ("sms", "0102", NOON - hour)
    assert (hours.from_minute, hours.until_minute) == (60, 120)
    assert (promise.until, promise.debt) == (NOON + second, cast.creditor.pk)
    assert minor.until == NOON + second


def test_attempts_of_all_numbers_count_if_they_took_place(books: str) -> None:
    cast = Cast()
    kept, double = cast.customer("甲"), cast.customer("乙")
    Party.objects.filter(pk=double.party.pk).update(merged_into=kept.party)
    double.party.refresh_from_db()
    with clock.at(NOON - dt.timedelta(minutes=5, microseconds=-7)):
        first = guard.ask(Wish(kept.party, "phone", "demand", creditor=cast.creditor, value="13800138000"))
        gone = guard.ask(Wish(kept.party, "phone", "demand", creditor=cast.creditor, value="13800138000"))
        guard.conclude(gone, Outcome.CALLED_OFF)
        guard.ask(Wish(double.party, "letter", "formal", value="某路 1 号"))
    with clock.at("2026-11-21T23:00:00+08:00"):
        refused = guard.ask(Wish(kept.party, "phone", "demand", creditor=cast.creditor, value="13800138000"))

    past = ground_of(kept.party, cast.creditor, NOON).debtor.past

    assert refused.answer == "refused"
    assert sorted((each.channel, each.debt, each.at) for each in past) == [
        ("letter", 0, first.at),
        ("phone", cast.creditor.pk, first.at),
    ]
    assert next(each.number for each in past if each.channel == "phone") == bytes(first.value_index).hex()


def test_everything_is_one_query_and_one_more_for_the_person_who_asks(books: str) -> None:
    cast = Cast()
    customer = cast.customer("甲")
    Line.objects.create(channel="phone", value="0571", contracted=True)
    Contact.objects.create(
        party=customer.party, kind="phone", role="self", value_stored="", value_index=b"1", validity="invalid"
    )
    SpecialDay.objects.create(on=day("2026-11-23"), works=False, name="周年")
    Exemption.objects.create(
        party=customer.party, channel="phone", rules=["cap:T5"], from_at=NOON, until_at=NOON + dt.timedelta(days=1),
        request="1", reason_stored="", granted_by=cast.zhao,
    )  # fmt: skip
    wish = Wish(customer.party, "phone", "demand", creditor=cast.creditor, line="0571", by=cast.lin)
    with clock.at(NOON):
        guard.look(wish)
        with CaptureQueriesContext(connection) as asked:
            verdict = guard.look(wish)
        known = know(wish)

    assert len(asked) == 2
    assert "hours:T9-rest" in verdict.rules, "the institution's own day off"
    assert known.asked.exempt == {"cap:T5"}
    assert (known.asked.line_registered, known.asked.route, known.asked.unreachable) == (True, "own", True)


def test_days_of_long_ago_and_far_ahead_are_asked_for_when_they_are_needed(books: str) -> None:
    SpecialDay.objects.create(on=day("2025-03-04"), works=False, name="周年")
    with clock.at(NOON):
        kind = days.kind_of_day("CN", {}, around=day("2026-11-23"))
        assert [kind(day(text)) for text in ("2025-03-04", "2026-10-01", "2026-11-21")] == [
            "holiday",
            "holiday",
            "restday",
        ]
