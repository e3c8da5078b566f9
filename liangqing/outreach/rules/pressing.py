"""Whether a text asks for money: what is typed by hand as an answer may not. Pure: a text in, the words that ask out."""

from __future__ import annotations

import re

from liangqing.outreach.rules.plain import latin_words, read

_PAY = (
    "还款|还钱|还清|还上|还掉|还完|把钱还|付款|付清|支付|归还|偿还|结清|清偿|清账|缴清|缴款|缴纳|打款|汇款|转账|回款|"
    "交钱|打钱|补足|补交|还欠款|还账"
)
_URGE = (
    "请|尽快|尽早|立即|立刻|马上|即刻|今天|今日|今晚|明天|明日|本周|月底|务必|必须|赶紧|赶快|抓紧|及时|从速|限期|限您|限你|"
    "要求|催|按时|按期|应当|应该|需要|需于|需在|前将|日前"
)
_APART = 14
"""So many characters, as read, may stand between what urges and what is asked for."""
_ASKS = re.compile(
    rf"(?:{_URGE}).{{0,{_APART}}}?(?:{_PAY})"
    rf"|(?:{_PAY}).{{0,{_APART}}}?(?:否则|不然|后果|别怪)"
    r"|再不[还付]|还不[还付]|不[还付]款?就|[何几]时[还付]|什么时候[还付]|催[款收告]|再催|继续联系[您你]|尽快处理|尽快解决|尽快安排"
    r"|欠[款债账]?\d|逾期\d|应还\d|应付\d"
)
_DONE = re.compile(
    r"(?:已经?|收到您?你?的?|收悉您?的?|无需|不用|不必|无须|感谢您?你?的?|谢谢您?你?的?|您问的|如何|怎么|怎样)$"
)
"""Before the paying it is told of, not asked for."""
_ASKS_IN_LATIN = re.compile(
    r"\b(?:please|kindly|must|should|have to|need to|asked to|required to)\b(?: \w+){0,4}?"
    r" (?:pay|settle|remit|transfer|repay|clear)\b"
    r"|\b(?:pay|settle|remit|repay|clear)(?: \w+){0,5}?"
    r" (?:now|today|tonight|tomorrow|immediately|at once|asap|by|within|before|balance|debt|amount)\b"
    r"|\b(?:overdue|past due|outstanding|final notice|amount due|pay up|or else)\b"
)


def asks_for_money(text: str) -> str:
    """The words that ask for payment, as they stand in the text; empty where none do.

    >>> asks_for_money("请您今天之内归还欠款"), asks_for_money("发票已重新寄出，您已付款的部分已入账")
    ('请您今天之内归还', '')
    """
    plain = read(text)
    for found in _ASKS.finditer(plain.text):
        paying = re.search(_PAY, found[0])
        if paying and _DONE.search(plain.text[: found.start() + paying.start()]):
            continue
        start, end = plain.span(found.start(), found.end())
        return text[start:end]
    latin = _ASKS_IN_LATIN.search(" ".join(latin_words(text)))
    return latin[0] if latin else ""
