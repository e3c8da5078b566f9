"""What people of the demo write down after they called, wrote or went: results, reasons, and notes in the trade's words.

Draws of its own, so that what debtors pay does not hang on what is written about them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random

from liangqing.house.demo.days import after

_CHANNELS = {"visit": "visit", "send_letter": "letter"}
_RESULTS: dict[str, tuple[tuple[str, int], ...]] = {
    "phone": (
        ("call_back", 26), ("no_answer", 22), ("cannot_pay", 14), ("refused", 7), ("dispute_claimed", 6),
        ("paid_already", 6), ("left_message", 5), ("third_party_reached", 6), ("switched_off", 4), ("complaint", 2),
        ("busy", 2),
    ),
    "wechat": (("sent", 45), ("call_back", 30), ("cannot_pay", 15), ("dispute_claimed", 10)),
    "letter": (("sent", 100),),
    "visit": (("call_back", 40), ("cannot_pay", 25), ("refused", 12), ("third_party_reached", 18), ("not_found", 5)),
}  # fmt: skip
"""How many of a hundred contacts without a promise end so, by channel."""
_REACHED = {
    "no_answer": "nobody", "left_message": "nobody", "switched_off": "nobody", "busy": "nobody", "sent": "nobody",
    "third_party_reached": "colleague", "not_found": "nobody",
}  # fmt: skip
_REASONS = {
    "promised": ("cash_shortage", "process", "process", "oversight"),
    "call_back": ("process", "process", "cash_shortage", "oversight", "other"),
    "cannot_pay": ("cash_shortage", "cash_shortage", "cash_shortage", "circumstance"),
    "refused": ("deliberate", "dissatisfaction", "deliberate"),
    "dispute_claimed": ("dispute", "dispute", "dissatisfaction"),
    "complaint": ("dissatisfaction",),
}
_ATTITUDES = {
    "promised": ("promiser", "sophisticated", "", ""),
    "call_back": ("evader", "sophisticated", "", ""),
    "cannot_pay": ("victim", "stubborn", "", ""),
    "refused": ("stubborn", "confident", "provoker"),
    "complaint": ("provoker",),
}
_NOTES = {
    "promised": (
        "已与财务负责人通话，对方确认欠款金额，承诺按约定日期对公转账。",
        "客户称本周回笼一笔货款，到账后即付，已约定日期和金额。",
        "对方承认逾期，说是付款审批漏了一道签字，答应补签后付款。",
        "反复核对账单后客户无异议，承诺先付这一笔，其余下月安排。",
        "客户态度配合，承诺到期前付清，已提醒失信会如实记录。",
    ),
    "call_back": (
        "采购经理说付款单在走审批，让过几天再问。",
        "对方出差，约好回来后再谈付款安排。",
        "财务在月结，请下周再联系，已记下直线电话。",
        "老板不在，前台转到会计，会计说要请示，改日再打。",
        "客户要求重发一份对账单，收到后给答复。",
    ),
    "cannot_pay": (
        "客户称下游拖款，账上只够发工资，希望分几期付。",
        "旺季没起来，库存压着，问能否先付三成。",
        "客户说银行续贷还没批，本月确实付不出。",
        "家里有人住院，近期周转困难，愿意谈还款计划。",
    ),
    "refused": (
        "明确表示现在不付，让我们走法律程序。已告知合同约定，未争执。",
        "对方说合作不愉快，不打算付尾款，追问原因后挂断。",
        "客户坚持先补货再付款，未同意，说明两件事要分开谈。",
    ),
    "dispute_claimed": (
        "客户称其中一批货有短少，要求核对送货单后再付。",
        "对方认为单价与合同不符，请我方发合同页核对。",
        "说收到的发票抬头有误，已退回，新票未到不能入账。",
    ),
    "complaint": ("客户投诉售后响应慢，情绪较大，先安抚，答应转售后主管回电。",),
    "paid_already": (
        "客户说上周已转账，会把回单发来，请财务查收。",
        "对方称已付承兑汇票，待财务核对票号。",
    ),
    "no_answer": ("响铃无人接听。", "拨打两次均无人接听，改日换时段。", "办公电话无人接，未留言。"),
    "busy": ("占线，稍后再试。",),
    "switched_off": ("提示已关机。", "号码停机，发短信未送达。"),
    "left_message": ("语音信箱留言，请回电，未提及具体事项。",),
    "third_party_reached": (
        "前台接听，只请转告回电，未谈账款。",
        "同事接听，称本人外出，留下姓名和电话。",
        "门卫说负责人不在厂里，未透露来意。",
    ),
    "sent": ("对账单和付款提示已发送。", "已发送逾期提醒，附账单明细。"),
    "not_found": ("按登记地址上门，厂房已转租他人。",),
    "settled_doubt": (
        "已核对送货单和签收记录，数量无误，客户认可，恢复正常跟进。",
        "财务查账完毕，未见该笔款项，已告知客户。",
        "售后已回访，投诉结清，账款另行跟进。",
    ),
}  # fmt: skip
_LETTER = "催收函已按登记地址挂号寄出，等回执。"
_WAITS = ("客户约定月中回款，等款到再跟进", "对方财务休假，回来后联系", "业务经理周内拜访，合并处理")


@dataclass(frozen=True)
class Talk:
    """What is written down of one contact."""

    channel: str
    reached: str
    result: str
    reason: str
    attitude: str
    note: str
    next_on: dt.date | None


class Voice:
    """The words of the demo's people, drawn in order."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def channel(self, action: str) -> str:
        return _CHANNELS.get(action) or ("wechat" if self._random.random() < 0.12 else "phone")

    def about(self, action: str, day: dt.date, *, promised: bool, settled: bool = False) -> Talk:
        """A contact on ``day`` because of a task's action: with a promise, the end of a doubt, or anything else."""
        channel = self.channel(action)
        result = "promised" if promised else "settled_doubt" if settled else self._result(channel)
        if promised and channel == "letter":
            channel = "phone"  # a letter is answered by telephone
        later = self._random.random() < 0.6
        waits = self._random.randint(2, 9)
        return Talk(
            channel=channel,
            reached="nobody" if settled else _REACHED.get(result, "self"),
            result=result,
            reason=self._random.choice(_REASONS.get(result, ("",))),
            attitude=self._random.choice(_ATTITUDES.get(result, ("",))),
            note=_LETTER if channel == "letter" and result == "sent" else self._random.choice(_NOTES[result]),
            next_on=after(day, waits) if later and result in ("call_back", "cannot_pay", "sent") else None,
        )

    def _result(self, channel: str) -> str:
        results = _RESULTS[channel]
        return self._random.choices([name for name, _share in results], [share for _name, share in results])[0]

    def moment(self, morning: dt.datetime) -> dt.datetime:
        """When in the working day it was."""
        return morning + dt.timedelta(minutes=self._random.randint(0, 420))

    def waits(self) -> str | None:
        """Why a task can wait, once in a while."""
        return self._random.choice(_WAITS) if self._random.random() < 0.04 else None

    def misheard(self) -> bool:
        return self._random.random() < 0.02

    def days(self, least: int, most: int) -> int:
        return self._random.randint(least, most)
