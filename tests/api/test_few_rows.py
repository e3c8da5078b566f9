"""A push costs what its rows cost, a page of a list what it shows: neither reads the whole portfolio."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from liangqing.parties.models import Creditor
from liangqing.receivables.actions.creditors import HOME
from tests.conftest import _administer, copied

STORED = 40_000
TABLES = (
    "parties_party", "parties_alias", "parties_contact", "receivables_bill", "receivables_contract",
    "receivables_adjustment", "receivables_receipt", "receivables_allocation",
    "cases_case", "cases_task", "warning_alert",
)  # fmt: skip


@pytest.fixture(scope="session")
def large(migrated: str, django_db_blocker: Any) -> Iterator[str]:
    """The database of a large portfolio, filled once."""
    with django_db_blocker.unblock(), copied(migrated) as name:
        _fill()
        connection.close()
        yield name


@pytest.fixture
def portfolio(books: str, large: str) -> None:
    """Thousands of customers, each with a contact, an alias, a contract, a bill that was corrected and paid in part, and
    money that waits for a bill not known yet."""
    connection.close()
    _administer(f'DROP DATABASE "{books}" WITH (FORCE)')
    _administer(f'CREATE DATABASE "{books}" TEMPLATE "{large}" STRATEGY FILE_COPY')


def _fill() -> None:
    creditor = Creditor.objects.create(code=HOME, name="本单位")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO parties_party (id, number, kind, name_stored, name_index, identity_stored, identity_index,
                    customer_class, area, country, language, search)
                SELECT i, 'C' || i, 'company', 'Name ' || i, int8send(i), '', '', '', '', '', '', '{{}}'
                FROM generate_series(1, {STORED}) i;
                INSERT INTO parties_alias (party_id, name_stored, name_index)
                SELECT i, 'Alias ' || i, int8send(-i) FROM generate_series(1, {STORED}) i;
                INSERT INTO parties_contact (party_id, kind, role, person_stored, value_stored, value_index, validity)
                SELECT i, 'phone', 'self', '', 'x', int8send(i), 'unknown' FROM generate_series(1, {STORED}) i;
                INSERT INTO receivables_contract (id, creditor_id, party_id, number)
                SELECT i, {creditor.pk}, i, 'K' || i FROM generate_series(1, {STORED}) i;
                INSERT INTO receivables_bill (id, creditor_id, party_id, contract_id, number, kind, currency, issued_on,
                    due_on, principal, interest, penalty, fee, reference)
                SELECT i, {creditor.pk}, i, i, 'B' || i, 'invoice', 'CNY', '2026-01-01', '2026-02-01', 10000, 0, 0, 0, ''
                FROM generate_series(1, {STORED}) i;
                INSERT INTO receivables_adjustment (bill_id, principal, interest, penalty, fee, reason)
                SELECT i, 1000, 0, 0, 0, 'correction' FROM generate_series(1, {STORED}) i;
                INSERT INTO receivables_receipt (id, creditor_id, party_id, number, version, received_on, amount, currency,
                    method, bill_number, reference)
                SELECT i, {creditor.pk}, i, 'P' || i, 1, date '2026-01-20', 4000, 'CNY', 'transfer', 'B' || i, ''
                FROM generate_series(1, {STORED}) i
                UNION ALL
                SELECT {STORED} + i, {creditor.pk}, i, 'W' || i, 1, '2026-01-20', 500, 'CNY', 'transfer', 'N' || i, ''
                FROM generate_series(1, {STORED}) i;
                INSERT INTO receivables_allocation (receipt_id, bill_id, allocated_on, amount)
                SELECT i, i, '2026-01-20', 4000 FROM generate_series(1, {STORED}) i;
                INSERT INTO cases_case (id, number, party_id, creditor_id, stage, level, level_row, desk, opened_on, closed_on,
                    policy, customer_class, class_row)
                SELECT i, 'LQ-' || i, i, {creditor.pk}, 'closed', 'mild', 'D1', '', date '2020-01-01' + i / 40,
                    date '2020-02-01' + i / 40, '', '', '' FROM generate_series(1, {STORED}) i;
                INSERT INTO cases_task (party_id, creditor_id, case_id, action, action_row, points, reasons, policy,
                    created_on, due_on, state, ended_on)
                SELECT i, {creditor.pk}, i, 'call', 'A1', 1, '{{}}', '', date '2020-01-01' + i / 40,
                    date '2020-01-01' + i / 40, 'done', date '2020-01-02' + i / 40 FROM generate_series(1, {STORED}) i;
                INSERT INTO warning_alert (party_id, creditor_id, currency, level, row, policy, raised_on, amount, days_late,
                    recipients)
                SELECT i, {creditor.pk}, 'CNY', 'mild', 'D1', '', date '2020-01-01' + i / 40, 1, 1, '{{}}'
                FROM generate_series(1, {STORED}) i;"""
        )
        for table in TABLES:
            cursor.execute(f"SELECT setval('{table}_id_seq', {2 * STORED})")
        cursor.execute("ANALYZE")


