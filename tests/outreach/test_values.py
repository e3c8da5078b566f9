"""What is filled in comes from the books of the day, without what is disputed."""

from __future__ import annotations

import pytest

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.content import letters
from liangqing.outreach.queries.values import late_values
from liangqing.parties.models import Creditor, Party, Restraint
from liangqing.people.actions.institution import describe
from tests.cast import Customer, day, yuan
from tests.outreach.test_letters import TO, version

ON = day("2026-11-22")


@pytest.fixture
def huaxin(books: str) -> Customer:
    party = Party.objects.create(number="K1", kind="company", name_stored="华信机械有限公司", name_index=b"x")
    creditor = Creditor.objects.create(code="own", name="两清")
    describe(
        None, name="杭州两清商业管理有限公司", name_en="Liangqing Ltd.", address="解放路18号", signer="应收账款管理部",
        callback_phone="0571-1", complaint_phone="0571-2", email="a@example.com", account_name="两清", bank="工行", account="12",
    )  # fmt: skip
    return Customer(party, creditor)


def late(huaxin: Customer, **more: object):
    return late_values(huaxin.party, huaxin.creditor, currency="CNY", on=ON, language="zh-hans", **more)  # type: ignore[arg-type]


def disputes(huaxin: Customer, number: str, amount: int | None) -> None:
    Restraint.objects.create(
        party=huaxin.party, kind="dispute", about=number, amount=amount, currency="CNY" if amount else "",
        since_at=clock.now(),
    )  # fmt: skip


def test_what_is_late_is_named_and_what_is_not_is_left_out(huaxin: Customer):
    first = huaxin.bill(1000, due="2026-09-30", contract_ends="2027-01-01")
    second = huaxin.bill(500, due="2026-11-01")
    huaxin.bill(900, due="2026-12-31")
    huaxin.pays(200, on="2026-11-05", bill=second)
    values = late(huaxin)
    assert [(line.number, line.amount) for line in values.bills or ()] == [
        (first.number, yuan(1000)),
        (second.number, yuan(300)),
    ]
    assert (values.amount, values.days_late, values.contract) == (yuan(1300), 53, "K1-1")
    assert (values.customer, values.institution, values.account) == (
        "华信机械有限公司",
        "杭州两清商业管理有限公司",
        "12",
    )


def test_the_disputed_part_is_not_asked_for(huaxin: Customer):
    bill = huaxin.bill(120000, due="2026-10-01")
    other = huaxin.bill(50, due="2026-10-02")
    with clock.at("2026-11-20"):
        disputes(huaxin, bill.number, yuan(20000).amount)
        disputes(huaxin, other.number, None)
    values = late(huaxin)
    assert values.amount == yuan(100000)
    assert [line.number for line in values.bills or ()] == [bill.number]


def test_where_nothing_is_late_nothing_is_said(huaxin: Customer):
    huaxin.bill(900, due="2026-12-31")
    with pytest.raises(Refusal, match="nothing_late"):
        late(huaxin)


def test_a_letter_is_written_from_the_books(huaxin: Customer):
    huaxin.bill(1000, due="2026-09-30", contract_ends="2027-01-01")
    values = late(huaxin, reference="LQ-H-2026-000001", pay_by_on=day("2026-12-10"))
    made = letters.compose(version(), values, TO)
    assert "截至2026年11月22日" in made.rendered.body and "1,000.00元" in made.rendered.body


def test_in_english_the_institution_bears_its_english_name(huaxin: Customer):
    huaxin.bill(1000, due="2026-09-30")
    values = late_values(huaxin.party, huaxin.creditor, currency="CNY", on=ON, language="en")
    assert (values.institution, values.institution_address) == ("Liangqing Ltd.", "解放路18号")
