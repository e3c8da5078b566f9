"""Reading: encodings, delimiters, titles, ragged and blank lines, and two roads that agree."""

from __future__ import annotations

import csv
import io
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangqing.imports.reading import delimited
from liangqing.imports.staging import Staging
from liangqing.kit.refusal import Refusal
from tests.imports.conftest import DAY, HEAD, Desk, bill


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("gb18030", "gb18030")],
)
def test_chinese_text_is_read_in_its_encoding(desk: Desk, encoding: str, told: str) -> None:
    rows = desk.take((HEAD + bill(note="江苏华信有限公司")).encode(encoding))
    assert rows[0]["note"] == "江苏华信有限公司"
    assert desk.sheet and desk.sheet.encoding == told


def test_text_in_no_known_encoding_is_refused_with_the_byte(desk: Desk) -> None:
    with pytest.raises(Refusal) as refused:
        desk.take(b"a,b\n\xff\xfe\xff,1\n")
    assert refused.value.code == "unreadable_encoding"
    assert "4" in refused.value.sentence


def test_utf8_cut_within_a_character_is_not_taken_for_gb18030(desk: Desk) -> None:
    with pytest.raises(Refusal) as refused:
        desk.take((HEAD + bill(note="江苏华信有限公司")).encode()[:-3])
    assert refused.value.code == "unreadable_encoding"


def test_a_named_encoding_is_used_and_an_unknown_one_refused(desk: Desk) -> None:
    assert (
        desk.take(
            (HEAD + bill(note="華信"))
            .replace("账单编号", "bill_id")
            .replace("到期日", "due_date")
            .replace("金额", "amount")
            .replace("备注", "note")
            .encode("big5"),
            encoding="big5",
        )[0]["note"]
        == "華信"
    )
    with pytest.raises(Refusal, match="unknown_encoding"):
        desk.take(HEAD + bill(), encoding="rot13")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(desk: Desk, delimiter: str) -> None:
    rows = desk.take((HEAD + bill() + bill("B2")).replace(",", delimiter))
    assert [row["number"] for row in rows] == ["B1", "B2"]


def test_a_tab_file_with_thousands_commas_stays_a_tab_file(desk: Desk) -> None:
    rows = desk.take(HEAD.replace(",", "\t") + "B1\t2026-01-31\t1,234.56\tx,y,z\n")
    assert rows[0]["amount"] == 123456


def test_headers_are_found_below_titles_and_blank_lines_and_rows_keep_their_numbers(desk: Desk) -> None:
    rows = desk.take("应收账款明细表,,,\n\n制表人：林,,,\n" + HEAD + bill() + ",,,\n" + bill("B2"))
    assert desk.sheet and desk.sheet.header_row == 4
    assert [(row["row"], row["number"]) for row in rows] == [(5, "B1"), (7, "B2")]


def test_a_unit_above_the_table_multiplies_its_amounts(desk: Desk) -> None:
    rows = desk.take("应收账款明细表,,单位：万元,\n" + HEAD + bill(amount="1.5"))
    assert rows[0]["amount"] == 15_000_00
    assert desk.warned()["unit_applied"] == 10_000


def test_blank_lines_between_rows_are_skipped_and_counted_in_row_numbers(desk: Desk) -> None:
    rows = desk.take(HEAD + bill() + "\n\n" + bill("B2") + "\n\n")
    assert [row["row"] for row in rows] == [2, 5]


def test_a_quoted_line_break_belongs_to_its_cell_and_one_record_is_one_row(desk: Desk) -> None:
    rows = desk.take(HEAD + bill(note='"两\n行"') + bill("B2"))
    assert [(row["row"], row["note"]) for row in rows] == [(2, "两\n行"), (3, "x")]


def test_surplus_cells_are_a_problem_of_their_row_and_missing_ones_are_empty(desk: Desk) -> None:
    rows = desk.take(HEAD + bill(note="a,b") + "B2,2026-01-31,5\n" + bill("B3", note="x,,"))
    assert desk.codes() == [(2, "", "wrong_number_of_cells")]
    assert [(row["number"], row["note"]) for row in rows][1:] == [("B2", None), ("B3", "x")]


def test_blank_trailing_columns_are_dropped(desk: Desk) -> None:
    desk.take(HEAD.strip() + ",,\n" + bill().strip() + ",,\n")
    assert desk.sheet and desk.sheet.headers == ["账单编号", "到期日", "金额", "备注"]
    assert desk.codes() == []


def test_total_rows_are_left_out_with_a_warning(desk: Desk) -> None:
    rows = desk.take(HEAD + bill() + "合 计,,100.00,\n,,100.00,总计：\n" + "Total,,100,\n")
    assert [row["number"] for row in rows] == ["B1"]
    assert desk.warned()["total_row"] == 3


