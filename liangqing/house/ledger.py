"""A generated ledger for measuring: customers, bills and payments as CSV files, the same for the same arguments.

Everything follows from hashes of row numbers, so DuckDB writes a million bills in a second or two. A few customers have
very many bills; two bills in three are paid, some late, some in part; one payment in a hundred names no bill.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

FILES = ("customers", "bills", "payments")
AS_OF = dt.date(2026, 6, 30)


def write(folder: Path, *, customers: int, bills: int, seed: int = 42, as_of: dt.date = AS_OF) -> dict[str, int]:
    """Write customers.csv, bills.csv and payments.csv into ``folder``, bills of the year before ``as_of``; how many rows each
    has."""

    def draw(row: str, what: int) -> str:
        """A number in [0, 1) that depends on the row, on what it is drawn for, and on the seed."""
        return f"(hash({row}, {what + 1000 * seed}) % 1000000) / 1000000.0"

    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as duck:
        duck.execute(
            f"""CREATE TABLE customers AS
                SELECT i, 'C' || lpad(i::VARCHAR, 8, '0') AS customer_id,
                       CASE WHEN {draw("i", 1)} < 0.3 THEN 'business' ELSE 'consumer' END AS kind,
                       CASE WHEN {draw("i", 2)} < 0.6 THEN 30 ELSE 14 END AS terms_days,
                       {draw("i", 3)} AS discipline
                FROM range(1, {customers + 1}) t(i)"""
        ).fetchall()
        duck.execute(
            f"""CREATE TABLE bills AS
                SELECT b.n, c.customer_id, c.discipline,
                       date '{as_of}' - (1 + floor({draw("n", 11)} * 365))::INTEGER AS bill_date, c.terms_days,
                       (500 + floor(exp(9 + 1.8 * ({draw("n", 12)} + {draw("n", 13)} - 1))))::BIGINT AS cents,
                       {draw("n", 14)} AS luck
                FROM (SELECT n, 1 + floor({customers} * pow({draw("n", 10)}, 3))::BIGINT AS who
                      FROM range(1, {bills + 1}) t(n)) b JOIN customers c ON c.i = b.who"""
        ).fetchall()
        duck.execute(
            f"""CREATE TABLE payments AS
                SELECT n, customer_id, bill_date + terms_days + delay AS paid_on,
                       CASE WHEN luck > 0.9 THEN greatest(cents // 2, 1) ELSE cents END AS cents,
                       'B' || lpad(n::VARCHAR, 10, '0') AS bill_id
                FROM (SELECT *, floor({draw("n", 15)} * CASE WHEN discipline < 0.6 THEN 10 ELSE 90 END)::INTEGER - 5
                             AS delay
                      FROM bills WHERE luck > CASE WHEN discipline < 0.6 THEN 0.05 WHEN discipline < 0.9 THEN 0.25 ELSE 0.8 END)
                WHERE paid_on <= date '{as_of}'"""
        ).fetchall()
        duck.execute(
            f"""INSERT INTO payments SELECT n, customer_id, paid_on, 1000 + n % 9000, NULL FROM payments
                WHERE {draw("n", 16)} < 0.01"""
        ).fetchall()
        money = "printf('%d.%02d', cents // 100, cents % 100) AS amount"
        selects = {
            "customers": """SELECT customer_id, 'Customer ' || i AS name, kind, lower(customer_id) || '@customer.example' AS email,
                                   '+4900' || lpad(i::VARCHAR, 8, '0') AS phone, 'Street ' || i % 199 AS street,
                                   lpad((i % 99999)::VARCHAR, 5, '0') AS postcode, 'City ' || i % 50 AS city, 'DE' AS country,
                                   'en' AS language, terms_days FROM customers ORDER BY i""",
            "bills": f"""SELECT 'B' || lpad(n::VARCHAR, 10, '0') AS bill_id, customer_id, bill_date,
                                bill_date + terms_days AS due_date, {money}, 'EUR' AS currency, 'REF' || n AS reference
                         FROM bills ORDER BY n""",
            "payments": f"""SELECT 'P' || lpad(row_number() OVER (ORDER BY n, bill_id NULLS LAST)::VARCHAR, 10, '0') AS payment_id,
                                   customer_id, bill_id, paid_on AS payment_date, {money}, 'EUR' AS currency,
                                   'transfer ' || n AS reference FROM payments ORDER BY 1""",
        }
        counts = {}
        for name, select in selects.items():
            ((counts[name],),) = duck.execute(f"COPY ({select}) TO '{folder / name}.csv' (HEADER)").fetchall()
    return counts
