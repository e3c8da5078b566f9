"""The night says who may be asked for payment today, by what and from when; the guard says the same at that minute."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import ibis
import pytest

from liangqing.kit import clock
from liangqing.nightly.actions.run import Report
from liangqing.nightly.night import nights_folder
from liangqing.outreach.actions import guard
from liangqing.outreach.models import Exemption, Line, Outlook
from liangqing.outreach.queries.facts import Wish
from liangqing.outreach.rules.facts import Outcome
from liangqing.outreach.rules.foretold import everyone
from liangqing.outreach.rules.zones import midnight, zones
from liangqing.parties.models import Contact, Creditor, Hold, Party, Restraint
from liangqing.receivables.models import Bill
from tests.cast import Cast, Customer, day

MONDAY = "2026-11-23"
BEGINNING = dt.datetime.fromisoformat("2026-10-01T00:00:00+08:00")
Night = Callable[[str], Report]
KEPT = ("debts", "outlook_usual", "outlook")
KINDS = {"phone": "phone", "sms": "phone", "email": "email", "letter": "address", "visit": "address"}


@pytest.fixture
def cast(books: str) -> Cast:
    return Cast()


def owing(
    cast: Cast, name: str, *, kind: str = "person", due: str = "2026-11-01", to: Creditor | None = None, **columns: Any
) -> Customer:
    customer = cast.customer(name, **columns)
    customer.creditor = to or cast.creditor
    Party.objects.filter(pk=customer.party.pk).update(kind=kind)
    customer.party.refresh_from_db()
    customer.bill(5_000, due=due)
    return customer


def restrain(customer: Customer, kind: str, **more: Any) -> Restraint:
    return Restraint.objects.create(**{"party": customer.party, "kind": kind, "since_at": BEGINNING, **more})


def phone(customer: Customer, index: bytes = b"a1", **more: Any) -> Contact:
    return Contact.objects.create(
        party=customer.party, kind="phone", role="self", value_stored="", value_index=index, **more
    )


def mixed(cast: Cast) -> list[tuple[Customer, list[Contact]]]:
    """Thirty customers and their numbers, of many places and two creditors: restrained in every way, tried, exempted."""
    principal = Creditor.objects.create(code="P", name="委托方", kind="principal")
    places = [
        {},
        {"country": "CN"},
        {"country": "US", "zone": "America/New_York"},
        {"country": "GB"},
        {"country": "US"},
    ]
    holds: list[dict[str, Any]] = [
        {}, {"kind": Hold.PROMISE}, {"kind": Hold.COMPLAINT, "since_at": BEGINNING + dt.timedelta(days=45)},
        {"kind": Hold.HOURS, "from_minute": 1080, "until_minute": 1200}, {"kind": Hold.HOSPITAL},
        {"kind": Hold.CONSENT, "channel": "phone", "from_minute": 360, "until_minute": 480}, {"kind": Hold.DISPUTE},
        {"kind": Hold.OPT_OUT, "channel": "email"}, {"kind": Hold.AGREEMENT, "until_at": BEGINNING + dt.timedelta(days=90)},
        {"kind": Hold.HOURS, "channel": "sms", "from_minute": 0, "until_minute": 240},
    ]  # fmt: skip
    Line.objects.create(channel="sms", value="106", contracted=False)
    customers: list[tuple[Customer, list[Contact]]] = []
    for number, hold in enumerate(holds * 3):
        to = principal if number % 5 in (2, 4) else None
        customer = owing(cast, f"K{number}", kind=("person", "company")[number % 4 == 3], to=to, **places[number % 5])
        if hold:
            restrain(customer, **hold)
        ways = [phone(customer, b"a%d" % number)] if number % 2 else []
        for back in range(number % 4):
            with clock.at(f"2026-11-{22 - 2 * back}T{10 + back}:00:00+08:00"):
                wish = Wish(
                    customer.party,
                    ("phone", "sms")[back % 2],
                    "demand",
                    creditor=customer.creditor,
                    contact=ways[0] if ways else None,
                )
                guard.conclude(guard.ask(wish), (Outcome.EFFECTIVE, Outcome.SENT)[back % 2])
        customers.append((customer, ways))
    Exemption.objects.create(
        party=customers[1][0].party, channel="phone", rules=["hours:T1", "restraint:PROMISE"], from_at=BEGINNING,
        until_at=BEGINNING + dt.timedelta(days=99), request="1", reason_stored="", granted_by=cast.zhao,
    )  # fmt: skip
    return customers


def outlook(date: str = MONDAY) -> dict[tuple[int, int, str], dict[str, Any]]:
    con = ibis.duckdb.connect()
    kept = (con.read_parquet(nights_folder() / date / f"{name}.parquet") for name in KEPT)
    rows = con.to_pyarrow(everyone(*kept)).to_pylist()
    return {(row["party_id"], row["creditor_id"], row["channel"]): row for row in rows}


def of(customer: Customer, channel: str, date: str = MONDAY) -> tuple[str, int | None, str]:
    row = outlook(date)[(customer.party.pk, customer.creditor.pk, channel)]
    return row["answer"], row["from_minute"], row["rules"]


def test_who_is_held_back_by_nothing_is_called_from_the_hour_that_counts(cast: Cast, night: Night) -> None:
    person, company = owing(cast, "甲"), owing(cast, "乙", kind="company")
    chicago = owing(cast, "丙", country="US", zone="America/Chicago")
    owing(cast, "丁", due="2027-01-01")
    night(MONDAY)

    assert of(person, "phone") == ("allowed", 480, "")
    assert of(person, "visit") == ("allowed", 540, "")
    assert of(company, "phone") == ("allowed", 540, "")
    assert of(company, "letter") == ("allowed", 0, "")
    assert of(chicago, "phone")[:2] == ("allowed", 480)
    assert len(outlook()) == 15, "who owes nothing late is not asked"
    assert not Outlook.objects.exists()


def test_on_a_day_off_a_business_is_called_only_against_a_warning(cast: Cast, night: Night) -> None:
    company = owing(cast, "乙", kind="company")
    night("2026-11-22")
    assert of(company, "phone", "2026-11-22") == ("allowed", 0, "hours:T9-night hours:T9-rest")
    assert outlook("2026-11-22")[(company.party.pk, company.creditor.pk, "phone")]["effect"] == "warn"
    assert not Outlook.objects.exists(), "what counts for all is nobody's own"


def test_what_is_ones_own_is_stored_and_changes_alone_are_written(cast: Cast, night: Night) -> None:
    opted, other = owing(cast, "甲"), owing(cast, "乙")
    row = restrain(opted, Hold.OPT_OUT, channel="sms")
    restrain(other, Hold.HOURS, from_minute=1080, until_minute=1440)
    night(MONDAY)

    stored = {
        (each.party_id, each.channel): (each.effect, each.from_minute, each.rules) for each in Outlook.objects.all()
    }
    assert stored.pop((opted.party.pk, "sms")) == ("block", None, ["restraint:R-optout"])
    assert stored == {(other.party.pk, channel): ("", 1080, []) for channel in KINDS}
    assert of(other, "phone") == ("allowed", 1080, "")
    assert night(MONDAY).changed_rows == 0

    Restraint.objects.filter(pk=row.pk).update(lifted_at=BEGINNING + dt.timedelta(days=54))
    night("2026-11-24")
    assert not Outlook.objects.filter(party=opted.party).exists()
    assert Outlook.objects.filter(party=other.party, since_on=day(MONDAY)).count() == 5


def test_what_was_tried_by_any_number_of_the_customer_counts(cast: Cast, night: Night) -> None:
    kept, double = owing(cast, "甲"), owing(cast, "乙")
    Party.objects.filter(pk=double.party.pk).update(merged_into=kept.party)
    for n in range(3):
        with clock.at(f"2026-11-{20 + n}T12:00:00+08:00"):
            guard.conclude(
                guard.ask(Wish(kept.party, "sms", "demand", creditor=cast.creditor, value="13800138000")), Outcome.SENT
            )
    night(MONDAY)

    assert of(kept, "sms") == ("allowed", 480, "cap:T7-sms-week")
    assert of(double, "sms") == ("allowed", 480, "cap:T7-sms-week")
    assert of(double, "phone") == ("allowed", 480, "")
    assert {each.party_id for each in Outlook.objects.filter(channel="sms", effect="warn")} == {
        kept.party.pk, double.party.pk,
    }  # fmt: skip


def test_the_best_of_several_numbers_is_named(cast: Cast, night: Night) -> None:
    customer = owing(cast, "甲")
    listed = phone(customer, b"a1", source=Contact.Source.PHONE_BOOK, validity="valid")
    night(MONDAY)
    assert of(customer, "phone") == ("refused", None, "condition:P10")
    assert Outlook.objects.get(channel="phone").rules == ["condition:P10"]

    given = phone(customer, b"b2", source=Contact.Source.CONTRACT)
    night("2026-11-24")
    row = outlook("2026-11-24")[(customer.party.pk, customer.creditor.pk, "phone")]
    assert (row["answer"], row["contact_id"]) == ("allowed", given.pk)
    assert listed.pk != given.pk


def test_who_wants_no_visit_at_home_is_not_visited_there_by_the_night_nor_at_the_door(cast: Cast, night: Night) -> None:
    customer, other = owing(cast, "甲"), owing(cast, "乙")
    home, away = (
        Contact.objects.create(party=each.party, kind="address", role="self", value_stored="", value_index=b"h")
        for each in (customer, other)
    )
    restrain(customer, Hold.PLACE, place="self")
    restrain(other, Hold.PLACE, place="employer")
    night(MONDAY)

    assert of(customer, "visit") == ("refused", None, "restraint:WISH-place")
    assert of(customer, "letter") == ("refused", None, "restraint:WISH-place-letter")
    assert of(customer, "phone") == ("allowed", 480, "")
    assert (of(other, "visit")[0], of(other, "letter")[0]) == ("allowed", "allowed"), "it is about another place"
    with clock.at(f"{MONDAY}T10:00:00+08:00"):
        for each, contact, rules in ((customer, home, ["restraint:WISH-place"]), (other, away, [])):
            told = guard.look(Wish(each.party, "visit", "demand", creditor=each.creditor, contact=contact, by=cast.lin))
            assert [found.rule for found in told.findings if found.rule.startswith("restraint:")] == rules


def test_a_dispute_counts_by_what_it_leaves_towards_each_creditor(cast: Cast, night: Night) -> None:
    all_of_it, part = owing(cast, "甲", kind="company"), owing(cast, "乙", kind="company")
    one = part.bill(700, due="2026-11-02")
    restrain(all_of_it, Hold.DISPUTE, about=f"{all_of_it.party.number}-1")
    restrain(part, Hold.DISPUTE, about=one.number)
    night(MONDAY)

    assert of(all_of_it, "phone") == ("refused", None, "restraint:C6")
    assert of(part, "phone") == ("allowed", 540, "")


def test_disputes_are_taken_together_in_both_forms(cast: Cast, night: Night) -> None:
    bills, parts, rest = (owing(cast, name, kind="company") for name in "甲乙丙")
    second = bills.bill(700, due="2026-11-02")
    first = dict(Bill.objects.exclude(pk=second.pk).values_list("party", "number"))
    for about in (first[bills.party.pk], second.number):
        restrain(bills, Hold.DISPUTE, about=about)
    for customer, amounts in ((parts, (300_000, 200_000)), (rest, (300_000, 199_999))):
        for amount in amounts:
            restrain(customer, Hold.DISPUTE, about=first[customer.party.pk], amount=amount, currency="CNY")
    night(MONDAY)

    for customer, answer in ((bills, "refused"), (parts, "refused"), (rest, "allowed")):
        assert of(customer, "phone")[0] == answer
        with clock.at(f"{MONDAY}T10:00:00+08:00"):
            assert (
                guard.look(Wish(customer.party, "phone", "demand", creditor=cast.creditor, by=cast.lin)).answer
                == answer
            )


def test_limitation_is_asked_where_a_rule_wants_to_know(cast: Cast, night: Night) -> None:
    old = owing(cast, "甲", country="GB", due="2023-01-10")
    paid = owing(cast, "乙", country="GB", due="2023-01-10")
    paid.pays(10, on="2025-01-10")
    night(MONDAY)

    assert of(old, "letter") == ("refused", None, "condition:C12")
    assert of(paid, "letter")[0] == "allowed"


def test_the_guard_says_the_same_at_that_minute(cast: Cast, night: Night) -> None:
    """Over a mixed portfolio: everything the night says of each is what ``look`` says of a person who asks then."""
    customers = mixed(cast)
    night(MONDAY)

    found, seen = outlook(), set()
    for customer, ways in customers:
        for channel in KINDS:
            row = found[(customer.party.pk, customer.creditor.pk, channel)]
            zone = zones(customer.party.country, customer.party.zone, "Asia/Shanghai")[0]
            contact = ways[0] if ways and channel in ("phone", "sms") else None
            wish = Wish(
                customer.party,
                channel,
                "demand",
                creditor=customer.creditor,
                contact=contact,
                line="106" if channel == "sms" else "",
            )
            if row["from_minute"] is not None:
                with clock.at(midnight(day(MONDAY), row["from_minute"], zone)):
                    verdict = guard.look(wish)
                rules = {each.rule for each in verdict.findings if each.effect != "record"}
                assert rules == set(row["rules"].split()), (row, verdict.rules)
                assert not {each.effect for each in verdict.findings} & {"block", "approval"}
            else:
                for hour in range(24):
                    with clock.at(midnight(day(MONDAY), 60 * hour, zone)):
                        assert guard.look(wish).answer in ("refused", row["answer"]), (row, hour)
            seen |= set(row["rules"].split())
    assert len(seen) >= 8, seen
