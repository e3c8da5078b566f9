"""What an answer asks for: whether somebody wants no more messages. Pure: a text in, yes or no out."""

from __future__ import annotations

import re
import unicodedata

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
_QUOTED = re.compile(
    r"^\s*(>|-{2,}\s*(原始邮件|original message)|在.{4,80}写道|on .{4,120} wrote:|发件人[:：]|from:)", re.IGNORECASE
)


def wants_silence(text: str) -> bool:
    """Whether the answer itself, without what it quotes, asks to be left alone.

    >>> [wants_silence(text) for text in ("TD", "退订。", "请别再发短信给我", "周五付款")]
    [True, True, True, False]
    """
    own = _own(text)
    bare = re.sub(r"[\s\W_]+", "", own)
    return bare in WORDS or any(phrase in own for phrase in PHRASES)


def _own(text: str) -> str:
    """What was written before the quotation, in one spelling."""
    lines = []
    for line in text.splitlines():
        if _QUOTED.match(line):
            break
        lines.append(line)
    return unicodedata.normalize("NFKC", " ".join(lines))[:_LONGEST].casefold().strip()
