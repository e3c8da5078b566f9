"""Several reach for the last permitted contact at the very same moment, each in a transaction of its own."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from liangqing.kit import clock
from liangqing.outreach.actions import guard
from liangqing.outreach.models import Attempt, Source
from liangqing.outreach.queries.facts import Wish
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.models import Contact, Party
from liangqing.people.models import Certificate, User
from tests.cast import Cast, Customer, day

NOON = "2026-11-23T12:00:00+08:00"
TIMES = 4
"""How often each race is run; whoever comes first differs."""


@pytest.fixture
def cast(books: str) -> Cast:
    made = Cast()
    for user in (made.lin, made.mei):
        Certificate.objects.create(
            user=user, kind=Certificate.Kind.COLLECTION, from_on=day("2026-01-01"), until_on=day("2027-01-01")
        )
    return made


def debtor(cast: Cast, name: str) -> tuple[Customer, Contact]:
    """A person in China, and the number where they are reached."""
    customer = cast.customer(name)
    Party.objects.filter(pk=customer.party.pk).update(kind=Party.Kind.PERSON, country="CN")
    customer.party.refresh_from_db()
    phone = Contact.objects.create(
        party=customer.party, kind="phone", role="self", value_stored="", value_index=name.encode()
    )
    return customer, phone


def call(customer: Customer, phone: Contact, by: User | None = None) -> Wish:
    return Wish(
        customer.party, "phone", "demand", creditor=customer.creditor, contact=phone, by=by, automated=by is None
    )


def talked(customer: Customer, phone: Contact, times: int, by: User) -> None:
    """So many conversations this morning."""
    for hour in range(9, 9 + times):
        with clock.at(f"2026-11-23T{hour:02d}:00:00+08:00"):
            guard.conclude(guard.ask(call(customer, phone, by)), Outcome.EFFECTIVE)


def at_once(*wishes: tuple[Wish, str]) -> list[str]:
    """Ask all this at the same instant; the answers."""
    start, answers = threading.Barrier(len(wishes)), ["died"] * len(wishes)

    def run(place: int, wish: Wish, source: str) -> None:
        try:
            with clock.at(NOON):
                start.wait(10)
                answers[place] = guard.ask(wish, source=source).answer
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, *wish)) for place, wish in enumerate(wishes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_of_two_collectors_and_a_campaign_one_gets_the_last_call_of_the_day(cast: Cast) -> None:
    for time in range(TIMES):
        customer, phone = debtor(cast, f"客户{time}")
        talked(customer, phone, 2, cast.lin)

        answers = at_once(
            (call(customer, phone, cast.lin), Source.PERSON),
            (call(customer, phone, cast.mei), Source.PERSON),
            (call(customer, phone), Source.CAMPAIGN),
        )

        assert sorted(answers) == ["allowed", "refused", "refused"]
        late = Attempt.objects.filter(party=customer.party, answer="refused")
        assert all("cap:T3" in each.rules for each in late)


def test_the_numbers_of_one_customer_share_the_last_call(cast: Cast) -> None:
    for time in range(TIMES):
        (kept, phone), (other, second) = debtor(cast, f"甲{time}"), debtor(cast, f"乙{time}")
        Party.objects.filter(pk=other.party.pk).update(merged_into=kept.party)
        other.party.refresh_from_db()
        talked(kept, phone, 2, cast.lin)

        answers = at_once((call(kept, phone, cast.lin), Source.PERSON), (call(other, second, cast.mei), Source.PERSON))

        assert sorted(answers) == ["allowed", "refused"]


def test_a_call_that_did_not_take_place_gives_its_place_back(cast: Cast) -> None:
    customer, phone = debtor(cast, "客户")
    talked(customer, phone, 2, cast.lin)
    with clock.at(NOON):
        third = guard.ask(call(customer, phone, cast.lin))
        assert guard.look(call(customer, phone, cast.mei)).answer == "refused"
        guard.conclude(third, Outcome.CALLED_OFF)

    answers = at_once(*[(call(customer, phone, each), Source.PERSON) for each in (cast.lin, cast.mei)])
    assert sorted(answers) == ["allowed", "refused"]


def test_those_who_call_different_customers_do_not_wait_for_each_other(cast: Cast) -> None:
    several = [debtor(cast, f"客户{number}") for number in range(3)]
    for customer, phone in several:
        talked(customer, phone, 2, cast.lin)

    answers = at_once(*[(call(customer, phone, cast.lin), Source.PERSON) for customer, phone in several])
    assert answers == ["allowed"] * 3
