"""A letter shows all a demand must show; a batch is set in volumes, and one bad letter holds nobody else's back."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import re
from pathlib import Path

import pypdf
import pytest

from liangqing.kit.refusal import Refusal
from liangqing.kit.typeset import TypesetError
from liangqing.outreach.content import batches, letters, presets
from liangqing.outreach.content.letters import Addressee, Letter
from liangqing.outreach.content.values import BillLine, Values
from liangqing.outreach.models import TemplateVersion
from tests.outreach.test_templates import DAY, VALUES, money, wording_of

TO = Addressee("华信机械有限公司", ("江苏省苏州市星湖街328号",), "215000")
NO_GLYPH = "\U000323af"


def version(name: str = "催收函", **key: str) -> TemplateVersion:
    preset = next(each for each in presets.presets() if each.name == name)
    return wording_of(preset.body, preset.subject, **{**preset.key, **key})


def values(bills: int = 2, each: str = "100.10", **changes: object) -> Values:
    lines = tuple(
        BillLine(f"INV-{number:04d}", DAY - dt.timedelta(days=number), money(each), number, f"HT-{number:03d}")
        for number in range(1, bills + 1)
    )
    total = sum((line.amount for line in lines[1:]), lines[0].amount)
    facts = {
        "reference": "LQ-H-2026-000045",
        "institution_address": "杭州市解放路18号",
        "amount": total,
        "bills": lines,
    }
    return dataclasses.replace(VALUES, **{**facts, **changes})  # type: ignore[arg-type]


def letter(reference: str = "LQ-H-2026-000045", to: Addressee = TO, **changes: object) -> Letter:
    return letters.compose(version(), values(reference=reference, **changes), to)  # type: ignore[arg-type]


def pages(pdf: bytes | Path) -> list[str]:
    """The text of each page without blanks: justified lines come apart."""
    reader = pypdf.PdfReader(io.BytesIO(pdf) if isinstance(pdf, bytes) else pdf)
    return [re.sub(r"[\s\u200b]", "", page.extract_text()) for page in reader.pages]


def test_a_demand_shows_all_it_must():
    text = "".join(pages(letters.pdf(letter())))
    for shown in (
        "杭州两清商业管理有限公司",  # who asks
        "华信机械有限公司",  # whom
        "LQ-H-2026-000045",
        "2026年11月22日",
        "200.20元",  # how much, also in words
        "人民币贰佰元贰角",
        "INV-0001",  # for what
        "HT-002",
        "民法典",  # by which law
        "有权核对账目",  # rights
        "1202020109900012345",  # how to pay
        "查询账目请致电0571-88880001",  # how to query
        "异议",  # how to object and prove
        "证明材料",
        "投诉",
        "（盖章）",
        "签收回执",
        "第1页，共2页",
    ):
        assert shown in text, shown


def test_the_slip_does_not_tell_the_amount():
    slip = pages(letters.pdf(letter()))[-1]
    assert "签收回执" in slip and "不表示认可其中的金额" in slip
    assert "200.20" not in slip


def test_a_long_table_goes_on_with_its_head_and_what_it_comes_to_so_far():
    first, second, *_rest = pages(letters.pdf(letter(bills=60)))
    assert "逾期天数" in first and "逾期天数" in second
    many = len(re.findall(r"INV-\d{4}", first))
    assert 10 < many < 60
    assert f"累计{many * 100.1:,.2f}元" in first
    assert "合计6,006.00元" in second


@pytest.mark.parametrize(
    ("amount", "figure", "capitals"),
    [("0.01", "0.01元", "人民币壹分"), ("10000000000", "10,000,000,000.00元", "人民币壹佰亿元整")],
)
def test_the_smallest_and_the_largest_amounts_are_printed(amount: str, figure: str, capitals: str):
    text = "".join(pages(letters.pdf(letter(bills=1, each=amount))))
    assert figure in text and capitals in text


def test_rare_characters_are_printed_and_one_without_a_glyph_is_an_error():
    name = "䶮𬭎堃喆㛃"
    assert name in "".join(pages(letters.pdf(letter(to=Addressee(name, ("杭州",)), customer=name))))
    with pytest.raises(TypesetError, match="could not be displayed"):
        letters.pdf(letter(customer=NO_GLYPH))


def test_what_somebody_is_called_is_never_read_as_layout():
    name = "#panic(1) $x$ *a* _b_ \\ @c <d> {e}"
    assert "#panic(1)$x$*a*_b_\\@c<d>{e}" in "".join(pages(letters.pdf(letter(customer=name))))


def test_an_english_letter_speaks_english_only():
    english = values(
        language="en",
        institution="Liangqing Ltd.",
        institution_address="18 Jiefang Road",
        signer="Accounts Receivable",
        account_name="Liangqing Ltd.",
        bank="ICBC",
        customer="Huaxin Ltd.",
    )
    made = letters.compose(version("Letter of demand"), english, Addressee("Huaxin Ltd.", ("1 Main Street",)))
    text = "".join(pages(letters.pdf(made)))
    assert "Acknowledgementofreceipt" in text and "Page1of" in text and "CNY200.20" in text
    assert not re.search(r"[\u4e00-\u9fff]", text)


def test_a_letter_that_shows_the_debt_goes_to_nobody_else():
    for key in ({"recipient": "contact"}, {"recipient": "spouse"}, {"content": "locate"}, {"channel": "email"}):
        with pytest.raises(Refusal, match="no_letter_to"):
            letters.compose(version(**key), values(), TO)


def test_a_letter_without_an_account_to_pay_to_is_not_written():
    with pytest.raises(Refusal) as refused:
        letters.compose(version(), values(account=None, bank=None), TO)
    assert refused.value.code == "value_missing"
    assert refused.value.facts["what"] == "bank, account"


def test_bills_that_do_not_add_up_are_not_posted():
    with pytest.raises(Refusal, match="amounts_differ"):
        letters.compose(version(), values(amount=money("200.21")), TO)


def test_the_record_keeps_the_digest_of_what_was_said():
    one, other = letter(), letter(reference="LQ-H-2026-000046")
    assert one.rendered.digest == other.rendered.digest  # the reference stands in the head alone
    assert one.rendered.digest != letter(bills=3).rendered.digest


def test_a_batch_is_set_in_volumes_and_its_list_says_where_each_letter_is(tmp_path: Path):
    english = values(language="en", reference="E1")
    made = batches.batch(
        [*(letter(f"R{number}") for number in range(5)), letters.compose(version("Letter of demand"), english, TO)],
        tmp_path,
        volume=3,
        workers=2,
    )
    assert [path.name for path in made.volumes] == ["volume-001.pdf", "volume-002.pdf", "volume-003.pdf"]
    assert [each.reference for each in made.posted] == ["R0", "R1", "R2", "R3", "R4", "E1"]
    assert made.failed == ()
    for each in made.posted:
        found = pages(tmp_path / each.volume)[each.first_page - 1 : each.first_page - 1 + each.pages]
        assert all(each.reference in page for page in found)
        assert re.search(r"第1页，共2页|Page1of2", found[0])
        assert each.first_page % 2 == 1


def test_one_letter_that_cannot_be_set_holds_nobody_elses_back(tmp_path: Path):
    made = batches.batch([letter("R0"), letter("R1", customer=NO_GLYPH), letter("R2")], tmp_path)
    assert [each.reference for each in made.posted] == ["R0", "R2"]
    ((reference, why),) = made.failed
    assert reference == "R1" and "could not be displayed" in why
    assert "R1" not in "".join(pages(made.volumes[0]))


def test_where_nothing_can_be_set_there_is_no_volume(tmp_path: Path):
    made = batches.batch([letter("R0", customer=NO_GLYPH)], tmp_path)
    assert (made.volumes, made.posted, len(made.failed)) == ((), (), 1)
    assert list(tmp_path.glob("*.pdf")) == []


def test_letters_are_read_as_they_are_needed(tmp_path: Path):
    taken = []

    def write():
        for number in range(3):
            taken.append(number)
            assert len(list(tmp_path.glob("*.pdf"))) == number
            yield letter(f"R{number}")

    batches.batch(write(), tmp_path, volume=1)
    assert taken == [0, 1, 2]


def test_the_list_for_the_counter_holds_no_formula():
    posted = batches.Posted("R1", "=cmd|x", "+86 路", "215000", "volume-001.pdf", 1, 2)
    content = batches.contents_csv(batches.Batch(posted=(posted,)))
    assert content.startswith(b"\xef\xbb\xbf")
    _heads, row = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert row == ["1", "R1", "'=cmd|x", "'+86 路", "215000", "volume-001.pdf", "1", "2", "", ""]
