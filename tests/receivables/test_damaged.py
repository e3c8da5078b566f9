"""Whatever a superuser writes into a row, ``verify`` comes to its end, says what is wrong and checks all the rest."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import psycopg
import pytest
from click.testing import CliRunner
from django.db import connection

from liangqing.house.commands import main
from liangqing.imports.actions.bring import undo
from liangqing.kit.snapshot import database_uri
from liangqing.receivables.importables import IMPORTABLES
from liangqing.receivables.models import Bill
from liangqing.receivables.queries import proof
from tests.files import BILLS, CUSTOMERS, PAYMENTS

LINES = "B1,K1,2026-01-01,2026-01-31,1000\nB2,K1,2026-01-01,2026-02-28,500\nB3,K2,2026-01-01,2026-02-28,70\n"


@pytest.fixture
def ledger(desk, english, settings):
    settings.LANGUAGE_CODE = "en"
    desk.bring(CUSTOMERS)
    desk.bring(BILLS + LINES)
    desk.bring(BILLS + LINES.replace("2026-01-31", "2026-03-31"))
    desk.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\nP2,K1,B2,2026-02-02,50\nP3,K2,B3,2026-02-03,7\n")
    assert not list(proof.flaws())
    return desk


@pytest.fixture
def behind(ledger) -> Callable[..., list[str]]:
    """Run statements as one who switches the triggers off; returns what the proof of money finds."""

    def act(*statements: str) -> list[str]:
        with psycopg.connect(database_uri()) as intruder:
            intruder.execute("SET session_replication_role = replica")
            for statement in statements:
                intruder.execute(statement)
        return list(proof.flaws())

    return act


def verified() -> dict[str, list[str]]:
    result = CliRunner().invoke(main, ["verify", "--json"])
    assert result.exit_code in (0, 1), result.exception
    return json.loads(result.stdout)["wrong"]


@pytest.mark.parametrize(
    "facts",
    ["'{}'", "'null'", "'[]'", "facts - 'digests'", "jsonb_set(facts, '{digests}', '7')",
     "jsonb_set(facts, '{digests,receivables_bill}', '{\"x\": \"1\"}')", "('1' || repeat('0', 9000))::jsonb",
     "(repeat('[', 3000) || repeat(']', 3000))::jsonb"],
)  # fmt: skip
def test_damaged_facts_of_an_import_are_named_and_the_rest_is_checked(behind, facts):
    flaws = behind(
        f"UPDATE trail_entry SET facts = {facts} WHERE event = 'file imported' AND thing_id = 2",
        "UPDATE receivables_receipt SET amount = amount + 1 WHERE number = 'P2'",
    )
    (entry,) = [flaw for flaw in flaws if "says of money rows is damaged" in flaw]
    assert "(file imported)" in entry
    assert any("Row 2 of receivables_receipt (import 4)" in flaw for flaw in flaws), flaws
    assert any(entry.split(" (")[0].split()[-1] in flaw for flaw in verified()["trail"])


GARBAGE = [None, True, 0, -1.5, 1e308, 10**40, "", "x", "１２", [], [[]], {}, {"digests": []}, {"digests": {"": {}}},
           {"digests": {"receivables_bill": {"-1": "a"}}}, {"digests": {"a": {"9" * 15: "b"}}}, {"rows": {"a": {}}},
           {"rows": {"receivables_bill": {"1": 2}}}, {"rows": {"receivables_bill": {"x": "2"}}},
           {"digests": {"imports_change": {}, "receivables_bill terms": {"0": "x"}}}]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_verify_comes_to_its_end_whatever_stands_in_the_trail(behind, seed):
    draw = random.Random(seed)
    events = ["file imported", "import undone", "bill entered", "money applied", "trail checked", "x"]
    for _turn in range(6):
        facts = json.dumps(draw.choice(GARBAGE)).replace("'", "''")
        entry = f"(SELECT id FROM trail_entry ORDER BY md5(id::text || '{draw.random()}') LIMIT 1)"
        behind(
            f"UPDATE trail_entry SET facts = '{facts}', event = '{draw.choice(events)}', actor_id = NULL WHERE id = {entry}",
            f"UPDATE trail_entry SET at = '{draw.choice(['infinity', '-infinity', '2026-01-01'])}',"
            f" day = '{draw.choice(['infinity', '4713-01-01 BC', '2026-01-01'])}', mac = '' WHERE id = {entry}",
        )
        assert verified()["trail"]


COLUMNS = {
    "receivables_bill": ("due_on = 'infinity'", "issued_on = NULL", "issued_on = '0044-03-15 BC'", "kind = ''",
                         "principal = 9223372036854775807, interest = 9223372036854775807", "number = E'a\\n\"b'",
                         "imported = NULL", "imported = 77", "contract_id = 99", "party_id = 99"),
    "receivables_receipt": ("received_on = 'infinity'", "imported = NULL", "imported = -5", "amount = 9223372036854775807",
                            "party_id = 99", "bill_number = ''"),
    "receivables_allocation": ("allocated_on = '-infinity'", "imported = NULL", "imported = 9223372036854775807",
                               "bill_id = 99", "receipt_id = 99"),
    "imports_change": ("before = 'null'", "after = '[]'", "before = '{\"due_on\": {}}'", "\"table\" = ''", "row_id = -1",
                       "imported_id = 99"),
    "trail_block": ("sealed_at = 'infinity'", "hash = ''", "count = -1", "last_id = -1", "number = number + 7"),
}  # fmt: skip


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_verify_finds_garbage_in_any_column_and_comes_to_its_end(behind, table):
    for change in COLUMNS[table]:
        with psycopg.connect(database_uri()) as intruder:
            intruder.execute("SET session_replication_role = replica")
            kept = f"kept_{table}"
            intruder.execute(f"CREATE TABLE {kept} AS SELECT * FROM {table}")
            intruder.execute(f"UPDATE {table} SET {change} WHERE ctid = (SELECT min(ctid) FROM {table})")
        assert any(verified().values()), change
        with psycopg.connect(database_uri()) as intruder:
            intruder.execute("SET session_replication_role = replica")
            intruder.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {kept}; DROP TABLE {kept}")
        assert not any(verified().values()), change


def test_a_line_of_the_seals_file_that_says_nothing_is_named(ledger):
    from liangqing.trail.actions.seal import heads_file

    with heads_file().open("a") as file:
        file.write("nonsense\n")
    assert any("is damaged" in flaw for flaw in verified()["trail"])


class TestTheVeryRow:
    @pytest.mark.parametrize("table", ["receivables_receipt", "receivables_allocation"])
    def test_of_altered_money_is_named(self, behind, table):
        flaws = behind(f"UPDATE {table} SET amount = amount - 1 WHERE id = 2")
        assert flaws == [f"Row 2 of {table} (import 4) is not as it was written."]

    def test_of_money_taken_away_is_named(self, behind):
        assert behind("DELETE FROM receivables_allocation WHERE id = 2") == [
            "Row 2 of receivables_allocation (import 4) is gone."
        ]

    def test_the_block_is_named_where_the_last_row_is_gone(self, behind):
        (flaw,) = behind("DELETE FROM receivables_allocation WHERE id = 3")
        assert flaw.startswith("Rows 0 to 999 of receivables_allocation (import 4)")

    def test_rows_that_pass_for_an_import_nobody_told_of_are_found(self, behind):
        flaws = behind("UPDATE receivables_receipt SET imported = 77 WHERE id = 3")
        assert any("pass for import 77" in flaw for flaw in flaws)


class TestWhatAgeHangsOn:
    @pytest.mark.parametrize(
        "change",
        ["due_on = due_on + 1", "issued_on = issued_on - 1", "kind = 'deposit'", "issued_on = NULL"],
    )
    def test_of_a_bill_is_proved(self, behind, change):
        flaws = behind(f"UPDATE receivables_bill SET {change} WHERE number = 'B2'")
        assert flaws == ["Dates or kind of row 2 of receivables_bill (import 2) are not as they came."]

    def test_changed_by_a_later_file_is_what_that_file_said(self, behind):
        flaws = behind("UPDATE receivables_bill SET due_on = '2026-01-31' WHERE number = 'B1'")
        assert flaws == ["“due_on” of row 1 of receivables_bill is not what the last file said."]

    def test_cannot_be_hidden_by_a_forged_history(self, behind):
        flaws = behind(
            "UPDATE receivables_bill SET due_on = '2027-01-01' WHERE number = 'B2'",
            """INSERT INTO imports_change (imported_id, "table", row_id, before, after)
               VALUES (3, 'receivables_bill', 2, '{"due_on": "2026-02-28"}', '{"due_on": "2027-01-01"}')""",
        )
        assert flaws == ["The history of what import 3 changed is not as it was written (rows 0 to 999)."]

    def test_stays_proved_when_files_are_undone(self, ledger):
        for number in (4, 3):
            undo(number, IMPORTABLES)
            assert not list(proof.flaws())
        assert str(Bill.objects.get(number="B1").due_on) == "2026-01-31"
        undo(2, IMPORTABLES)
        assert not list(proof.flaws())

    def test_of_contracts_is_proved(self, ledger, behind):
        head = "账单号,客户编号,到期日,金额,款项性质,合同号,合同到期日\n"
        ledger.bring(head + "D1,K1,2026-01-31,100,押金,HT-1,2026-12-31\n")
        ledger.bring(head + "D1,K1,2026-01-31,100,押金,HT-1,2026-11-30\n")
        assert not list(proof.flaws())
        assert len(behind("UPDATE receivables_contract SET ends_on = '2030-01-01'")) == 1

    def test_of_a_bill_entered_by_hand_is_proved(self, ledger, behind, monkeypatch):
        import datetime as dt

        from liangqing.parties.models import Creditor, Party
        from liangqing.receivables.actions import bills, by_hand

        monkeypatch.setattr(by_hand, "demand", lambda *_asked: None)
        bills.enter(
            party=Party.objects.get(number="K1"), creditor=Creditor.objects.get(), number="H1", kind="invoice",
            currency="CNY", issued_on=dt.date(2026, 1, 1), due_on=dt.date(2026, 1, 31), principal=5, by=None,  # type: ignore[arg-type]
        )  # fmt: skip
        assert not list(proof.flaws())
        (flaw,) = behind("UPDATE receivables_bill SET issued_on = NULL WHERE number = 'H1'")
        assert flaw.startswith("Dates or kind of row 4") and "entered by hand" in flaw


def test_a_sum_beyond_all_bounds_stops_one_check_only(behind):
    behind("UPDATE receivables_bill SET principal = 9223372036854775807, interest = 5 WHERE number = 'B1'")
    wrong = verified()
    assert any("could not be carried out" in flaw for flaw in wrong["invariants"])
    assert any("Row 1 of receivables_bill" in flaw for flaw in wrong["money"])
    assert connection.connection is not None
