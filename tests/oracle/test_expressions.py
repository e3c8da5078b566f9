"""Rule expressions over small generated tables say what the oracle says, account by account."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangqing import policy
from liangqing.cases.rules import classes as class_rules
from liangqing.cases.rules import dealing, promises
from liangqing.people.models import MOST_CAPACITY
from liangqing.policy.book import build, preset_content
from liangqing.policy.terms import definitions
from liangqing.receivables.rules import lateness, owing
from liangqing.receivables.rules.allocation import by_reference
from liangqing.receivables.rules.habits import FellDue, habits
from liangqing.warning.rules import levels
from tests.oracle import classes, money
from tests.oracle import night as oracle
from tests.oracle.book import Book
from tests.oracle.facts import Adjustment, Allocation, Bill, Promise, Receipt, Record
from tests.oracle.sets import Sets

AS_OF = dt.date(2026, 3, 10)
BOOK = Book()
RULES = policy.preset()
SOME = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

near = st.integers(-4, 4).map(lambda days: AS_OF + dt.timedelta(days=days))
far = st.integers(-800, 800).map(lambda days: AS_OF + dt.timedelta(days=days))
days = near | far
amounts = st.sampled_from([1, 99, 100, 101, 999_999, 1_000_000, 1_000_001]) | st.integers(1, 2**53 + 5)
currencies = st.sampled_from(["CNY", "USD", "JPY", "KWD"])
ids = st.integers(1, 3)
sellers = st.none() | st.integers(7, 9)


@pytest.fixture(scope="module")
def sets() -> Iterator[Sets]:
    made = Sets()
    yield made
    made.con.disconnect()


@st.composite
def ledgers(draw: Any) -> tuple[list[Bill], list[Adjustment], list[Receipt], list[Allocation]]:
    bills = [
        Bill(
            id=number,
            party=draw(ids),
            creditor=draw(st.integers(1, 2)),
            currency=draw(currencies),
            kind=(kind := draw(st.sampled_from(["invoice", "credit_note", "deposit", "retention", "instalment"]))),
            issued_on=draw(st.none() | days),
            due_on=draw(days),
            contract_ends_on=draw(st.none() | days),
            amount=draw(amounts) * (-1 if kind == "credit_note" else 1),
            seller=draw(sellers),
        )
        for number in range(1, draw(st.integers(1, 8)) + 1)
    ]
    of_bill = st.sampled_from(bills)
    adjustments = [
        Adjustment(bill.id, day, draw(st.sampled_from([-bill.amount, 1, -1, bill.amount // 2])))
        for bill, day in draw(st.lists(st.tuples(of_bill, st.none() | near), max_size=4))
    ]
    receipts, allocations = [], []
    for number, (bill, day) in enumerate(draw(st.lists(st.tuples(of_bill, near), max_size=6)), 1):
        amount = draw(st.sampled_from([abs(bill.amount), 1, max(1, abs(bill.amount) - 1), abs(bill.amount) + 5]))
        receipts.append(Receipt(number, bill.party, bill.creditor, bill.currency, day, amount))
        if part := draw(st.sampled_from([0, amount, amount // 2])):
            allocations.append(Allocation(number, bill.id, draw(near), part))
    return bills, adjustments, receipts, allocations


def _put(sets: Sets, ledger: Any) -> None:
    bills, adjustments, receipts, allocations = ledger
    sets.put(
        "bills",
        (
            (
                b.id,
                b.party,
                b.creditor,
                b.currency,
                b.kind,
                b.issued_on,
                b.due_on,
                b.contract_ends_on,
                b.amount,
                b.seller,
            )
            for b in bills
        ),
    )
    sets.put("adjustments", ((a.bill, a.effective_on, a.amount) for a in adjustments))
    sets.put("receipts", ((r.id, r.party, r.creditor, r.currency, r.received_on, r.amount) for r in receipts))
    sets.put("allocations", ((a.receipt, a.bill, a.allocated_on, a.amount) for a in allocations))


def _owed(sets: Sets) -> Any:
    return owing.owed(sets.table("bills"), sets.table("adjustments"), sets.table("allocations"), AS_OF)


def _accounts(sets: Sets) -> Any:
    on_account = owing.unapplied(sets.table("receipts"), sets.table("allocations"), AS_OF)
    return owing.accounts(_owed(sets), on_account)


@SOME
@given(ledger=ledgers())
def test_what_is_owed_is_what_adding_up_each_bill_by_hand_gives(sets, ledger):
    bills, adjustments, _receipts, allocations = ledger
    _put(sets, ledger)
    found = sets.ask("owed", lambda: _owed(sets))
    wanted = money.owed(bills, adjustments, allocations, AS_OF)
    assert {row["bill_id"]: (row["due_on"], row["owed"], row["days"], row["bucket"]) for row in found} == {
        key: (line.due_on, line.owed, line.days, line.bucket) for key, line in wanted.items()
    }


@SOME
@given(ledger=ledgers())
def test_accounts_are_the_totals_of_their_bills_and_never_mix_currencies(sets, ledger):
    bills, adjustments, receipts, allocations = ledger
    _put(sets, ledger)
    found = sets.ask("accounts", lambda: _accounts(sets))
    on_account = money.unapplied(receipts, allocations, AS_OF)
    wanted = money.accounts(money.owed(bills, adjustments, allocations, AS_OF).values(), on_account)
    names = ("balance", "credit", "unapplied", "late", "late_bills", "open_bills", "days", "share_bp")
    assert {
        (row["party_id"], row["creditor_id"], row["currency"]): (*(row[name] for name in names), row["seller_id"])
        for row in found
    } == {key: (*(getattr(total, name) for name in names), total.seller) for key, total in wanted.items()}


@SOME
@given(ledger=ledgers())
def test_ageing_counts_every_open_bill_once(sets, ledger):
    bills, adjustments, _receipts, allocations = ledger
    _put(sets, ledger)
    found = sets.ask("ageing", lambda: owing.ageing(_owed(sets)))
    wanted: Counter[tuple[str, str]] = Counter()
    sums: Counter[tuple[str, str]] = Counter()
    for line in money.owed(bills, adjustments, allocations, AS_OF).values():
        wanted[line.bill.currency, line.bucket] += 1
        sums[line.bill.currency, line.bucket] += line.owed
    assert {(row["currency"], row["bucket"]): (row["bills"], row["amount"]) for row in found} == {
        key: (count, sums[key]) for key, count in wanted.items()
    }


edges_of_days = st.sampled_from([1, 2, 30, 31, 32, 90, 91, 92, 5000])
edges_of_share = st.sampled_from([0, 1, 5999, 6000, 6001, 10_000])


@st.composite
def late_accounts(draw: Any) -> list[tuple[Any, ...]]:
    lines = []
    for number in range(draw(st.integers(1, 12))):
        currency = draw(st.sampled_from(["CNY", "USD", "JPY", "KWD", "EUR", "CAD", "HKD", "GBP", "CLP"]))
        floor = BOOK.money("warning.share_floor", currency) if currency != "CLP" else 10_000
        late = draw(st.sampled_from([floor - 1, floor, floor + 1, 0, 1]))
        lines.append((number, 1, currency, late, draw(edges_of_days), draw(edges_of_share), 0))
    return lines


def _levels(sets: Sets, lines: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    sets.put("accounts", lines)
    return sets.ask("levels", lambda: levels.levels(sets.table("accounts"), RULES))


@SOME
@given(lines=late_accounts())
def test_levels_follow_days_and_share_and_small_amounts_have_no_share(sets, lines):
    found = _levels(sets, lines)
    wanted = {}
    for party, creditor, currency, late, late_days, share, _variant in lines:
        if late == 0:
            continue
        floor = 10_000 if currency == "CLP" else BOOK.money("warning.share_floor", currency)
        facts = {"days_late": late_days, "share_bp": share if late >= floor else 0}
        row = BOOK.decide("warning.level", facts)
        wanted[party, creditor, currency] = (row["then"]["level"], row["row"], facts["share_bp"])
    assert {
        (row["party_id"], row["creditor_id"], row["currency"]): (row["level"], row["row"], row["share_bp"])
        for row in found
    } == wanted


@SOME
@given(lines=late_accounts())
def test_the_level_of_one_account_is_its_level_among_all(sets, lines):
    for row in _levels(sets, lines):
        given_share = next(line[5] for line in lines if line[0] == row["party_id"])
        twin = levels.level_of(
            late=row["late"], days=row["days"], share_bp=given_share, currency=row["currency"], policy=RULES
        )
        assert (twin.row, twin.then["level"]) == (row["row"], row["level"])


WINDOWS = definitions()["class.looks_back_days"].choices
pairs = st.tuples(ids, st.integers(1, 2))
ago = st.sampled_from([0, 1, 2, 89, 90, 91, 364, 365, 366, 729, 730, 731])
words = st.lists(st.tuples(pairs, ago.map(lambda days: AS_OF - dt.timedelta(days=days))), max_size=6)


@st.composite
def histories(draw: Any) -> tuple[Any, Any, Any, dict[int, str]]:
    """A ledger, some of whose allocations were taken back; promises broken and words of not being able to pay."""
    bills, adjustments, receipts, allocations = draw(ledgers())
    moved = [
        Allocation(
            a.receipt, a.bill, a.allocated_on + dt.timedelta(days=draw(st.sampled_from([0, -40, -200]))), a.amount
        )
        for a in allocations
    ]
    back = [Allocation(a.receipt, a.bill, a.allocated_on, -a.amount) for a in moved if draw(st.booleans())]
    broken = [(pair, on) for pair, on in draw(words) if on < AS_OF]
    graded = {party: draw(st.sampled_from(["", "", "A", "D", "E"])) for party in (1, 2, 3)}
    return (bills, adjustments, receipts, [*moved, *back]), broken, dict(draw(words)), graded


def _classes(sets: Sets, history: Any) -> dict[tuple[int, int], dict[str, Any]]:
    ledger, broken, unable, graded = history
    _put(sets, ledger)
    sets.put("broken", ((*pair, on) for pair, on in broken))
    sets.put("unable", ((*pair, on) for pair, on in unable.items()))
    sets.put("parties", graded.items())
    sets.put("accounts", ((party, creditor, "CNY", 1, 1, 1, 0) for party in (1, 2, 3) for creditor in (1, 2)))
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for window in WINDOWS:
        rules = RULES_OF[window]
        rows = sets.ask(
            f"classes {window}",
            lambda rules=rules: class_rules.classes(
                sets.table("accounts"),
                sets.table("parties"),
                habits(
                    *(sets.table(name) for name in ("bills", "adjustments", "allocations", "at_rest", "accounts")),
                    WINDOWS,
                    AS_OF,
                ),
                class_rules.signs(*(sets.table(name) for name in ("broken", "unable", "accounts")), WINDOWS, AS_OF),
                rules,
                AS_OF,
            ),
        )
        assert len(rows) == 6, "one row a customer and creditor"
        found |= {(row["party_id"], row["creditor_id"], window): row for row in rows}
    return found


RULES_OF = {
    window: build(
        {**preset_content(), "terms": {"class.looks_back_days": window}}, version="w", from_on=dt.date(2026, 1, 1)
    )
    for window in WINDOWS
}


@SOME
@given(history=histories())
def test_a_class_follows_from_how_each_bill_was_paid_and_what_was_said(sets, history):
    (bills, adjustments, _receipts, allocations), broken, unable, graded = history
    for (party, creditor, window), row in _classes(sets, history).items():
        own = [bill for bill in bills if (bill.party, bill.creditor) == (party, creditor)]
        share, worst = classes.payments(own, allocations, adjustments, AS_OF, window)
        since = AS_OF - dt.timedelta(days=window)
        wanted = {
            "given": graded[party] if graded[party] in ("A", "B", "C", "D") else "none",
            "late_share_bp": share,
            "worst_days": worst,
            "promises_broken": sum(pair == (party, creditor) and on > since for pair, on in broken),
            "cannot_pay": (party, creditor) in unable and unable[party, creditor] > since,
        }
        assert {name: row[name] for name in class_rules.FACTS} == wanted
        decided = BOOK.decide("customer.class", wanted)
        assert row["class_row"] == decided["row"]
        assert {name: row[name] for name in class_rules.OUTPUTS} == decided["then"]


@SOME
@given(history=histories())
def test_the_class_of_one_customer_is_its_class_among_all(sets, history):
    (bills, adjustments, _receipts, allocations), broken, unable, graded = history
    for (party, creditor, window), row in _classes(sets, history).items():
        fell = []
        for bill in bills:
            if (bill.party, bill.creditor) != (party, creditor) or (bill.issued_on and bill.issued_on > AS_OF):
                continue
            changed = [a for a in adjustments if a.bill == bill.id and (a.effective_on or AS_OF) <= AS_OF]
            asked = bill.amount + sum(a.amount for a in changed)
            paid: Counter[dt.date] = Counter()
            for line in allocations:
                if line.bill == bill.id:
                    paid[line.allocated_on] += line.amount
            if asked > 0:
                due = lateness.due_day(bill.kind, bill.due_on, bill.contract_ends_on)
                fell.append(FellDue(bill.currency, due, asked, paid))
        said = [on for pair, on in unable.items() if pair == (party, creditor)]
        facts = class_rules.facts_of(
            graded[party], fell, [on for pair, on in broken if pair == (party, creditor)], said, window, AS_OF
        )
        assert {name: row[name] for name in class_rules.FACTS} == facts
        assert RULES_OF[window].tables["customer.class"].decide(facts).row == row["class_row"]


@st.composite
def promise_books(draw: Any) -> tuple[list[Promise], list[Receipt], set[str], set[int]]:
    """Promises of cases 1 to 3 (of the party of that number), receipts, currencies in which case 1.. is late, closing."""
    made = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        state = draw(st.sampled_from(["open", "open", "open", "kept", "partly", "broken", "replaced"]))
        judged = None if state == "open" else AS_OF - dt.timedelta(days=draw(st.sampled_from([1, 12, 13, 14, 15, 60])))
        promised_on = AS_OF - dt.timedelta(days=draw(st.integers(0, 6)))
        due_on = max(promised_on, AS_OF - dt.timedelta(days=draw(st.integers(-3, 4))))
        amount = draw(st.sampled_from([1000, 1001, 1002, 5000]))
        made.append(Promise(number, draw(ids), draw(currencies), amount, promised_on, due_on, state, judged))
    came = [
        Receipt(number, draw(ids), 1, draw(currencies), AS_OF + dt.timedelta(days=draw(st.integers(-7, 2))), amount)
        for number, amount in enumerate(draw(st.lists(st.sampled_from([900, 901, 1000, 4000, -900]), max_size=8)))
    ]
    late = draw(st.sets(st.tuples(ids, currencies)))
    return made, came, late, draw(st.sets(ids))


def _fates(sets: Sets, books: Any) -> list[dict[str, Any]]:
    made, came, late, closing = books
    sets.put(
        "promises",
        ((p.id, p.case, p.case, 1, p.currency, p.amount, p.promised_on, p.due_on, p.state, p.judged_on) for p in made),
    )
    sets.put("receipts", ((r.id, r.party, r.creditor, r.currency, r.received_on, r.amount) for r in came))
    sets.put("accounts", ((party, 1, currency, 500, 3, 10_000, 0) for party, currency in late))
    sets.put("standing", ((case, "closes" if case in closing else "stays", 0) for case in (1, 2, 3)))
    tables = ("promises", "receipts", "accounts", "standing")
    return sets.ask("fates", lambda: promises.fates(*(sets.table(name) for name in tables), RULES, AS_OF))


def _wanted_fates(books: Any) -> dict[int, tuple[str, int]]:
    made, came, late, closing = books
    wanted = {}
    for promise in made:
        if promise.state != "open":
            continue
        paid = oracle.promise_paid(promise, (promise.case, 1), came, BOOK, AS_OF)
        anything_late = (promise.case, promise.currency) in late and promise.case not in closing
        fate = oracle.promise_fate(promise, paid=paid, anything_late=anything_late, book=BOOK, as_of=AS_OF)
        if fate != "open":
            wanted[promise.id] = (fate, paid)
    return wanted


@SOME
@given(books=promise_books())
def test_promises_are_judged_by_what_came_in_time(sets, books):
    fates = _fates(sets, books)
    assert {row["promise_id"]: (row["state"], row["paid"]) for row in fates} == _wanted_fates(books)


@SOME
@given(books=promise_books())
def test_the_fate_of_one_promise_is_its_fate_among_all(sets, books):
    made, came, late, closing = books
    fates = _fates(sets, books)
    found = {row["promise_id"]: row["state"] for row in fates}
    for promise in made:
        if promise.state == "open":
            twin = promises.fate(
                amount=promise.amount,
                currency=promise.currency,
                due_on=promise.due_on,
                paid=oracle.promise_paid(promise, (promise.case, 1), came, BOOK, AS_OF),
                anything_late=(promise.case, promise.currency) in late and promise.case not in closing,
                terms=RULES.terms,
                as_of=AS_OF,
            )
            assert found.get(promise.id, "open") == twin


@st.composite
def written_records(draw: Any) -> list[Record]:
    """Records of cases 1 to 3 that say something, about the days of the promises."""
    made = []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        contacted_on = AS_OF - dt.timedelta(days=draw(st.integers(-1, 6)))
        says = draw(st.sampled_from(["none", "dispute_claimed", "paid_already", "special"]))
        until_on = contacted_on + dt.timedelta(days=draw(st.sampled_from([0, 1, 3, 90])))
        made.append(Record(number, draw(ids), contacted_on, says, until_on))
    return made


@SOME
@given(books=promise_books(), written=written_records())
def test_an_open_promise_or_the_one_judged_last_speaks_for_its_case_unless_a_later_record_does(sets, books, written):
    fates = _fates(sets, books)
    sets.keep("fates", fates)
    sets.put("records", ((r.id, r.case, r.contacted_on, r.says, r.says_until_on) for r in written))
    names = ("promises", "fates", "records", "standing")
    found = sets.ask("last", lambda: promises.last_results(*(sets.table(name) for name in names), RULES, AS_OF))
    tonight = {key: fate for key, (fate, _paid) in _wanted_fates(books).items()}
    wanted = {}
    for case in (1, 2, 3):
        given_by = [p for p in books[0] if p.case == case]
        result = oracle.last_result(given_by, [r for r in written if r.case == case], tonight, BOOK, AS_OF)
        if result != "none":
            wanted[case] = result
    assert {row["case_id"]: row["last_result"] for row in found} == wanted


@SOME
@given(
    receipts=st.lists(st.tuples(ids, near, st.integers(1, 60)), max_size=9),
    rooms=st.lists(st.integers(-5, 100), min_size=3, max_size=3),
)
def test_money_goes_to_the_bill_it_names_first_come_first_served_and_never_too_much(sets, receipts, rooms):
    lines = [(number, bill, day, amount) for number, (bill, day, amount) in enumerate(receipts, 1)]
    sets.put("named_receipts", lines)
    sets.put("rooms", enumerate(rooms, 1))
    room, wanted = dict(enumerate(rooms, 1)), {}
    for number, bill, _day, amount in sorted(lines, key=lambda line: (line[2], line[0])):
        fits = min(amount, max(room[bill], 0))
        room[bill] -= amount
        if fits:
            wanted[number] = (bill, fits)
    answer = sets.ask("by_reference", lambda: by_reference(sets.table("named_receipts"), sets.table("rooms")))
    found = {row["receipt_id"]: (row["bill_id"], row["amount"]) for row in answer}
    assert found == wanted
    for bill, asked in enumerate(rooms, 1):
        assert sum(amount for named, amount in found.values() if named == bill) <= max(asked, 0)


@st.composite
def desks(draw: Any, most: int = 300) -> tuple[dict[int, int], dict[int, int], list[tuple[int, int, int]]]:
    """Capacities, loads already there, and obligors waiting with points."""
    capacities = dict(enumerate(draw(st.lists(st.integers(1, most), min_size=1, max_size=6)), 1))
    loads = {user: load for user in (*capacities, 99) if (load := draw(st.integers(0, 30)))}
    waiting = [(party, 1, draw(st.integers(-5, 90))) for party in range(1, draw(st.integers(0, 40)) + 1)]
    return capacities, loads, waiting


def _dealt(sets: Sets, desk: Any) -> dict[tuple[int, int], int]:
    capacities, loads, waiting = desk
    sets.put("unowned", waiting)
    sets.put("people", capacities.items())
    sets.put("loads", loads.items())
    tables = ("unowned", "people", "loads")
    found = sets.ask("dealt", lambda: dealing.dealt(*(sets.table(name) for name in tables)))
    assert len({(row["party_id"], row["creditor_id"]) for row in found}) == len(found), "somebody was dealt twice"
    return {(row["party_id"], row["creditor_id"]): row["owner_id"] for row in found}


@SOME
@given(desk=desks())
def test_each_goes_where_it_stands_lowest_the_most_urgent_first(sets, desk):
    capacities, loads, waiting = desk
    found = _dealt(sets, desk)
    assert len(found) == len(waiting)
    height = dict(loads)
    for party, creditor, _points in sorted(waiting, key=lambda line: (-line[2], line[0], line[1])):
        places = {user: Fraction(height.get(user, 0) + 1, capacity) for user, capacity in capacities.items()}
        owner = found[party, creditor]
        assert places[owner] == min(places.values())
        height[owner] = height.get(owner, 0) + 1


@SOME
@given(desk=desks(most=MOST_CAPACITY))
def test_everybody_is_dealt_and_loads_end_level_whatever_the_capacities(sets, desk):
    capacities, loads, waiting = desk
    found = _dealt(sets, desk)
    assert len(found) == len(waiting)
    got = Counter(found.values())
    for user, more in got.items():
        highest = Fraction(loads.get(user, 0) + more, capacities[user])
        for other, capacity in capacities.items():
            if other != user:
                assert Fraction(loads.get(other, 0) + got[other] + 1, capacity) >= highest
