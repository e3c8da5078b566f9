"""What an answer asks for."""

from __future__ import annotations

import pytest

from liangqing.outreach.rules.pressing import asks_for_money
from liangqing.outreach.rules.wishes import wants_no_calls, wants_silence


@pytest.mark.parametrize(
    "text",
    [
        "别再打", "别再打了", "不要再打了", "别打了", "别联系我", "不要打电话给我", "不要再给我打电话", "请勿来电", "停止骚扰我",
        "别老打！", "以后不要再发短信", "不许再联系", "请 别 再 打", "別再打", "TD", "退订", "Stop calling? please do not contact me",
    ],
)  # fmt: skip
def test_who_asks_to_be_left_alone_is_heard(text: str) -> None:
    assert wants_silence(text)


@pytest.mark.parametrize(
    "text",
    [
        "别再打折了，按原价", "别打款到旧账户", "请联系财务王工", "电话打不通，发邮件给我", "周五付款", "不要打印，发电子版",
        "不要找我同事，找财务", "你们别算错了", "收到，谢谢", "请稍后再打给我", "停止供货了",
    ],
)  # fmt: skip
def test_who_does_not_is_not_silenced(text: str) -> None:
    assert not wants_silence(text)


def test_calls_are_told_from_messages() -> None:
    assert [wants_no_calls(text) for text in ("别再打", "请别再发短信给我", "不要致电")] == [True, False, True]


@pytest.mark.parametrize(
    "text",
    [
        "请尽快还款。", "今天必须把钱还上。", "请立即归还，别让我们再催", "请您今天归还欠款1234元，否则我们将继续联系您",
        "麻 烦 请 您 于 周 五 前 付 款", "請儘快還款", "什么时候还？", "逾期30天了", "务必月底前结清",
        "Please settle the balance by Friday",
        "You must pay now", "your account is overdue",
    ],
)  # fmt: skip
def test_what_asks_for_money_is_found(text: str) -> None:
    assert asks_for_money(text)


@pytest.mark.parametrize(
    "text",
    [
        "您好，发票已经重新寄出。", "您好，账户信息见合同第八条。", "得知您怀孕，我们可以协商延期。", "感谢您付款，已入账。",
        "您6月的账单已还清。", "请放心，款项已结清，无需再付款", "对账单见附件", "您可以转账到合同约定的账户",
        "Thank you, the payment has arrived.", "The invoice was sent again.",
    ],
)  # fmt: skip
def test_an_answer_is_not_taken_for_a_demand(text: str) -> None:
    assert not asks_for_money(text)