def test_a_customer_called_total_is_not_a_total(desk: Desk) -> None:
    assert len(desk.take(HEAD + bill(note="Total"))) == 1


def test_exact_repeats_are_left_out_with_a_warning_and_near_repeats_stay(desk: Desk) -> None:
    rows = desk.take(HEAD + bill() + bill(note="y") + bill() + bill())
    assert [row["row"] for row in rows] == [2, 3]
    assert desk.warned()["repeated_row"] == 2


def test_a_file_of_headers_alone_has_no_rows(desk: Desk) -> None:
    assert desk.take(HEAD) == []
    assert desk.take(HEAD.strip()) == []


@pytest.mark.parametrize("content", ["", "\n\n", "  \n", "\ufeff", ",,,\n,,,\n"])
def test_an_empty_file_is_refused(desk: Desk, content: str) -> None:
    with pytest.raises(Refusal) as refused:
        desk.take(content)
    assert refused.value.code in ("empty_file", "no_header")


def test_too_many_columns_are_refused(desk: Desk) -> None:
    with pytest.raises(Refusal, match="too_many_columns"):
        desk.take(",".join(f"column{place}" for place in range(10_000)) + "\n")


def test_quotes_that_never_close_are_refused_with_the_line(desk: Desk) -> None:
    for content in (HEAD + bill(note='"x') + bill("B2"), '"!'):
        with pytest.raises(Refusal) as refused:
            desk.take(content)
        assert refused.value.code == "broken_quotes"


def test_a_line_without_end_is_refused(desk: Desk) -> None:
    with pytest.raises(Refusal, match="line_too_long"):
        desk.take(b"a" * 3_000_000)


def test_a_web_page_named_xls_is_refused(desk: Desk) -> None:
    with pytest.raises(Refusal, match="web_page"):
        desk.take("<html><table><tr><td>1</td></tr></table></html>")


def test_the_sep_line_of_a_spreadsheet_program_is_obeyed(desk: Desk) -> None:
    rows = desk.take("sep=;\n" + HEAD.replace(",", ";") + "B1;2026-01-31;1,234.00;x\n")
    assert (rows[0]["row"], rows[0]["amount"]) == (3, 123400)


def test_the_error_file_holds_the_original_cells_and_can_be_imported_again(desk: Desk) -> None:
    desk.take(HEAD + bill() + bill("B2", due=" 31.02.2026 ", amount="x", note="'=1+1'"))
    assert desk.sheet
    target = desk.folder / "errors.csv"
    assert desk.staging.write_errors(target, desk.sheet) == 1
    text = target.read_text(encoding="utf-8-sig")
    record = list(csv.reader(io.StringIO(text)))[1]
    assert record[:5] == ["B2", " 31.02.2026 ", "x", "'=1+1'", "3"]
    assert "；" in record[6]
    again = desk.take(text.replace(" 31.02.2026 ", "2026-01-31").replace(",x,", ",5,").encode("utf-8-sig"))
    assert [(row["number"], row["due_on"], row["amount"]) for row in again] == [("B2", DAY, 500)]
    assert desk.codes() == [] and "columns_ignored" not in desk.warned()


def test_problems_are_told_in_sentences_in_the_order_of_the_file(desk: Desk) -> None:
    desk.take(HEAD + bill(due="soon") + bill("B2", amount="much"))
    first = desk.staging.first_problems(1)
    assert [(item["row"], item["field"], item["code"]) for item in first] == [(2, "due_on", "bad_date")]
    assert "soon" in first[0]["message"]


def test_good_rows_are_those_without_problems_of_engine_or_room(desk: Desk) -> None:
    desk.take(HEAD + bill() + bill("B2", due="soon") + bill("B3"))
    desk.staging.problem("SELECT row, 'number', 'missing', '' FROM typed WHERE number = 'B3'")
    assert [row["number"] for row in desk.rows(desk.staging.good())] == ["B1"]


CELLS = st.text(st.sampled_from('ab,;"\n\r \t1.-é客\u3000'), max_size=6)


@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=8),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_wide_road_and_the_careful_road_agree(
    tmp_path: Path, rows: list[list[str]], ending: str, quoting: int
) -> None:
    text = io.StringIO(newline="")
    if quoting == csv.QUOTE_NONE:
        text.write("".join(",".join(row) + ending for row in [["h1", "h2"], *rows]))
    else:
        csv.writer(text, lineterminator=ending, quoting=quoting).writerows([["h1", "h2"], *rows])  # type: ignore[arg-type]
    path = tmp_path / "roads.csv"
    path.write_bytes(text.getvalue().encode())
    layout = delimited.Layout(",", 0, 2, 2)
    with Staging(tmp_path / "fast", threads=1) as fast, Staging(tmp_path / "careful", threads=1) as careful:
        fast.con.execute("CREATE TABLE surplus (row BIGINT, cells VARCHAR)")
        careful.con.execute("CREATE TABLE surplus (row BIGINT, cells VARCHAR)")
        if not delimited.load_fast(fast.con, path, layout, ("h1", "h2")):
            return
        delimited.load_carefully(careful.con, path, layout)
        everything = "SELECT row, c0, c1 FROM raw ORDER BY row"
        assert fast.con.execute(everything).fetchall() == careful.con.execute(everything).fetchall()


