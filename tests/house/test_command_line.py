"""The command line is a contract: names, JSON keys and exit codes that other people's scripts rely on."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from liangqing.cases.models import Case, Record
from liangqing.house.commands import main
from tests.cast import Cast
from tests.files import BILLS, CUSTOMERS, PAYMENTS


@pytest.fixture
def liangqing(books: str, tmp_path: Path):
    """Run a command as a script would; ``liangqing("night", "--json")``."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    texts = {
        "customers": CUSTOMERS,
        "bills": BILLS + "B1,K1,2026-01-01,2026-01-31,100000.00\nB2,K2,2026-01-01,2026-03-31,500.00\n",
        "payments": PAYMENTS + "P1,K1,B1,2026-02-01,400\n",
    }
    paths = {name: tmp_path / f"{name}.csv" for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text)
    return paths


def told(result: Result) -> Any:
    return json.loads(result.stdout)


def test_import_tells_each_file_and_puts_customers_first(liangqing, files):
    result = liangqing("import", files["payments"], files["bills"], files["customers"], "--json")
    assert result.exit_code == 0
    rows = told(result)
    assert [row["kind"] for row in rows] == ["customers", "bills", "payments"]
    keys = {"file", "kind", "rows", "created", "updated", "unchanged", "rejected", "warnings", "errors", "error_file"}
    assert all(keys <= set(row) for row in rows)
    assert [row["created"] for row in rows] == [2, 2, 1]


def test_import_exits_1_when_some_rows_were_rejected(liangqing, files):
    files["bills"].write_text(files["bills"].read_text() + "B3,K9,2026-01-01,2026-01-31,1\n")
    result = liangqing("import", files["customers"], files["bills"], "--json")
    assert result.exit_code == 1
    error = told(result)[1]["errors"][0]
    assert set(error) == {"row", "field", "code", "message"} and error["row"] == 4
    assert Path(told(result)[1]["error_file"]).exists()


def test_import_exits_2_when_nothing_landed(liangqing, tmp_path):
    nonsense = tmp_path / "nonsense.csv"
    nonsense.write_text("a,b\n1,2\n")
    result = liangqing("import", nonsense, "--json")
    assert result.exit_code == 2 and told(result)[0]["errors"][0]["code"]


def test_import_of_a_missing_file_says_so(liangqing, tmp_path):
    result = liangqing("import", tmp_path / "gone.csv", "--json")
    assert result.exit_code == 2 and told(result)[0]["errors"][0]["code"] == "no_file"


def test_import_of_contacts_is_theirs_who_bring_it(liangqing, tmp_path):
    cast = Cast()
    customer = cast.customer("张伟")
    number = Case.objects.create(
        number="LQ-2026-000001", party=customer.party, creditor=customer.creditor, level="mild", level_row="D1",
        owner=cast.lin, opened_on="2026-01-10", policy="before",
    ).number  # fmt: skip
    file = tmp_path / "contacts.csv"
    file.write_text(f"案件编号,渠道,联系时间,结果,号码\n{number},电话,2026-02-03 10:00,无人接听,13812345678\n", "utf-8")
    assert liangqing("import", file, "--kind", "contacts").exit_code == 2, "nobody answers for it"
    result = liangqing("import", file, "--kind", "contacts", "--by", "lin", "--json")
    assert (result.exit_code, told(result)[0]["created"]) == (0, 1)
    assert Record.objects.get().by == cast.lin
    assert liangqing("import", file, "--by", "nobody").exit_code == 2
    (record,) = told(liangqing("imports", "--json"))[:1]
    assert liangqing("undo", record["id"]).exit_code != 0


def test_night_tells_what_the_contract_names(liangqing, files):
    liangqing("import", *files.values())
    result = liangqing("night", "--date", "2026-02-10", "--json")
    report = told(result)
    assert result.exit_code == 0
    assert {
        "date", "policy", "status", "open_bills", "late_bills", "late_customers", "alerts", "cases_opened", "cases_closed",
        "promises_broken", "tasks", "changed_rows", "skipped", "seconds", "cpu_seconds",
    } <= set(report)  # fmt: skip
    assert set(report["alerts"]) == {"mild", "moderate", "severe"}
    assert (report["date"], report["open_bills"], report["late_bills"], report["cases_opened"]) == (
        "2026-02-10",
        2,
        1,
        1,
    )


def test_a_date_before_the_last_night_is_refused_in_a_sentence(liangqing):
    liangqing("night", "--date", "2026-02-10")
    result = liangqing("night", "--date", "2026-02-09", "--json")
    assert result.exit_code == 2 and told(result)["error"]["code"] == "night_past"
    assert "2026-02-10" in result.stderr


def test_ageing_tells_every_band_of_every_currency(liangqing, files):
    liangqing("import", *files.values())
    result = liangqing("ageing", "--as-of", "2026-02-10", "--json")
    nothing = {"bills": 0, "amount": "0.00"}
    assert told(result) == {
        "CNY": {
            "not_due": {"bills": 1, "amount": "500.00"},
            "1-30": {"bills": 1, "amount": "99600.00"},
            "31-60": nothing,
            "61-90": nothing,
            "91+": nothing,
        }
    }


