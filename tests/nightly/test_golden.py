"""Diaries of a small named cast: what one morning's list says, and the next, told by date."""

from __future__ import annotations

import datetime as dt

import pytest

from liangqing.cases.models import Case, Task
from liangqing.receivables.queries.unapplied import unapplied
from liangqing.warning.models import Alert, Standing
from tests.cast import Cast, day


@pytest.fixture
def cast(books: str) -> Cast:
    return Cast()


def test_a_case_opens_the_day_after_a_bill_fell_due_not_on_the_due_day(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-10")
    night("2026-03-10")
    assert (huaxin.case, huaxin.action) == (None, "remind_before_due")
    night("2026-03-11")
    assert (huaxin.live_case.opened_on, huaxin.live_case.level) == (day("2026-03-11"), "mild")
    assert huaxin.action == "ask_and_remind"
    assert huaxin.live_case.number == "LQ-2026-000001"


def test_a_reminder_comes_three_days_before_a_bill_falls_due_and_not_earlier(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-10")
    report = night("2026-03-06")
    assert (huaxin.task, report.counts["skipped"]) == (None, {"not_due": 1})
    night("2026-03-07")
    assert (huaxin.action, huaxin.task.case_id, huaxin.task.due_on) == ("remind_before_due", None, day("2026-03-07"))


def test_a_case_closes_when_everything_is_paid_and_its_task_goes(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-10")
    night("2026-03-11")
    huaxin.pays(800, on="2026-03-12", bill=bill)
    report = night("2026-03-12")
    assert (huaxin.case.stage, huaxin.case.closed_on) == ("closed", day("2026-03-12"))
    assert (huaxin.task, huaxin.level) == (None, None)
    assert (report.counts["cases_closed"], report.counts["tasks"]) == (1, 0)
    assert huaxin.timeline() == ["alert raised", "case opened", "case closed"]


def test_a_customer_late_again_gets_a_new_case(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-10")
    night("2026-03-11")
    huaxin.pays(800, on="2026-03-12", bill=bill)
    night("2026-03-12")
    huaxin.bill(500, due="2026-03-12")
    night("2026-03-13")
    assert [case.stage for case in Case.objects.order_by("id")] == ["closed", "open"]
    assert huaxin.live_case.number == "LQ-2026-000002"


@pytest.mark.parametrize(
    ("days", "level"), [(0, None), (1, "mild"), (30, "mild"), (31, "moderate"), (90, "moderate"), (91, "severe")]
)
def test_the_level_rises_with_the_days_on_the_day_the_policy_says(cast, night, days, level):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-01-05")
    night((day("2026-01-05") + dt.timedelta(days=days)).isoformat())
    assert huaxin.level == level


def test_an_account_warns_once_for_each_level_it_reaches(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-10")
    night("2026-04-09")
    night("2026-04-11")
    assert huaxin.alerts == [("2026-04-09", "mild"), ("2026-04-10", "moderate")]
    assert Standing.objects.get(party=huaxin.party).since_on == day("2026-04-10")


@pytest.mark.parametrize(("paid", "level"), [("9999.99", "moderate"), ("10000.01", "mild")])
def test_a_high_share_raises_the_level_but_never_below_the_floor_amount(cast, night, paid, level):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(20_000, due="2026-03-10")
    huaxin.pays(paid, on="2026-03-10", bill=bill)
    night("2026-03-11")
    assert huaxin.level == level


def test_a_broken_promise_returns_to_the_list_with_the_reason(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01")
    night("2026-03-08")
    promise = huaxin.promises(800, on="2026-03-08", due="2026-03-10")
    report = night("2026-03-09")
    assert (huaxin.task, report.counts["skipped"]) == (None, {"promise_open": 1})
    night("2026-03-11")
    promise.refresh_from_db()
    assert (promise.state, huaxin.task) == ("open", None), "one day of tolerance"
    report = night("2026-03-12")
    promise.refresh_from_db()
    assert (promise.state, promise.judged_on) == ("broken", day("2026-03-12"))
    assert (huaxin.action, huaxin.task.action_row) == ("ask_why", "A03")
    assert "P1" in huaxin.task.reasons
    assert report.counts["promises_broken"] == 1
    assert huaxin.timeline() == [
        "alert raised",
        "case opened",
        "promise recorded",
        "restraint placed",
        "promise broken",
    ]


def test_a_broken_promise_is_forgotten_after_two_weeks(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01")
    night("2026-03-17")
    broken = huaxin.promises(800, on="2026-03-17", due="2026-03-17")
    type(broken).objects.filter(pk=broken.pk).update(state="broken", judged_on=day("2026-03-05"))
    night("2026-03-18")
    assert huaxin.action == "ask_why"
    night("2026-03-19")
    assert (huaxin.action, huaxin.task.reasons) == ("ask_and_remind", ["L1"])


def test_a_promise_is_kept_as_soon_as_enough_came(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-01")
    night("2026-03-02")
    promise = huaxin.promises(500, on="2026-03-02", due="2026-03-20")
    huaxin.pays(499, on="2026-03-03", bill=bill)
    night("2026-03-03")
    promise.refresh_from_db()
    assert (promise.state, promise.judged_on) == ("kept", day("2026-03-03")), "a yuan may be missing"
    assert huaxin.action == "ask_and_remind", "what is still late is worked on"


def test_a_promise_of_which_something_came_is_kept_in_part(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-01")
    night("2026-03-02")
    promise = huaxin.promises(500, on="2026-03-02", due="2026-03-03")
    huaxin.pays("498.99", on="2026-03-04", bill=bill)
    night("2026-03-05")
    promise.refresh_from_db()
    assert promise.state == "partly"
    assert (huaxin.action, "P2" in huaxin.task.reasons) == ("ask_why", True)


def test_money_that_came_after_the_tolerance_does_not_keep_a_promise(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-01")
    night("2026-03-02")
    promise = huaxin.promises(500, on="2026-03-02", due="2026-03-03")
    huaxin.pays(500, on="2026-03-05", bill=bill)
    night("2026-03-05")
    promise.refresh_from_db()
    assert promise.state == "broken"


def test_a_promise_of_an_account_paid_in_full_is_kept(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-01")
    huaxin.bill(900, due="2026-03-01", currency="USD")
    night("2026-03-02")
    promise = huaxin.promises(5000, on="2026-03-02", due="2026-03-20")
    huaxin.pays(800, on="2026-03-03", bill=bill)
    night("2026-03-03")
    promise.refresh_from_db()
    assert (promise.state, huaxin.live_case.stage) == ("kept", "open")


def test_an_open_promise_is_kept_when_its_case_closes(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-01")
    night("2026-03-02")
    promise = huaxin.promises(5000, on="2026-03-02", due="2026-03-20")
    huaxin.pays("799.50", on="2026-03-03", bill=bill)
    night("2026-03-03")
    promise.refresh_from_db()
    assert (huaxin.case.stage, promise.state) == ("closed", "kept")


def test_a_promise_made_after_the_date_that_is_caught_up_does_not_stop_the_night(cast, night):
    """Night of the 10th missed; on the 11th a promise is recorded; the file with the money of the 10th comes last."""
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-08")
    night("2026-03-09")
    huaxin.promises(800, on="2026-03-11", due="2026-03-20")
    huaxin.pays(800, on="2026-03-10", bill=bill)
    night("2026-03-11")
    assert huaxin.case.stage == "closed"
    assert not huaxin.case.promises.filter(state="open").exists()


def test_a_deposit_is_not_late_while_its_contract_runs(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01", kind="deposit", contract_ends="2026-03-10")
    night("2026-03-10")
    assert huaxin.case is None
    night("2026-03-11")
    assert huaxin.live_case.level == "mild"


def test_a_credit_note_that_covers_what_is_late_is_applied_before_anyone_calls(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01")
    huaxin.bill(-800, due="2026-03-01", kind="credit_note")
    night("2026-03-02")
    assert (huaxin.action, huaxin.task.reasons) == ("apply_money", ["L1", "T1", "V1"])


def test_unapplied_money_is_seen_and_applied_first(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01")
    huaxin.pays("799.99", on="2026-03-01")
    night("2026-03-02")
    assert huaxin.action == "ask_and_remind", "a cent short does not cover"
    huaxin.pays("0.01", on="2026-03-03")
    night("2026-03-03")
    assert huaxin.action == "apply_money"
    assert unapplied(day("2026-03-03")) == {"CNY": (2, 80_000)}


def test_what_is_below_the_minimum_is_skipped_with_the_reason(cast, night):
    cast.customer("华信").bill("49.99", due="2026-03-01")
    dahe = cast.customer("大河")
    dahe.bill("50.00", due="2026-03-01")
    report = night("2026-03-02")
    assert [case.party_id for case in Case.objects.all()] == [dahe.party.pk]
    assert report.counts["skipped"] == {"below_minimum": 1}


def test_only_credit_is_skipped_because_nothing_is_asked(cast, night):
    cast.customer("华信").bill(-800, due="2026-03-01", kind="credit_note")
    assert night("2026-03-02").counts["skipped"] == {"nothing_asked": 1}


def test_whoever_sold_collects_while_it_is_mild(cast, night):
    huaxin, dahe = cast.customer("华信"), cast.customer("大河")
    huaxin.bill(800, due="2026-03-01", seller=cast.wang)
    dahe.bill(800, due="2026-01-20", seller=cast.wang)
    night("2026-03-02")
    assert (huaxin.live_case.owner, huaxin.task.owner, huaxin.live_case.desk) == (cast.wang, cast.wang, "business")
    assert (dahe.live_case.owner, dahe.live_case.desk) == (cast.lin, "collection")


def test_the_seller_of_a_credit_note_is_not_the_seller_of_the_debt(cast, night):
    """The account's seller is that of the bill due longest; a credit note asks for nothing."""
    huaxin = cast.customer("华信")
    huaxin.bill(-1, due="2026-02-01", kind="credit_note", seller=cast.wang)
    huaxin.bill(800, due="2026-03-01")
    night("2026-03-02")
    assert huaxin.live_case.owner == cast.lin


def test_the_owner_of_a_case_is_kept_when_the_level_rises(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01", seller=cast.wang)
    night("2026-03-31")
    night("2026-04-01")
    assert (huaxin.live_case.level, huaxin.live_case.owner) == ("moderate", cast.wang)
    assert "case assigned" not in huaxin.timeline()


def test_the_cases_of_somebody_who_left_are_dealt_again(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01", seller=cast.wang)
    night("2026-03-02")
    cast.leaves(cast.wang)
    night("2026-03-03")
    assert (huaxin.live_case.owner, huaxin.task.owner) == (cast.lin, cast.lin)
    assert huaxin.timeline()[-1] == "case assigned"


def test_a_desk_where_nobody_works_is_served_by_any_collector(cast, night):
    cast.leaves(cast.lin)
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01")
    night("2026-03-02")
    assert huaxin.live_case.owner == cast.mei


def test_when_nobody_collects_the_report_says_so(cast, night):
    cast.leaves(cast.lin)
    cast.leaves(cast.mei)
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01")
    report = night("2026-03-02")
    assert (huaxin.live_case.owner, huaxin.task.owner) == (None, None)
    assert report.counts["skipped"] == {"no_collector": 1}


def test_nobody_without_capacity_gets_a_new_case_even_if_he_sold(cast, night):
    """A capacity of 0 takes no new cases (people.User)."""
    type(cast.wang).objects.filter(pk=cast.wang.pk).update(capacity=0)
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01", seller=cast.wang)
    night("2026-03-02")
    assert huaxin.live_case.owner == cast.lin


def test_two_currencies_are_two_accounts_and_one_case(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(30_000, due="2026-03-01")
    huaxin.bill(5_000, due="2026-03-01", currency="USD")
    night("2026-03-02")
    assert Standing.objects.count() == 2
    assert sorted(Alert.objects.values_list("currency", "amount")) == [("CNY", 3_000_000), ("USD", 500_000)]
    assert Case.objects.count() == Task.objects.count() == 1
    assert not {"M2", "M3"} & set(huaxin.task.reasons), "35 000 of two currencies is nobody's amount"


def test_money_of_one_currency_does_not_cover_another(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01")
    huaxin.bill(800, due="2026-03-01", currency="USD")
    huaxin.pays(5000, on="2026-03-01", currency="USD")
    night("2026-03-02")
    assert huaxin.action == "ask_and_remind"


def test_the_heads_of_the_business_that_sold_and_of_risk_are_told(cast, night):
    cast.customer("华信").bill(800, due="2026-03-01", seller=cast.wang)
    night("2026-03-02")
    assert Alert.objects.get().recipients == [cast.chen.pk, cast.zhao.pk]


def test_nobody_is_told_twice_of_one_alert(cast, night):
    type(cast.zhao.department).objects.filter(code="risk").update(head=cast.chen)
    cast.customer("华信").bill(800, due="2026-03-01", seller=cast.wang)
    night("2026-03-02")
    assert Alert.objects.get().recipients == [cast.chen.pk]


def test_a_finished_task_is_not_asked_for_again_on_its_day_but_on_the_next(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-01")
    night("2026-03-02")
    Task.objects.filter(pk=huaxin.task.pk).update(state="done", ended_on=day("2026-03-03"))
    night("2026-03-03")
    assert huaxin.task is None
    night("2026-03-04")
    assert (huaxin.action, huaxin.task.created_on) == ("ask_and_remind", day("2026-03-04"))


def test_a_bill_issued_later_does_not_exist_yet(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-01")
    type(bill).objects.filter(pk=bill.pk).update(issued_on=day("2026-03-05"))
    night("2026-03-04")
    assert huaxin.case is None
    night("2026-03-05")
    assert huaxin.live_case.opened_on == day("2026-03-05")


def test_case_numbers_begin_anew_with_the_year(cast, night):
    huaxin, dahe = cast.customer("华信"), cast.customer("大河")
    huaxin.bill(800, due="2026-12-29")
    dahe.bill(800, due="2026-12-31")
    night("2026-12-31")
    night("2027-01-01")
    assert (huaxin.live_case.number, dahe.live_case.number) == ("LQ-2026-000001", "LQ-2027-000001")
