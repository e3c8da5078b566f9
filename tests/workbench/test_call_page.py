"""A call's state in a real browser: it follows the call by itself, and hangs up."""

from __future__ import annotations

from liangqing.kit import clock
from liangqing.outreach.actions import guard, providers
from liangqing.outreach.kinds import Channel, Content
from liangqing.outreach.models import Call
from liangqing.outreach.queries.facts import Wish
from liangqing.people.models import User


def ringing(house) -> Call:
    """A call of lin's to a customer of hers, through an exchange nobody answers at."""
    lin, customer = house.user("lin"), house.of("lin")[0]
    User.objects.filter(pk=lin.pk).update(password_given=False)
    config = {"url": "http://127.0.0.1:9/calls", "secret": "s"}
    provider = providers.add("http_call", "总机", config, by=None)
    wish = Wish(customer.case.party, Channel.PHONE, Content.DEMAND, customer.case.creditor, value="13812345678", by=lin)
    attempt = guard.ask(wish)
    return Call.objects.create(attempt=attempt, provider=provider, by=lin, asked_at=clock.now(), state="ringing")


def test_the_page_follows_the_call_and_says_where_to_hang_up_when_it_cannot(house_of_people, browser_page):
    call = ringing(house_of_people)
    page = browser_page("lin", language="en")
    page.goto(f"/attempts/{call.attempt_id}/call/")
    state = page.locator(f"#call-{call.attempt_id}")
    state.get_by_text("ringing").wait_for()
    Call.objects.filter(pk=call.pk).update(state="connected")
    state.get_by_text("connected").wait_for()
    page.watch.expects(409)
    state.get_by_role("button", name="Hang up").click()
    state.get_by_text("Hang up on the telephone.").wait_for()
    Call.objects.filter(pk=call.pk).update(state="ended", duration_s=61)
    state.get_by_text("61 seconds").wait_for()
    assert state.get_by_role("button").count() == 0