def test_ageing_by_customer_names_them(liangqing, files):
    liangqing("import", *files.values())
    told_by = told(liangqing("ageing", "--as-of", "2026-02-10", "--by", "customer", "--json"))
    assert told_by["CNY"]["K1"]["1-30"] == {"bills": 1, "amount": "99600.00"}
    assert told_by["CNY"]["K1"]["name"] == "华信机械有限公司"


def test_a_cell_of_the_csv_cannot_be_a_formula(liangqing, tmp_path):
    path = tmp_path / "bills.csv"
    path.write_text("账单号,客户编号,客户名称,到期日,金额\nB1,K1,=HYPERLINK(1),2026-01-31,-5\n")
    liangqing("import", path)
    lines = liangqing("ageing", "--as-of", "2026-02-10", "--by", "customer", "--csv").stdout.splitlines()
    assert lines[1].split(",")[2] == "'=HYPERLINK(1)" and lines[1].endswith("-5.00")


def test_a_list_names_each_task_and_its_reasons(liangqing, files):
    liangqing("user", "add", "lin", "--name", "林晓", "--skill", "collection", "--department-name", "催收中心")
    liangqing("import", *files.values())
    liangqing("night", "--date", "2026-02-10")
    result = told(liangqing("worklist", "--user", "lin", "--json"))
    task = result["tasks"][0]
    assert (result["user"], result["date"], task["customer"], task["late"]) == (
        "lin",
        "2026-02-10",
        "K1",
        {"CNY": "99600.00"},
    )
    assert task["points"] == sum(reason["points"] for reason in task["reasons"]) and task["case"].startswith("LQ-2026-")


def test_a_list_of_nobody_says_whom_there_is(liangqing):
    liangqing("user", "add", "lin", "--name", "林晓")
    result = liangqing("worklist", "--user", "wang")
    assert result.exit_code == 2 and "lin" in result.stderr


def test_explain_names_the_rows_that_decided(liangqing, files):
    liangqing("import", *files.values())
    liangqing("night", "--date", "2026-02-10")
    result = told(liangqing("explain", "LQ-2026-000001", "--json"))
    assert result["level_row"]["row"] == "D1S" and result["level"] == "moderate"
    assert result["action"]["row"] == "A08"
    assert result["points"] == sum(reason["points"] for reason in result["priority"])
    assert result["accounts"][0]["late"] == "99600.00"


def test_explain_of_an_unknown_case_is_refused(liangqing):
    assert liangqing("explain", "LQ-1").exit_code == 2


def test_verify_exits_1_and_names_what_is_wrong(liangqing, files):
    from django.db import connection

    liangqing("import", *files.values())
    assert liangqing("verify").exit_code == 0
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trail_entry DISABLE TRIGGER append_only")
        cursor.execute("UPDATE trail_entry SET event = 'nothing happened' WHERE id = 2")
    result = liangqing("verify", "--json")
    assert result.exit_code == 1 and any(re.search(r"\b2\b", sentence) for sentence in told(result)["wrong"]["trail"])


def test_an_import_is_listed_and_undone(liangqing, files):
    liangqing("import", files["customers"])
    assert told(liangqing("imports", "--json"))[0]["file"] == "customers.csv"
    assert liangqing("undo", 1).exit_code == 0
    assert liangqing("undo", 1).exit_code == 2
    assert liangqing("undo", 7).exit_code == 2


def test_a_backup_is_restored_into_an_empty_house(liangqing, files, tmp_path):
    from liangqing.parties.models import Party
    from liangqing.receivables.models import Morning

    liangqing("import", *files.values())
    assert liangqing("night", "--date", "2026-03-01").exit_code == 0
    assert Morning.objects.exists()
    backup = tmp_path / "backup.tar"
    assert liangqing("backup", backup).exit_code == 0
    assert liangqing("backup", backup).exit_code == 2, "an existing file is never overwritten"
    assert liangqing("restore", backup).exit_code == 2, "there is data here already"
    liangqing("import", files["bills"])
    assert liangqing("restore", backup, "--replace").exit_code == 0
    assert Party.objects.count() == 2 and liangqing("verify").exit_code == 0
    assert not Morning.objects.exists(), "its transactions are those of another server"


def test_a_damaged_backup_is_refused(liangqing, tmp_path):
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(b"not a tar")
    result = liangqing("restore", damaged)
    assert result.exit_code == 2 and "damaged.tar" in result.stderr


def test_the_morning_is_told_again_without_a_night(books, night):
    """What a second start shows: the last night's report, from what is stored."""
    Cast().customer("华信").bill(800, due="2026-03-10")
    night("2026-03-11")
    told = CliRunner().invoke(main, ["morning"])
    assert told.exit_code == 0, told.output
    assert "2026-03-11" in told.output and "华信" in told.output
