"""The figures of the overview: what the nights leave behind, and what is read from it."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict

import pytest

from liangqing import policy
from liangqing.cases.models import Case, Collected, Load, Promise, Record, Roll, Tally, Task
from liangqing.cases.queries import overview
from liangqing.kit import clock
from liangqing.people.models import User
from liangqing.receivables.models import Bill, Receipt
from liangqing.receivables.rules.lateness import BUCKETS
from liangqing.warning.models import Standing
from tests.cast import Cast, Customer, day

NIGHTS = ("2026-03-11", "2026-03-12", "2026-03-13")


@pytest.fixture
def cast(books: str) -> Cast:
    return Cast()


def band(days: int) -> str:
    return next(name for name, last in zip(BUCKETS, (0, 30, 60, 90, 10**6), strict=True) if days <= last)


class Slow:
    """The same figures bill by bill, in plain Python, from what is stored on the morning itself."""

    def __init__(self, date: str) -> None:
        on = day(date)
        self.owner = {case.party_id: case.owner for case in Case.objects.filter(stage="open")}
        desk = policy.in_force(on).tables["case.desk"]
        self.desk = {
            case.party_id: desk.decide({"level": case.level}).then["desk"] for case in Case.objects.filter(stage="open")
        }
        self.level = {(row.party_id, row.currency): row.level for row in Standing.objects.all()}
        self.bills: dict[int, tuple[int, str, int, int]] = {}
        for bill in Bill.objects.all():
            paid = sum(part.amount for part in bill.allocations.filter(allocated_on__lte=on))
            if bill.principal != paid:
                self.bills[bill.pk] = (bill.party_id, bill.currency, bill.principal - paid, (on - bill.due_on).days)

    def cell(self, party: int, currency: str, days: int) -> tuple[object, ...]:
        owner = self.owner.get(party)
        return (
            owner.pk if owner else None,
            owner.department_id if owner else None,
            self.desk.get(party, ""),
            currency,
            self.level.get((party, currency), "none"),
            band(days),
        )

    def tallies(self) -> dict[tuple[object, ...], tuple[int, ...]]:
        sums: dict[tuple[object, ...], Counter[str]] = defaultdict(Counter)
        oldest: dict[tuple[int, str], int] = {}
        for party, currency, owed, days in self.bills.values():
            asked = max(owed, 0)
            sums[self.cell(party, currency, days)].update(
                bills=1, amount=owed, asked=asked, late=asked if days >= 1 else 0
            )
            account = party, currency
            oldest[account] = max(oldest.get(account, -(10**6)), days if owed > 0 else -(10**6))
        for (party, currency), days in oldest.items():
            sums[self.cell(party, currency, days)].update(obligors=1)
        columns = ("obligors", "bills", "amount", "asked", "late")
        return {cell: tuple(found[name] for name in columns) for cell, found in sums.items()}

    def rolls(self, before: Slow) -> dict[tuple[object, ...], tuple[int, int]]:
        flows: dict[tuple[object, ...], Counter[str]] = defaultdict(Counter)
        for number in {*self.bills, *before.bills}:
            party, currency, _owed, _days = self.bills.get(number) or before.bills[number]
            owner = self.owner.get(party) or before.owner.get(party)
            who = (owner.pk if owner else None, currency)
            had, has = (max(books.bills[number][2], 0) if number in books.bills else 0 for books in (before, self))
            came = band(before.bills[number][3]) if had else "new"
            went = band(self.bills[number][3]) if has else "paid"
            if had and has:
                flows[*who, came, went].update(bills=1, amount=min(had, has))
            if had > has:
                flows[*who, came, "paid"].update(bills=int(not has), amount=had - has)
            if has > had:
                flows[*who, "new", went].update(bills=int(not had), amount=has - had)
        return {cell: (found["bills"], found["amount"]) for cell, found in flows.items()}


def stored_tallies(date: str) -> dict[tuple[object, ...], tuple[int, ...]]:
    rows = Tally.objects.filter(date=date).values_list(
        "owner", "department", "desk", "currency", "level", "bucket", "obligors", "bills", "amount", "asked", "late"
    )
    return {row[:6]: row[6:] for row in rows}


def stored_rolls(date: str) -> dict[tuple[object, ...], tuple[int, int]]:
    rows = Roll.objects.filter(date=date).values_list(
        "owner", "currency", "from_bucket", "to_bucket", "bills", "amount"
    )
    return {row[:4]: (row[4], row[5]) for row in rows}


def everything() -> list[list[tuple[object, ...]]]:
    found = []
    for model in (Tally, Roll, Load, Collected):
        columns = [column.attname for column in model._meta.concrete_fields if column.attname != "id"]
        found.append(sorted(model.objects.values_list(*columns), key=str))
    return found


def three_nights(cast: Cast, night) -> dict[str, Slow]:
    """Bills that fall due, age into the next band, are paid in part, in full, on account; a credit note; two
    currencies; a bill that comes later."""
    names = ("华信", "远大", "宏达", "金山", "长河")
    huaxin, yuanda, hongda, jinshan, changhe = (cast.customer(name) for name in names)
    huaxin.bill(800, due="2026-03-10", seller=cast.wang)
    huaxin.bill(500, due="2026-04-20", seller=cast.wang)
    ageing = yuanda.bill(90_000, due="2026-02-10")
    yuanda.bill(700, due="2026-01-05", currency="USD")
    part = hongda.bill(6_000, due="2025-11-01")
    hongda.bill(-400, due="2026-03-01", kind="credit_note")
    whole = jinshan.bill(1_200, due="2026-03-01")
    jinshan.bill(300, due="2026-03-12")
    changhe.bill(50, due="2026-05-01")
    cast.customer("安平").bill(70, due="2026-05-01")
    mornings = {}
    night(NIGHTS[0])
    mornings[NIGHTS[0]] = Slow(NIGHTS[0])
    hongda.pays(2_500, on="2026-03-11", bill=part)
    jinshan.pays(1_200, on="2026-03-11", bill=whole)
    huaxin.pays(100, on="2026-03-12")
    night(NIGHTS[1])
    mornings[NIGHTS[1]] = Slow(NIGHTS[1])
    yuanda.pays(1_000, on="2026-03-13", bill=ageing)
    changhe.bill(60, due="2026-03-12")
    night(NIGHTS[2])
    mornings[NIGHTS[2]] = Slow(NIGHTS[2])
    return mornings


def test_three_nights_leave_what_counting_bill_by_bill_gives(cast, night):
    mornings = three_nights(cast, night)
    for date, slow in mornings.items():
        assert stored_tallies(date) == slow.tallies(), date
    assert stored_rolls(NIGHTS[0]) == {}
    assert stored_rolls(NIGHTS[1]) == mornings[NIGHTS[1]].rolls(mornings[NIGHTS[0]])
    assert stored_rolls(NIGHTS[2]) == mornings[NIGHTS[2]].rolls(mornings[NIGHTS[1]])
    aged = {(came, went) for _owner, _currency, came, went in stored_rolls(NIGHTS[2])}
    assert {("1-30", "31-60"), ("not_due", "1-30"), ("1-30", "paid"), ("new", "1-30")} <= aged


def test_a_night_run_again_changes_nothing_and_replaces_what_new_money_changes(cast, night):
    huaxin, yuanda = cast.customer("华信"), cast.customer("远大")
    bill = huaxin.bill(800, due="2026-03-10")
    yuanda.bill(900, due="2026-03-09")
    night(NIGHTS[0])
    first = Slow(NIGHTS[0])
    night(NIGHTS[1])
    before = everything()
    assert night(NIGHTS[1]).changed_rows == 0
    assert everything() == before
    huaxin.pays(300, on="2026-03-12", bill=bill)
    assert night(NIGHTS[1]).changed_rows > 0
    slow = Slow(NIGHTS[1])
    assert stored_tallies(NIGHTS[1]) == slow.tallies()
    assert stored_rolls(NIGHTS[1]) == slow.rolls(first)
    assert list(Collected.objects.values_list("date", "amount")) == [(day(NIGHTS[1]), 30_000)]
    assert night(NIGHTS[1]).changed_rows == 0


def test_bills_nobody_answers_for_are_counted_under_nobody(cast, night):
    cast.customer("长河").bill(50, due="2026-05-01")
    night(NIGHTS[0])
    (row,) = Tally.objects.all()
    assert (row.owner, row.department, row.desk, row.level, row.bucket) == (None, None, "", "none", "not_due")
    assert (row.obligors, row.bills, row.amount, row.late) == (1, 1, 5_000, 0)


def test_money_is_collected_once_by_whoever_had_the_case_also_when_nights_are_caught_up(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-10", seller=cast.wang)
    huaxin.pays(50, on="2026-03-09")
    night(NIGHTS[0])
    assert huaxin.live_case.owner == cast.wang
    huaxin.pays(500, on="2026-03-11", bill=bill)
    huaxin.pays(300, on="2026-03-13", bill=bill)
    night("2026-03-14")
    rows = list(Collected.objects.order_by("date").values_list("date", "owner", "receipts", "amount"))
    assert rows == [(day("2026-03-12"), cast.wang.pk, 1, 50_000), (day("2026-03-13"), cast.wang.pk, 1, 30_000)]
    assert huaxin.case.stage == "closed"
    (income,) = overview.collected(cast.zhao, day("2026-03-11"), day("2026-03-15"))
    assert (income.who.person, income.who.department, income.receipts, income.amount) == ("王", "销售部", 2, 80_000)
    assert overview.collected(cast.lin, day("2026-03-11"), day("2026-03-15")) == []


def test_a_reversal_takes_back_what_was_collected(cast, night):
    huaxin = cast.customer("华信")
    bill = huaxin.bill(800, due="2026-03-10", seller=cast.wang)
    night(NIGHTS[0])
    paid = huaxin.pays(500, on="2026-03-11", bill=bill)
    night(NIGHTS[1])
    Receipt.objects.create(
        party=huaxin.party, creditor=huaxin.creditor, number=paid.number, version=2, received_on=paid.received_on,
        amount=-paid.amount, currency="CNY", reverses=paid,
    )  # fmt: skip
    night(NIGHTS[2])
    (income,) = overview.collected(cast.zhao, day("2026-03-11"), day("2026-03-15"))
    assert (income.receipts, income.amount) == (0, 0)


def test_explaining_one_case_leaves_the_sums_alone(cast, night):
    from liangqing.house.explain import explain

    huaxin, yuanda = cast.customer("华信"), cast.customer("远大")
    huaxin.bill(800, due="2026-03-10")
    yuanda.bill(900, due="2026-03-09")
    night(NIGHTS[0])
    before = everything()
    assert explain(huaxin.live_case.number)["level"] == "mild"
    assert everything() == before


class TestAgeing:
    def test_the_table_has_a_line_a_person_and_currency_and_adds_up(self, cast, night):
        mornings = three_nights(cast, night)
        lines = overview.ageing(cast.zhao, day("2026-03-20"))
        slow = mornings[NIGHTS[2]]
        for currency in ("CNY", "USD"):
            mine = [line for line in lines if line.currency == currency]
            owed = [amount for _party, code, amount, _days in slow.bills.values() if code == currency]
            assert (sum(line.bills for line in mine), sum(line.amount for line in mine)) == (len(owed), sum(owed))
        assert all(tuple(cell.bucket for cell in line.bands) == BUCKETS for line in lines)
        assert all(sum(cell.amount for cell in line.bands) == line.amount for line in lines)
        assert lines[-1].who == overview.Who(None, "", None, "")

    def test_a_head_sees_the_people_of_her_department_only(self, cast, night):
        three_nights(cast, night)
        (line,) = overview.ageing(cast.chen, day(NIGHTS[2]))
        assert (line.who.person, line.who.department, line.currency) == ("王", "销售部", "CNY")
        assert (line.obligors, line.bills, line.amount, line.late, line.late_bp) == (1, 2, 130_000, 80_000, 6153)
        everybody = {row.who.person_id for row in overview.ageing(cast.zhao, day(NIGHTS[2]))}
        assert {row.who.person_id for row in overview.ageing(cast.lin, day(NIGHTS[2]))} == everybody & {cast.lin.pk}
        assert None in everybody

    def test_before_the_first_night_there_is_nothing(self, cast, night):
        three_nights(cast, night)
        assert overview.ageing(cast.zhao, day("2026-03-10")) == []
        assert overview.carried(cast.zhao, day("2026-03-10")) == []

    def test_mornings_tell_the_late_share_of_each_date_and_department(self, cast, night):
        mornings = three_nights(cast, night)
        together = overview.mornings(cast.zhao, day("2026-03-14"), by_department=False)
        assert [(point.date.isoformat(), point.currency) for point in together] == [
            (date, currency) for date in NIGHTS for currency in ("CNY", "USD")
        ]
        for point in together:
            bills = [bill for bill in mornings[point.date.isoformat()].bills.values() if bill[1] == point.currency]
            assert sum(point.amounts) == sum(owed for _party, _code, owed, _days in bills)
            assert point.asked == sum(max(owed, 0) for _party, _code, owed, _days in bills)
            assert point.late == sum(owed for _party, _code, owed, days in bills if days >= 1 and owed > 0)
            assert point.late_bp == point.late * 10_000 // point.asked
        sales = overview.mornings(cast.chen, day("2026-03-14"), nights=2)
        assert {(point.department, point.date.isoformat()) for point in sales} == {
            ("销售部", NIGHTS[1]), ("销售部", NIGHTS[2]),
        }  # fmt: skip


class TestRolls:
    def test_each_row_adds_up_to_what_ever_stood_in_its_band(self, cast, night):
        mornings = three_nights(cast, night)
        rows = {row.from_bucket: row for row in overview.rolls(cast.zhao, day(NIGHTS[1]), day("2026-03-14"))
                if row.currency == "CNY"}  # fmt: skip
        moves = {(row.from_bucket, move.to_bucket): move for row in rows.values() for move in row.moves}
        last = [bill for bill in mornings[NIGHTS[2]].bills.values() if bill[1] == "CNY" and bill[2] > 0]
        for bucket in BUCKETS:
            there = [owed for _party, _code, owed, days in last if band(days) == bucket]
            if there:
                assert (moves[bucket, bucket].bills, moves[bucket, bucket].amount) == (len(there), sum(there))
        aged = moves["1-30", "31-60"]
        assert (aged.bills, aged.amount) == (1, 8_900_000)
        # 1-30 on the way: 800 (there still), 90 000 (older, 1 000 paid), 1 200 (paid), 300 and 60 (came in)
        row = rows["1-30"]
        assert (row.bills, row.amount) == (5, 9_236_000)
        assert (aged.bills_bp, aged.amount_bp) == (2_000, 8_900_000 * 10_000 // 9_236_000)
        assert (moves["1-30", "paid"].bills, moves["1-30", "paid"].amount) == (1, 220_000)
        assert (moves["new", "1-30"].bills, moves["new", "1-30"].amount) == (1, 6_000)

    def test_a_head_sees_the_moves_of_her_peoples_bills_only(self, cast, night):
        three_nights(cast, night)
        (early, old) = overview.rolls(cast.chen, day(NIGHTS[1]), day("2026-03-14"))
        assert (early.from_bucket, early.bills, early.amount) == ("not_due", 1, 50_000)
        assert (old.from_bucket, old.bills, old.amount) == ("1-30", 1, 80_000)


@pytest.fixture
def case(cast: Cast, night) -> Case:
    customer: Customer = cast.customer("华信")
    customer.bill(800, due="2026-03-10", seller=cast.wang)
    night(NIGHTS[0])
    return customer.live_case


def promise(case: Case, by: User | None, given: str, judged: str | None, state: str) -> None:
    Promise.objects.create(
        case=case, currency="CNY", amount=5, promised_on=day(given), due_on=day(given), state=state, by=by,
        judged_on=day(judged) if judged else None,
    )  # fmt: skip


def record(case: Case, by: User, on: str, result: str, corrects: Record | None = None) -> Record:
    with clock.at(on):
        return Record.objects.create(
            case=case, party=case.party, creditor=case.creditor, at=clock.now(), contacted_on=clock.today(), by=by,
            channel="phone", reached="self", result=result, result_row="Z01", policy="p", says="none",
            says_until_on=day(on), corrects=corrects,
        )  # fmt: skip


class TestPeople:
    def test_promises_are_counted_by_who_took_them_down_and_shared_by_what_was_judged(self, cast, case):
        promise(case, cast.lin, "2026-03-01", "2026-03-08", "kept")
        promise(case, cast.lin, "2026-03-03", "2026-03-09", "broken")
        promise(case, cast.lin, "2026-02-20", "2026-03-02", "partly")
        promise(case, cast.lin, "2026-02-20", "2026-02-28", "broken")
        promise(case, cast.lin, "2026-03-04", "2026-03-05", "replaced")
        promise(case, cast.lin, "2026-03-10", None, "open")
        promise(case, cast.wang, "2026-03-05", "2026-03-10", "kept")
        lines = overview.promised(cast.zhao, day("2026-03-01"), day("2026-03-10"))
        assert [(row.who.person, row.given, row.kept, row.partly, row.broken, row.kept_bp) for row in lines] == [
            ("王", 1, 0, 0, 0, None), ("林", 3, 1, 1, 1, 3333),
        ]  # fmt: skip
        assert [row.who.person for row in overview.promised(cast.chen, day("2026-03-01"), day("2026-03-10"))] == ["王"]

    def test_contacts_are_counted_by_result_and_a_corrected_one_once(self, cast, case):
        record(case, cast.lin, "2026-03-11", "no_answer")
        wrong = record(case, cast.lin, "2026-03-12", "no_answer")
        record(case, cast.lin, "2026-03-12", "promised", corrects=wrong)
        record(case, cast.wang, "2026-03-12", "busy")
        record(case, cast.lin, "2026-03-13", "busy")
        lines = overview.contacts(cast.zhao, day("2026-03-11"), day("2026-03-13"))
        assert [(row.who.person, row.records, row.results) for row in lines] == [
            ("王", 1, {"busy": 1}), ("林", 2, {"no_answer": 1, "promised": 1}),
        ]  # fmt: skip
        (own,) = overview.contacts(cast.chen, day("2026-03-11"), day("2026-03-13"))
        assert own.who.person == "王"

    def test_the_load_is_what_the_night_found(self, cast, case):
        lines = {row.who.person: row for row in overview.carried(cast.zhao, day(NIGHTS[0]))}
        task = Task.objects.get(state="open")
        wang = lines["王"]
        assert (wang.cases, wang.tasks, wang.points, wang.capacity, wang.load) == (1, 1, task.points, 100, 1)
        assert (wang.late, wang.oldest_task_on) == ({"CNY": 80_000}, day(NIGHTS[0]))
        assert (lines["林"].cases, lines["林"].tasks, lines["林"].late, lines["林"].sleeps) == (0, 0, {}, False)
        assert set(lines) == {"王", "林", "梅"}
        assert [row.who.person for row in overview.carried(cast.chen, day(NIGHTS[0]))] == ["王"]

    def test_who_carries_far_more_than_the_others_drowns(self, cast):
        User.objects.filter(pk=cast.wang.pk).update(capacity=50)
        for person, cases in ((cast.lin, 10), (cast.mei, 12), (cast.wang, 12)):
            Load.objects.create(date=day(NIGHTS[0]), owner=person, cases=cases, tasks=0, points=0)
        flags = {row.who.person: (row.load, row.drowns) for row in overview.carried(cast.zhao, day(NIGHTS[0]))}
        assert flags == {"林": (10, False), "梅": (12, False), "王": (24, False)}
        Load.objects.filter(owner=cast.wang).update(cases=13)
        (own,) = overview.carried(cast.chen, day(NIGHTS[0]))
        assert (own.load, own.drowns) == (26, True)

    def test_who_has_work_and_leaves_no_trace_for_a_week_sleeps(self, cast, case):
        def sleeps(on: str) -> bool:
            (row,) = overview.carried(cast.chen, day(on))
            return row.sleeps

        assert sleeps(NIGHTS[0])
        record(case, cast.wang, "2026-03-12", "busy")
        assert [sleeps(on) for on in ("2026-03-12", "2026-03-18", "2026-03-19")] == [False, False, True]
        Task.objects.filter(owner=cast.wang).update(state="done", ended_on=dt.date(2026, 3, 13))
        assert [sleeps(on) for on in ("2026-03-19", "2026-03-20")] == [False, True]
