"""What an agency did yesterday, by file: each row a record told afterwards, judged by the guard, once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from liangqing.cases.importables import IMPORTABLES
from liangqing.cases.models import Case, Promise, Record, Reported
from liangqing.cases.rules.instants import instant
from liangqing.imports.actions.bring import Reading, Result, bring, undo
from liangqing.imports.rules.headers import recognise
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.models import Attempt, Line, Review
from liangqing.parties.actions import contacts
from liangqing.parties.models import Restraint
from liangqing.people.models import Certificate, User
from liangqing.trail.models import Entry
from tests.cast import Cast

TODAY = "2026-11-24T15:00:00+08:00"
LINE = "021-52345678"
HEAD = "记录编号,客户号,渠道,号码,联系时间,催收员,主叫号码,联系对象,结果,通话时长(秒),承诺金额,承诺日期,备注\n"


class Scene:
    """张 of 林 and 王五 of nobody in particular, with cases; one registered line."""

    def __init__(self, night: Any, folder: Path) -> None:
        self.cast, self.folder = Cast(), folder
        Certificate.objects.create(user=self.cast.lin, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
        self.zhang, self.wu = self.cast.customer("张伟"), self.cast.customer("吴刚")
        for each in (self.zhang, self.wu):
            each.party.kind, each.party.country = "person", "CN"
            each.party.save(update_fields=["kind", "country"])
            each.bill(800, due="2026-10-10")
        night("2026-11-23")
        with clock.at("2026-11-23T08:00:00+08:00"):
            self.phone = contacts.add(
                self.zhang.party, kind="phone", value="13812345678", role="self", by=self.cast.lin
            )
        Line.objects.create(channel="phone", value=LINE)

    def row(self, reference: str = "A1", at: str = "2026-11-24 10:00", **more: str) -> str:
        said = {
            "customer": self.zhang.party.number, "channel": "电话", "number": "138-1234-5678", "by": "lin", "line": LINE,
            "reached": "本人", "result": "拒绝还款", "seconds": "61", "amount": "", "day": "", "note": "", **more,
        }  # fmt: skip
        cells = [
            reference, said["customer"], said["channel"], said["number"], at, said["by"], said["line"], said["reached"],
            said["result"], said["seconds"], said["amount"], said["day"], said["note"],
        ]  # fmt: skip
        return ",".join(cells) + "\n"

    def bring(self, *rows: str, head: str = HEAD, by: User | None = None, **how: Any) -> Result:
        path = self.folder / "yesterday.csv"
        path.write_text(head + "".join(rows), encoding="utf-8")
        return self.bring_file(path, by=by, **how)

    def bring_file(self, path: Path, *, by: User | None = None, **how: Any) -> Result:
        with clock.at(TODAY):
            return bring(path, IMPORTABLES, reading=Reading(currency="CNY"), by=by, **how)


@pytest.fixture
def scene(night: Any, tmp_path: Path) -> Scene:
    return Scene(night, tmp_path)


def codes(result: Result) -> list[tuple[int, str, str]]:
    return [(each["row"], each["field"], each["code"]) for each in result.errors]


def violations() -> list[list[str]]:
    return [entry.facts["rules"] for entry in Entry.objects.filter(event="contact against the rules").order_by("id")]


class TestLanding:
    def test_a_row_becomes_a_record_told_afterwards(self, scene: Scene) -> None:
        result = scene.bring(scene.row())
        assert (result.kind, result.created, result.rejected) == ("contacts", 1, 0)
        record, attempt = Record.objects.get(), Attempt.objects.get()
        assert (record.by, record.contact, record.result, record.reached) == (
            scene.cast.lin, scene.phone, "refused", "self",
        )  # fmt: skip
        assert record.contacted_on == dt.date(2026, 11, 24)
        assert (attempt.source, attempt.ahead, attempt.answer, attempt.line) == ("agency", False, "allowed", LINE)
        assert attempt.at == dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)
        assert (attempt.outcome, attempt.duration_s) == ("effective", 61)

    def test_what_breaks_a_rule_is_stored_counted_and_flagged(self, scene: Scene) -> None:
        rows = [
            scene.row("A1", "2026-11-23 23:10"),
            scene.row("A2", line="13700000000"),
            scene.row("A3", "2026-11-24 11:00", note="再不还钱就等着坐牢吧"),
        ]
        result = scene.bring(*rows)
        assert (result.created, result.rejected, Record.objects.count()) == (3, 0, 3)
        assert len(violations()) == 2
        assert violations()[1] == ["condition:B6"]
        assert Restraint.objects.get().kind == "line", "and the case is held"
        assert Review.objects.get().source == f"record/{Reported.objects.get(reference='A3').record_id}"

    def test_rows_count_in_the_order_in_which_they_happened(self, scene: Scene) -> None:
        hours = ("14:00", "09:00", "13:00", "10:00")
        scene.bring(*(scene.row(f"A{hour}", f"2026-11-24 {hour}") for hour in hours))
        assert violations() == [["cap:T3"]]
        assert Attempt.objects.exclude(answer="allowed").get().at.hour == 6, "the fourth of the day, at 14:00"

    def test_a_promise_comes_with_its_row(self, scene: Scene) -> None:
        scene.bring(scene.row(result="承诺还款", amount="800.00", day="2026-11-28"))
        promise = Promise.objects.get()
        assert (promise.amount, promise.due_on, Record.objects.get().promise) == (
            80_000,
            dt.date(2026, 11, 28),
            promise,
        )

    def test_an_excel_file_with_english_headers_and_a_zone_lands_as_well(self, scene: Scene) -> None:
        path = scene.folder / "yesterday.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet, moment = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
            heads = ["contact_id", "customer_id", "channel", "called_number", "call_time", "collector", "outcome"]
            sheet.write_row(0, 0, heads)
            sheet.write_row(1, 0, ["X1", scene.zhang.party.number, "call", "13812345678"])
            sheet.write_datetime(1, 4, dt.datetime(2026, 11, 24, 9, 30), moment)
            sheet.write_row(1, 5, ["lin", "no answer"])
            sheet.write_row(
                2,
                0,
                ["X2", scene.zhang.party.number, "ACT_CALL", "13812345678", "2026-11-24T03:00:00+00:00", "lin", "NA"],
            )
        result = scene.bring_file(path)
        assert (result.kind, result.created, result.rejected) == ("contacts", 2, 0)
        times = [each.at.isoformat() for each in Attempt.objects.order_by("at")]
        assert times == ["2026-11-24T01:30:00+00:00", "2026-11-24T03:00:00+00:00"]
        assert set(Record.objects.values_list("reached", "result")) == {("nobody", "no_answer")}

    def test_a_trial_tells_everything_and_lands_nothing(self, scene: Scene) -> None:
        result = scene.bring(scene.row(), scene.row("A2", "tomorrow"), dry_run=True)
        assert (result.created, result.rejected) == (1, 1)
        assert not Record.objects.exists() and not Reported.objects.exists() and not Attempt.objects.exists()


class TestRowErrors:
    def test_each_wrong_row_says_what_is_wrong_and_the_others_land(self, scene: Scene) -> None:
        result = scene.bring(
            scene.row("A1"),
            scene.row("A2", customer="nobody"),
            scene.row("A3", "24.11.2026"),
            scene.row("A4", "2026-11-24 16:00"),
            scene.row("A5", by="qian"),
            scene.row("A6", result="高兴"),
            scene.row("A7", result="承诺还款"),
            scene.row("A8", result="承诺还款", amount="800"),
            scene.row("A9", by=""),
            scene.row("A10", channel=""),
        )
        assert codes(result) == [
            (3, "customer", "no_case"),
            (4, "contacted_at", "bad_instant"),
            (5, "contacted_at", "contact_not_taken"),
            (6, "made_by", "unknown_maker"),
            (7, "result", "unknown_choice"),
            (8, "promise_amount", "contact_not_taken"),
            (9, "promised_for", "promise_in_part"),
            (10, "made_by", "no_maker"),
            (11, "channel", "missing"),
        ]
        assert (result.created, Record.objects.count(), Attempt.objects.count()) == (1, 1, 1)
        assert result.error_file

    def test_whom_no_row_names_answers_for_it_if_they_bring_it_and_work_on_cases(self, scene: Scene) -> None:
        assert scene.bring(scene.row(by=""), by=scene.cast.lin).created == 1
        assert Record.objects.get().by == scene.cast.lin

    def test_the_case_of_another_creditor_is_not_taken_for_it(self, scene: Scene) -> None:
        head = HEAD.replace("客户号", "客户号,委托方")
        row = scene.row().replace(f"{scene.zhang.party.number},", f"{scene.zhang.party.number},BANK,", 1)
        assert codes(scene.bring(row, head=head)) == [(2, "customer", "no_case")]


class TestAgain:
    def test_the_same_file_twice_changes_nothing(self, scene: Scene) -> None:
        rows = [scene.row("A1"), scene.row("", "2026-11-24 11:00"), scene.row("", "2026-11-24 12:00")]
        assert scene.bring(*rows).created == 3
        before = (Record.objects.count(), Attempt.objects.count(), Entry.objects.exclude(event="file imported").count())
        again = scene.bring(*rows)
        assert (again.created, again.unchanged, again.rejected) == (0, 3, 0)
        after = (Record.objects.count(), Attempt.objects.count(), Entry.objects.exclude(event="file imported").count())
        assert after == before

    def test_a_number_reported_before_otherwise_is_a_problem(self, scene: Scene) -> None:
        scene.bring(scene.row("A1"))
        assert codes(scene.bring(scene.row("A1", note="改了"))) == [(2, "reference", "reported_otherwise")]
        assert codes(scene.bring(scene.row("A2"), scene.row("A2", note="又"))) == [(3, "reference", "reported_twice")]

    def test_two_agencies_may_give_the_same_number(self, scene: Scene) -> None:
        head = HEAD.replace("记录编号", "记录编号,机构")
        rows = [scene.row("1").replace("1,", f"1,{name},", 1) for name in ("甲机构", "乙机构")]
        rows[1] = rows[1].replace("10:00", "11:00")
        assert scene.bring(*rows, head=head).created == 2

    def test_contacts_that_took_place_are_not_taken_back(self, scene: Scene) -> None:
        result = scene.bring(scene.row())
        with pytest.raises(Refusal, match="contacts_are_facts"):
            undo(result.import_id or 0, IMPORTABLES)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM cases_reported")
        assert Record.objects.count() == 1


SHANGHAI = dt.timezone(dt.timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-24 10:00", "2026-11-24T02:00:00+00:00"),
        ("2026/11/24 9:05:30", "2026-11-24T01:05:30+00:00"),
        ("2026年11月24日 10时05分", "2026-11-24T02:05:00+00:00"),
        ("2026-11-24T10:00:00.123+08:00", "2026-11-24T02:00:00+00:00"),
        ("2026-11-24T02:00:00Z", "2026-11-24T02:00:00+00:00"),
        ("2026-11-24 10:00 America/Chicago", "2026-11-24T16:00:00+00:00"),
        ("２０２６－１１－２４　１０：００", "2026-11-24T02:00:00+00:00"),
        ("2026-03-08 02:30 America/Chicago", None),  # the clocks skipped it
        ("2026-11-24", None),
        ("2026-02-30 10:00", None),
        ("2026-11-24 25:00", None),
        ("2026-11-24 10:00 Mars/Olympus", None),
        ("2026-11-24 10:00 ../../etc/passwd", None),
        ("10:00", None),
        ("", None),
    ],
)
def test_an_instant_is_read_with_its_zone_or_by_the_clock_of_the_house(text: str, utc: str | None) -> None:
    found = instant(text, SHANGHAI)
    assert (found.isoformat() if found else None) == utc


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_none(text: str) -> None:
    found = instant(text, SHANGHAI)
    assert found is None or found.tzinfo is dt.UTC


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1)), st.integers(-12, 14))
def test_an_instant_comes_back_as_it_was_written(naive: dt.datetime, hours: int) -> None:
    told = naive.replace(microsecond=0, tzinfo=dt.timezone(dt.timedelta(hours=hours)))
    assert instant(told.isoformat(), SHANGHAI) == told


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ("客户编号,客户名称,客户类型,电话", "customers"),
        ("账单号,客户编号,开票日期,到期日,金额,业务员,币种", "bills"),
        ("收款单号,客户编号,账单号,收款日期,收款金额", "payments"),
        (HEAD.strip(), "contacts"),
        ("流水号,客户号,委托方,催收方式,被叫号码,拨打时间,坐席,主叫,结果,备注", "contacts"),
        ("call_id,customer,channel,callee,call_time,agent,caller,outcome,duration,notes", "contacts"),
    ],
)
def test_a_file_is_taken_for_what_it_holds(headers: str, kind: str) -> None:
    assert recognise(headers.split(","), [each.kind for each in IMPORTABLES])[0].name == kind


def test_closed_cases_take_what_happened_too(scene: Scene) -> None:
    Case.objects.filter(party=scene.zhang.party).update(stage="closed")
    assert scene.bring(scene.row()).created == 1