def rows_read() -> dict[str, int]:
    """Rows every table has given so far, by whatever way they were found."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = ANY (%s)",
            [list(TABLES)],
        )
        return dict(cursor.fetchall())


PUSHES = {
    "a new customer": ("/customers", {"customer_id": "NEW", "name": "New", "phone": "02112345678"}),
    "a known customer": ("/customers", {"customer_id": "C7", "name": "Other", "phone": "02112345678"}),
    "a new bill": ("/bills", {"bill_id": "N7", "customer_id": "C7", "due_date": "2026-03-01", "amount": "5"}),
    "a changed bill": (
        "/bills",
        {"bill_id": "B7", "customer_id": "C7", "due_date": "2026-03-01", "amount": "70", "contract_no": "K8"},
    ),
    "a bill of another": ("/bills", {"bill_id": "B7", "customer_id": "C8", "due_date": "2026-03-01", "amount": "70"}),
    "a new payment": (
        "/payments",
        {"payment_id": "NEW", "customer_id": "C7", "bill_id": "B7", "payment_date": "2026-02-03", "amount": "5"},
    ),
    "a changed payment": (
        "/payments",
        {"payment_id": "P7", "customer_id": "C7", "bill_id": "B7", "payment_date": "2026-02-03", "amount": "5"},
    ),
}


@pytest.mark.parametrize(("path", "row"), PUSHES.values(), ids=PUSHES)
def test_a_row_pushed_reads_what_it_names_and_not_the_portfolio(portfolio, issue, path, row):
    ledger = issue("finance")
    before = rows_read()
    told = ledger.push(path, [row], **({} if path == "/customers" else {"currency": "CNY"})).json()
    read = {table: count - before[table] for table, count in rows_read().items()}
    assert [told.get(fate, 0) for fate in ("created", "updated", "rejected")].count(1) == 1, told
    assert all(count < 50 for count in read.values()), read


LISTS = (
    "/customers?limit=5", "/customers?number=C7", "/customers?number=NONE", "/customers/C7",
    "/bills?limit=5", "/bills?number=B7", "/bills?number=NONE", "/bills?customer=C7", "/bills?due_from=2030-01-01",
    "/cases?limit=5", "/cases?customer=C7", "/cases?stage=open", "/cases?level=severe", "/cases?owner=root",
    "/cases?owner=nobody", "/cases?since=2030-01-01", "/cases/LQ-7",
    "/tasks", "/tasks?customer=C7", "/tasks?owner=root", "/tasks?owner=nobody", "/tasks?action=visit",
    "/tasks?state=dropped", "/tasks?state=done&since=2030-01-01", "/tasks?state=done&action=visit",
    "/alerts?limit=5", "/alerts?customer=C7", "/alerts?level=severe", "/alerts?since=2030-01-01",
    "/records", "/records?customer=C7", "/records?case=LQ-7", "/records?since=2030-01-01",
)  # fmt: skip


def test_a_page_of_a_list_reads_what_it_shows_and_not_the_portfolio(portfolio, issue):
    program = issue("risk", "finance")
    for path in LISTS:
        before = rows_read()
        assert program.get(path).status_code == 200, path
        read = {table: count - before[table] for table, count in rows_read().items()}
        assert all(count < 50 for count in read.values()), (path, read)


def test_the_counts_would_notice_a_table_that_is_read(portfolio):
    before = rows_read()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(amount) FROM receivables_allocation")
    assert rows_read()["receivables_allocation"] - before["receivables_allocation"] == STORED


def test_money_that_waited_goes_to_the_bill_that_comes(portfolio, issue):
    path, row = PUSHES["a new bill"]
    issue("finance").push(path, [row], currency="CNY")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT amount FROM receivables_allocation a JOIN receivables_bill b ON b.id = a.bill_id WHERE b.number = 'N7'"
        )
        assert cursor.fetchall() == [(500,)]


def test_a_bill_of_another_customer_is_refused_with_his_number(portfolio, issue):
    path, row = PUSHES["a bill of another"]
    (error,) = issue("finance").push(path, [row], currency="CNY").json()["errors"]
    assert error["code"] == "customer_changed" and "C7" in error["message"]
