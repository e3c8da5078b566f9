"""What the night sends by itself: as the table says, once, through the guard; and what keeps it from doing so."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from liangqing.cases.actions import night_messages
from liangqing.cases.models import Task
from liangqing.kit import clock
from liangqing.outreach.actions import templates
from liangqing.outreach.actions.messages import move
from liangqing.outreach.models import Message
from liangqing.parties.actions import contacts
from liangqing.parties.models import Party
from liangqing.policy.book import preset_content
from liangqing.policy.content import complete
from liangqing.trail.models import Entry
from tests.cast import Cast, Customer, day
from tests.policy.drafts import approved

TONIGHT = "2026-03-11"
BY_MAIL = {
    "row": "S0",
    "when": {"action": ["remind", "ask_and_remind"]},
    "then": {"channel": "email", "content": "reminder"},
    "reason": {"zh": "系统发邮件提醒", "en": "reminded by e-mail"},
}


@pytest.fixture
def late(books: str) -> Customer:
    """Mildly late, with an e-mail address; money was entered the day before."""
    cast = Cast()
    customer = cast.customer("华信")
    customer.bill(800, due="2026-03-05")
    customer.bill(90_000, due="2026-12-01")
    contacts.add(customer.party, kind="email", value="ap@huaxin.example", by=cast.lin)
    customer.pays(1, on="2026-03-10")
    templates.install_presets()
    return customer


def by_mail() -> None:
    rest = complete(preset_content())["tables"]["case.sending"]
    approved(on="2026-03-09", from_on="2026-03-10", rows={"case.sending": [BY_MAIL, *rest]})


def test_as_shipped_the_night_sends_nothing(late: Customer, night: Any) -> None:
    with clock.at(TONIGHT):
        night(TONIGHT)
    assert Task.objects.filter(state="open").exists()
    assert not Message.objects.exists()


def test_where_the_table_says_so_a_task_becomes_one_message_however_often_the_night_runs(
    late: Customer, night: Any
) -> None:
    by_mail()
    with clock.at(TONIGHT):
        night(TONIGHT)
        night(TONIGHT)
    message = Message.objects.get()
    assert (message.channel, message.content, message.source, message.day) == (
        "email",
        "reminder",
        "night",
        day(TONIGHT),
    )
    assert message.step == f"night:{late.action}"


def test_a_task_whose_message_went_out_is_done(late: Customer, night: Any) -> None:
    by_mail()
    with clock.at(TONIGHT):
        night(TONIGHT)
        message = Message.objects.get()
        with transaction.atomic():
            move(message, "claim", reason="")
        assert late.task is not None
        with transaction.atomic():
            move(message, "send", reason="")
    assert late.task is None
    assert Task.objects.get().state == "done"


def test_a_night_of_a_day_gone_by_sends_nothing(late: Customer, night: Any) -> None:
    by_mail()
    with clock.at("2026-03-12"):
        night(TONIGHT)
    assert not Message.objects.filter(day=TONIGHT).exists()


def test_where_money_was_not_entered_lately_nobody_is_pressed_and_the_trail_says_why(
    late: Customer, night: Any
) -> None:
    by_mail()
    other = Customer(
        Party.objects.create(number="K9", kind="company", name_stored="同济", name_index=b""), late.creditor
    )
    other.bill(800, due="2026-05-05")
    other.bill(90_000, due="2026-12-01")
    with clock.at("2026-05-11"):
        night("2026-05-11")
    assert not Message.objects.exists()
    assert Entry.objects.get(event="messages of the night held").facts["reason"] == "receipts_stale"


def test_who_has_no_address_stays_with_the_collector(late: Customer, night: Any) -> None:
    late.party.contacts.all().delete()
    by_mail()
    with clock.at(TONIGHT):
        assert night_messages.write(day(TONIGHT)) == 0
        night(TONIGHT)
    assert late.task is not None
    assert not Message.objects.exists()
