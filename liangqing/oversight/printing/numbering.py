"""Parts, chapters, articles and items, numbered as Chinese and English documents number them."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """1 to 999 in Chinese: 二十一, 一百零五, 一百一十."""
    if not 0 < number < 1000:
        raise ValueError(f"{number} is not within 1 to 999")
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    said = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        said += "十" if tens == 1 and not hundreds else f"{_DIGITS[tens]}十"
    elif hundreds and ones:
        said += "零"
    return said + (_DIGITS[ones] if ones else "")


_ZH = {"part": "第{}编", "chapter": "第{}章", "article": "第{}条", "item": "（{}）", "annex": "附表{}"}
_EN = {"part": "Part {}", "chapter": "Chapter {}", "article": "Article {}", "item": "({})", "annex": "Annex {}"}


def numbered(kind: str, number: int, language: str) -> str:
    """``numbered("article", 21, "zh")`` is 第二十一条. Kinds: part, chapter, article, item, annex."""
    return _ZH[kind].format(chinese(number)) if language == "zh" else _EN[kind].format(number)