@given(text=st.text(st.sampled_from('a,"\n\r \0'), min_size=1, max_size=14), header=st.integers(0, 2))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whether_a_text_is_plain_does_not_depend_on_the_windows_it_is_seen_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, header: int
) -> None:
    path, layout, told = tmp_path / "windows.csv", delimited.Layout(",", header, 2, 2), set()
    path.write_bytes(text.encode())
    for window in (1, 2, 3, 5, 1 << 20):
        monkeypatch.setattr(delimited, "_WINDOW", window)
        told.add(delimited.plain(path, layout))
    assert len(told) == 1


def test_line_breaks_at_the_end_are_no_rows_and_blank_lines_between_are_not_plain(tmp_path: Path) -> None:
    path, layout = tmp_path / "plain.csv", delimited.Layout(",", 0, 2, 2)
    for text, lines in ((b"a,b\n1,2\n3,4\n\n\n", 2), (b"a,b\r\n1,2\r\n\r\n", 1), (b"a,b\n1,2\n\n3,4", None)):
        path.write_bytes(text)
        assert delimited.plain(path, layout) == (lines and delimited.Plain(lines, quoted=False))


def test_a_large_plain_file_keeps_its_order_on_the_wide_road(desk: Desk) -> None:
    desk.take(HEAD + "".join(bill(f"B{place}") for place in range(300_000)))
    assert desk.sheet and desk.sheet.road == "fast"
    assert desk.staging.con.execute("SELECT count(*) FROM typed WHERE number = 'B' || (row - 2)").fetchone() == (
        300_000,
    )


def test_what_the_file_has_no_column_for_takes_no_room(desk: Desk) -> None:
    desk.staging.con.execute("CREATE TABLE found AS SELECT 1 AS row UNION ALL SELECT 2")
    desk.staging.keep("kept", {"row": "row", "fee": "0::BIGINT", "note": "NULL::VARCHAR"}, "found", stored={"note"})
    assert desk.rows("kept") == [{"row": 1, "fee": 0, "note": None}, {"row": 2, "fee": 0, "note": None}]
    assert desk.rows("kept_rows") == [{"row": 1, "note": None}, {"row": 2, "note": None}]
    desk.staging.let_go("kept")
    assert not desk.staging.con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name LIKE 'kept%'").fetchall()


def test_a_text_that_begins_with_pk_is_no_archive(desk: Desk) -> None:
    rows = desk.take("PK,bill_id,due_date,amount,note\n01,B1,2026-01-31,5,x\n")
    assert [row["number"] for row in rows] == ["B1"]


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\n\x1a\x1a", "\x1a\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_end_mark_of_old_systems_belongs_to_no_cell(desk: Desk, end: str, encoding: str) -> None:
    rows = desk.take((HEAD + bill(note="甲").rstrip("\n") + end).encode(encoding))
    assert [(row["number"], row["note"]) for row in rows] == [("B1", "甲")]
    assert desk.codes() == []


OWNER = """
import sys, time
from pathlib import Path
from liangqing.imports.staging import Staging
staging = Staging(Path(sys.argv[1]))
staging.read(Path(sys.argv[2]))
print(staging.folder, flush=True)
time.sleep(600)
"""


def test_what_a_killed_import_left_is_gone_with_the_next_one_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_bytes("客户编号,客户名称\nG1,李晓明\n".encode("gb18030"))
    place = tmp_path / "tmp"
    owners = [
        subprocess.Popen([sys.executable, "-c", OWNER, place, people], stdout=subprocess.PIPE, text=True)
        for _turn in range(2)
    ]
    folders = [Path(owner.stdout.readline().strip()) for owner in owners if owner.stdout]
    try:
        copies = [folder / "text.csv" for folder in folders]
        assert all("李晓明" in copy.read_text() for copy in copies)
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
        assert {stat.S_IMODE(copy.stat().st_mode) for copy in copies} == {0o600}
        owners[0].kill()  # SIGKILL: nothing of it can clear up
        owners[0].wait()
        assert copies[0].exists()
        with Staging(place):
            assert [folder.exists() for folder in folders] == [False, True]
    finally:
        for owner in owners:
            owner.kill()
            owner.wait()
    with Staging(place) as last:
        assert list(place.iterdir()) == [last.folder]
    assert not any(place.iterdir())
