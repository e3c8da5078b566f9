"""What an answer asks for: whether somebody wants no more messages. Pure: a text in, yes or no out."""

from __future__ import annotations

import re
import unicodedata

from liangqing.outreach.rules.plain import read

WORDS = frozenset("td t n r stop stopall unsubscribe cancel end quit 退订 退定 取消 取消订阅 停 停止 拒收".split())
"""An answer that is nothing else asks for silence."""
PHRASES = (
    "退订", "别再发", "不要再发", "别发了", "不要发了", "不要给我发", "别给我发", "停止发送", "请勿再发",
    "不要再联系", "别再联系", "请勿联系", "停止联系", "不要再打扰", "别再打扰", "停止骚扰", "取消订阅", "拒收短信",
    "stop sending", "stop texting", "stop emailing", "stop contacting", "do not contact", "don't contact",
    "remove me", "opt out", "opt-out", "unsubscribe me", "leave me alone",
)  # fmt: skip
"""Words that ask for it within a longer answer."""
_LONGEST = 400
_NO_MORE = r"(?:别|不要|不许|不准|请勿|勿|停止|禁止)(?:再|老|总|一直|天天|继续|随便)*(?:给我|向我|跟我|和我|对我)?再?"
_NO_CALLS = re.compile(_NO_MORE + r"(?:打(?![款钱印折包卡字开听理扫车球针算扰])|拨|来电|致电)")
"""别再打, 不要打电话给我; but not 别再打折."""
_NO_WORD = re.compile(_NO_MORE + r"(?:打扰|骚扰|联系|联络|找我(?!同事|财务|公司|老板)|发短信|发信息|发消息|发邮件)")
_QUOTED = re.compile(
    r"^\s*(>|-{2,}\s*(原始邮件|original message)|在.{4,80}写道|on .{4,120} wrote:|发件人[:：]|from:)", re.IGNORECASE
)


def wants_silence(text: str) -> bool:
    """Whether the answer itself, without what it quotes, asks to be left alone.

    >>> [wants_silence(text) for text in ("TD", "退订。", "请别再发短信给我", "别再打了", "周五付款", "别再打折了")]
    [True, True, True, True, False, False]
    """
    own = _own(text)
    bare = re.sub(r"[\s\W_]+", "", own)
    return (
        bare in WORDS
        or any(phrase in own for phrase in PHRASES)
        or _NO_WORD.search(bare) is not None
        or wants_no_calls(text)
    )


def wants_no_calls(text: str) -> bool:
    """Whether it is calling that the answer asks to stop.

    >>> [wants_no_calls(text) for text in ("别再打", "不要打电话给我", "别再发了", "别打款到老账户")]
    [True, True, False, False]
    """
    return _NO_CALLS.search(read(_own(text)).text) is not None


def _own(text: str) -> str:
    """What was written before the quotation, in one spelling."""
    lines = []
    for line in text.splitlines():
        if _QUOTED.match(line):
            break
        lines.append(line)
    return unicodedata.normalize("NFKC", " ".join(lines))[:_LONGEST].casefold().strip()
