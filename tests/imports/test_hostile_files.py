"""Whatever bytes come in, the answer is rows, problems or a refusal; never anything else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangqing.imports.rules.headers import recognise
from liangqing.imports.staging import Staging
from liangqing.kit.refusal import Refusal
from tests.imports.conftest import KINDS, Desk
from tests.imports.test_spreadsheets import HEAD, book


def swallow(folder: Path, content: bytes) -> None:
    """Read, type, find good rows, write the error file: each must answer."""
    path = folder / "hostile"
    path.write_bytes(content)
    with Staging(folder / "staging", threads=1) as staging:
        try:
            sheet = staging.read(path, kinds=KINDS)
            kind, mapping = recognise(sheet.headers, KINDS, wanted="bills")
            staging.type(sheet, kind, mapping, "CNY")
        except Refusal as refused:
            assert refused.sentence  # noqa: PT017  either is right: refused in a sentence, or read
            return
        typed = staging.con.execute("SELECT count(*) FROM typed").fetchone()
        left_out = staging.con.execute(
            "SELECT coalesce(sum(count), 0) FROM warnings WHERE code IN ('total_row', 'repeated_row')"
        ).fetchone()
        assert typed and left_out and typed[0] + left_out[0] == sheet.rows  # no row is lost in silence
        staging.con.execute(f"SELECT * FROM {staging.good()}").fetchall()
        for item in staging.first_problems():
            assert item["message"]
        staging.warnings()
        staging.write_errors(folder / "errors.csv", sheet)


CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["2026-01-31", "31/01/2026", "01/31/2026", "1e300", "0000-00-00", "=1+1", "1.234,56", "合计", "NaN"]
    ),
    st.sampled_from(["9" * 400, "-", '"', '""', "\x00", "\ufeff", "¥", "１", "B1", "CNY", "12.5", "\u2028", "\x85"]),
)


@given(
    st.lists(st.lists(CELL, max_size=8), max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([",", "\t", ";"]),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_strange_cells_below_good_headers(
    tmp_path: Path, rows: list[list[str]], encoding: str, ending: str, delimiter: str
) -> None:
    head = ["账单编号", "客户编号", "到期日", "金额", "币种", "账期", "状态", "备注"]
    text = ending.join(delimiter.join(row) for row in [head, *rows])
    swallow(tmp_path, text.encode(encoding, errors="replace"))


@given(st.binary(max_size=3_000))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes(tmp_path: Path, content: bytes) -> None:
    swallow(tmp_path, content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_a_text_cut_anywhere(tmp_path: Path, encoding: str) -> None:
    text = "账单编号,到期日,金额,备注\r\n" + 'B1,2026-01-31,"1,234.56","华信""公司\n二行"\r\n' * 3
    content = text.encode(encoding)
    for end in range(0, len(content), 3):
        swallow(tmp_path, content[:end])


@pytest.mark.parametrize("seed", range(12))
def test_a_spreadsheet_with_bytes_changed(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(
        book(tmp_path / "good.xlsx", [HEAD, *[[f"B{n}", "2026-01-31", n, "x"] for n in range(30)]]).read_bytes()
    )
    for _change in range(chance.choice([1, 5, 50])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    swallow(tmp_path, bytes(content))


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
@pytest.mark.parametrize("seed", range(4))
def test_random_bytes_that_claim_to_be_a_spreadsheet(tmp_path: Path, magic: bytes, seed: int) -> None:
    swallow(tmp_path, magic + random.Random(seed).randbytes(4_000))


def test_a_thousand_problems_are_told_one_by_one(desk: Desk) -> None:
    lines = "".join(f"B{n},{n}/x,{n}e300,z\n" for n in range(1_000))
    desk.take("账单编号,到期日,金额,备注\n" + lines)
    assert len(desk.codes()) == 2_000
    assert len(desk.staging.first_problems(50)) == 50
