"""Alerts to staff by the robots of group chats, and how fast a provider may be used."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangqing.outreach.channels import pace, robots
from liangqing.outreach.channels.failing_over import stops_provider
from liangqing.outreach.channels.pace import Limits, Standing, take
from liangqing.outreach.channels.robots import Dingtalk, Wecom
from liangqing.outreach.channels.sending import Fault, Parcel, State
from tests.outreach.servers import sms as stub
from tests.outreach.servers.sms import SmsServer


@pytest.fixture
def server(tmp_path, settings):
    settings.TODAY = ""  # a robot refuses what is signed with another time than its own
    with SmsServer(tmp_path) as server:
        yield server


def wecom(server, key=stub.WECOM_KEY):
    return Wecom(key, f"{server.url}/wecom")


def dingtalk(server, secret=stub.DINGTALK_SECRET, **more):
    return Dingtalk(stub.DINGTALK_TOKEN, f"{server.url}/dingtalk", secret, **more)


def alert(body="华信逾期 30 天", **more):
    return Parcel(to="", key="alert-1", body=body, **more)


@pytest.mark.parametrize("make", [wecom, dingtalk])
def test_an_alert_arrives_as_text_and_with_a_title_as_markdown(server, make):
    robot = make(server)
    assert robot.send(alert()).accepted and robot.send(alert(subject="重度预警")).accepted
    plain, titled = (line["said"] for line in server.journal.lines())
    assert plain == {"msgtype": "text", "text": {"content": "华信逾期 30 天"}}
    assert titled["msgtype"] == "markdown" and "重度预警" in str(titled) and "华信逾期 30 天" in str(titled)


def test_a_wrong_signature_or_key_is_the_accounts_fault(server):
    for robot in (wecom(server, key="x"), dingtalk(server, secret="x"), dingtalk(server, secret="")):
        receipt = robot.send(alert())
        assert (receipt.state, receipt.fault) == (State.REJECTED, Fault.ACCOUNT)
        assert stops_provider(receipt)
    assert server.journal.lines() == []


def test_a_keyword_the_robot_asks_for_is_added_once(server):
    robot = dingtalk(server, keyword="两清")
    robot.send(alert())
    robot.send(alert("两清：华信"))
    assert [line["said"]["text"]["content"] for line in server.journal.lines()] == [
        "华信逾期 30 天\n两清",
        "两清：华信",
    ]


@pytest.mark.parametrize("make", [wecom, dingtalk])
def test_too_many_in_a_minute_are_to_come_later(server, make):
    robot = make(server)
    receipts = [robot.send(alert()) for _number in range(robots.PER_MINUTE + 1)]
    assert [receipt.accepted for receipt in receipts] == [True] * robots.PER_MINUTE + [False]
    assert (receipts[-1].fault, receipts[-1].retry) == (Fault.BUSY, True)
    assert receipts[-1].retry_after_s >= 60


def test_a_long_alert_is_cut_between_characters(server):
    assert wecom(server).send(alert("欠" * 5000)).accepted
    content = server.journal.lines()[0]["said"]["text"]["content"]
    assert set(content) == {"欠"} and 2040 < len(content.encode()) <= 2048


LATER = dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)
ZONE = dt.timezone(dt.timedelta(hours=8))


@given(
    limit=st.integers(1, 30),
    gaps=st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=150),
    span=st.sampled_from(["per_second", "per_minute"]),
)
def test_no_span_of_time_ever_holds_more_than_its_limit(limit, gaps, span):
    seconds = 1.0 if span == "per_second" else 60.0
    standing, at, taken = Standing(), LATER, []
    for gap in gaps:
        at += dt.timedelta(seconds=gap * seconds / 60)
        standing, wait = take(standing, Limits(**{span: limit}), at, ZONE)
        if not wait:
            taken.append(at)
    for place, first in enumerate(taken):
        held = [at for at in taken[place:] if at < first + dt.timedelta(seconds=seconds)]
        assert len(held) <= limit


@given(limit=st.integers(1, 30))
def test_whoever_waits_as_long_as_told_is_let_through(limit):
    standing, at, taken = Standing(), LATER, 0
    limits = Limits(per_minute=limit)
    while taken < limit * 3:
        standing, wait = take(standing, limits, at, ZONE)
        taken += not wait
        at += dt.timedelta(seconds=wait, microseconds=1 if wait else 0)
    assert at - LATER <= dt.timedelta(minutes=3 * limit / (limit - (limit + 1) // 2 + 1), seconds=1)


def test_the_limit_of_a_day_ends_at_midnight_where_the_institution_is():
    standing, limits = Standing(), Limits(per_day=2)
    late = dt.datetime(2026, 3, 2, 15, 59, tzinfo=dt.UTC)
    for _time in range(2):
        standing, wait = take(standing, limits, late, ZONE)
        assert wait == 0
    same, wait = take(standing, limits, late, ZONE)
    assert (same, wait) == (standing, 60)
    assert take(standing, limits, late + dt.timedelta(seconds=wait), ZONE)[1] == 0


def test_without_limits_nobody_waits():
    assert pace.take(Standing(), Limits(), LATER, ZONE)[1] == 0
