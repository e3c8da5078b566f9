"""Warnings: who may acknowledge them, and who is told when nobody does."""

from __future__ import annotations

import datetime as dt

import pytest

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.receivables.models import Bill
from liangqing.trail.models import Entry
from liangqing.warning.actions import alerts
from liangqing.warning.models import Alert
from liangqing.warning.queries.alerts import alert_list, waiting_for
from tests.cast import Cast, Customer, day


@pytest.fixture
def cast(books):
    return Cast()


def warned(cast, night):
    """Raised on 11 March for 800 yuan a day late: mild by days, severe enough by share to be moderate or not; told to
    陈 and 赵."""
    cast.customer("华信").bill(800, due="2026-03-10", seller=cast.wang)
    night("2026-03-11")
    return Alert.objects.get()


@pytest.fixture
def alert(cast, night, prepared):
    return prepared(warned, cast, night)


@pytest.fixture
def boss(cast):
    board = staff.found_department("board", name="管理层", kind="management")
    return staff.join("qian", name="钱", department=board, duties=("head", "manage"))


def refused(act, *args, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act(*args, **kwargs)
    return caught.value


class TestAcknowledge:
    def test_somebody_told_says_what_follows_and_the_trail_knows(self, cast, alert):
        with clock.at("2026-03-12"):
            alerts.acknowledge(alert, " 已联系客户 ", cast.chen)
        assert (alert.note, alert.acknowledged_by) == ("已联系客户", cast.chen)
        entry = Entry.objects.get(event="alert acknowledged")
        assert (entry.actor_id, entry.party_id, entry.facts["note"]) == (cast.chen.pk, alert.party_id, "已联系客户")

    def test_it_is_acknowledged_once(self, cast, alert):
        alerts.acknowledge(alert, "x", cast.chen)
        assert refused(alerts.acknowledge, alert, "y", cast.zhao).code == "already_acknowledged"
        alert.refresh_from_db()
        assert alert.note == "x"

    def test_a_note_is_needed(self, cast, alert):
        assert refused(alerts.acknowledge, alert, " ", cast.chen).status == 422

    def test_whoever_was_not_told_needs_the_right(self, cast, alert):
        assert refused(alerts.acknowledge, alert, "x", cast.lin).status == 403
        assert not alerts.may_acknowledge(alert, cast.lin) and alerts.may_acknowledge(alert, cast.chen)

    def test_a_head_whose_people_neither_sold_nor_see_it_may_not(self, cast, alert):
        other = staff.found_department("other", name="二部", kind="business")
        head = staff.join("sun", name="孙", department=other, duties=("head",))
        assert refused(alerts.acknowledge, alert, "x", head).code == "not_allowed"
        assert not alerts.may_acknowledge(alert, head, seen=Alert.objects.none())
        alerts.acknowledge(alert, "x", head, seen=Alert.objects.filter(pk=alert.pk))

    def test_a_head_of_whoever_sold_may_without_having_been_told(self, cast, alert):
        Alert.objects.update(recipients=[])
        alerts.acknowledge(Alert.objects.get(), "x", cast.chen)

    def test_risk_may_everywhere_and_audit_nowhere_even_when_told(self, cast, alert):
        Alert.objects.update(recipients=[])
        auditor = staff.join("shen", name="审", department=None, duties=("audit", "risk"))
        assert refused(alerts.acknowledge, Alert.objects.get(), "x", auditor).status == 403
        alerts.acknowledge(Alert.objects.get(), "x", cast.zhao)

    def test_several_at_once_pass_over_what_is_acknowledged(self, cast, night):
        for name in ("华信", "远大", "中天"):
            cast.customer(name).bill(800, due="2026-03-10")
        night("2026-03-11")
        every = list(Alert.objects.order_by("id"))
        alerts.acknowledge(every[0], "x", cast.chen)
        assert alerts.acknowledge_many(every, "y", cast.chen) == 2
        assert list(Alert.objects.order_by("id").values_list("note", flat=True)) == ["x", "y", "y"]
        assert Entry.objects.filter(event="alert acknowledged").count() == 3
        assert refused(alerts.acknowledge_many, every, "z", cast.lin).status == 403


def waits(alert: Alert, days: int, *, level: str = "severe") -> None:
    """Raised so many days before the night of 12 March, at this level."""
    Alert.objects.filter(pk=alert.pk).update(raised_on=day("2026-03-12") - dt.timedelta(days=days), level=level)


class TestEscalation:
    def test_what_nobody_acknowledges_in_time_goes_to_the_head_of_management_once(self, cast, alert, boss, night):
        waits(alert, 2)
        report = night("2026-03-12")
        alert.refresh_from_db()
        assert (alert.escalated_on, alert.escalated_to) == (day("2026-03-12"), [boss.pk])
        assert set(alert.recipients) == {cast.chen.pk, cast.zhao.pk, boss.pk} and waiting_for(boss) == 1
        assert report.counts["alerts_escalated"] == 1
        entry = Entry.objects.get(event="alert escalated")
        assert (entry.facts["to"], entry.day, entry.party_id) == ([boss.pk], day("2026-03-12"), alert.party_id)
        assert night("2026-03-13").counts["alerts_escalated"] == 0

    def test_the_same_night_again_changes_nothing(self, cast, alert, boss, night):
        waits(alert, 2)
        first = night("2026-03-12")
        entries, again = Entry.objects.count(), night("2026-03-12")
        assert (again.changed_rows, Entry.objects.count()) == (0, entries)
        assert first.counts == again.counts and again.counts["alerts_escalated"] == 1

    @pytest.mark.parametrize(("level", "days"), [("mild", 10), ("moderate", 5), ("severe", 2)])
    def test_each_level_waits_as_long_as_the_policy_says(self, cast, alert, boss, night, level, days):
        waits(alert, days - 1, level=level)
        assert night("2026-03-12").counts["alerts_escalated"] == 0
        assert night("2026-03-13").counts["alerts_escalated"] == 1

    def test_what_is_acknowledged_goes_nowhere(self, cast, alert, boss, night):
        waits(alert, 30)
        alerts.acknowledge(alert, "x", cast.chen)
        assert night("2026-03-12").counts["alerts_escalated"] == 0

    def test_an_account_no_longer_late_needs_no_head(self, cast, alert, boss, night):
        waits(alert, 30)
        Customer(alert.party, cast.creditor).pays(800, on="2026-03-12", bill=Bill.objects.get())
        assert night("2026-03-12").counts["alerts_escalated"] == 0

    def test_without_management_the_heads_of_business_not_yet_told_are_next(self, cast, alert, night):
        other = staff.found_department("other", name="二部", kind="business")
        head = staff.join("sun", name="孙", department=other, duties=("head",))
        waits(alert, 2)
        night("2026-03-12")
        assert Alert.objects.get().escalated_to == [head.pk]

    def test_where_everybody_was_told_it_waits_until_there_is_somebody(self, cast, alert, night):
        waits(alert, 2)
        assert night("2026-03-12").counts["alerts_escalated"] == 0
        board = staff.found_department("board", name="管理层", kind="management")
        staff.join("qian", name="钱", department=board, duties=("head", "manage"))
        assert night("2026-03-13").counts["alerts_escalated"] == 1


class TestList:
    def test_the_bell_counts_what_waits_for_this_very_person(self, cast, alert):
        assert (waiting_for(cast.chen), waiting_for(cast.lin)) == (1, 0)
        alerts.acknowledge(alert, "x", cast.zhao)
        assert waiting_for(cast.chen) == 0

    def test_a_list_can_be_narrowed_by_level_state_and_day(self, cast, alert):
        every = Alert.objects.all()

        def shown(**narrowed) -> bool:
            return alert_list(every, **narrowed).exists()

        assert shown() and shown(level=alert.level) and not shown(level="severe" if alert.level != "severe" else "mild")
        assert shown(state="open") and not shown(state="acknowledged") and not shown(state="escalated")
        assert shown(since=day("2026-03-11")) and not shown(since=day("2026-03-12"))
        alerts.acknowledge(alert, "x", cast.chen)
        assert not shown(state="open") and shown(state="acknowledged")
