"""Lists of the postal counter: postal numbers, and results, line by line; a line that is wrong holds no other back."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import letters
from liangqing.outreach.content import batches
from liangqing.outreach.models import LetterBatch, Posting
from liangqing.people.models import User
from liangqing.people.rights import demand

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
_REFERENCE = ("reference", "函件编号", "编号", "文号")
_NUMBER = ("postal number", "postal_number", "邮件号", "邮件号码", "邮件编号", "挂号号码", "运单号", "单号")
_RESULT = ("result", "结果", "投递结果", "状态")
_DAY = ("date", "day", "日期", "签收日期", "投递日期")
WORDS = {
    "delivered": "delivered", "signed": "delivered", "签收": "delivered", "已签收": "delivered", "妥投": "delivered",
    "已妥投": "delivered", "本人签收": "delivered", "他人签收": "delivered",
    "declined": "declined", "refused": "declined", "拒收": "declined", "收件人拒收": "declined",
    "returned": "returned", "退回": "returned", "已退回": "returned", "退件": "returned", "查无此人": "returned",
}  # fmt: skip
"""What the post writes, in our words."""


@dataclass(frozen=True)
class Fault:
    """A line that was not taken, and why."""

    line: int
    code: str
    sentence: str


@dataclass(frozen=True)
class Taken:
    count: int
    faults: tuple[Fault, ...] = ()


def posted(batch: LetterBatch, content: bytes, *, on: dt.date, by: User) -> Taken:
    """The list of a batch came back from the counter with postal numbers: the letters were posted. A letter without a
    number was posted too. Raises ``Refusal`` as ``letters.post``, and 422 for a file that is no such list."""
    numbers: dict[str, str] = {}
    faults: list[Fault] = []
    known = set(Posting.objects.filter(batch=batch).values_list("reference", flat=True))
    for line, row in _rows(content):
        reference, number = _cell(row, _REFERENCE, batches.heads()[1]), _cell(row, _NUMBER, batches.heads()[8])
        if reference not in known:
            faults.append(Fault(line, "unknown_letter", str(_("This batch has no such letter."))))
        elif number:
            numbers[reference] = number
    return Taken(letters.post(batch, on=on, by=by, numbers=numbers), tuple(faults))


def results(content: bytes, *, by: User) -> Taken:
    """A list of results of the post: postal number or reference, result, day. Each line is taken by itself. Raises
    ``Refusal``: 403; 422 for a file that is no such list."""
    demand(by, "outreach.send")
    count, faults = 0, []
    for line, row in _rows(content):
        try:
            letters.result(_posting(row), _result(row), on=_day(row), by=by)
            count += 1
        except Refusal as refusal:
            faults.append(Fault(line, refusal.code, refusal.sentence))
    return Taken(count, tuple(faults))


def _posting(row: dict[str, str]) -> Posting:
    number, reference = _cell(row, _NUMBER, batches.heads()[8]), _cell(row, _REFERENCE, batches.heads()[1])
    found = Posting.objects.filter(postal_number=number).first() if number else None
    if found is None and reference:
        found = Posting.objects.filter(reference=reference).first()
    if found is None:
        raise Refusal("unknown_letter", _("No letter of ours has this number."), status=422)
    return found


def _result(row: dict[str, str]) -> str:
    word = "".join(_cell(row, _RESULT).split()).lower()
    if word not in WORDS:
        raise Refusal(
            "unknown_result", _("Write delivered, declined or returned (签收, 拒收, 退回)."), status=422
        )  # fmt: skip
    return WORDS[word]


def _day(row: dict[str, str]) -> dt.date:
    written = _cell(row, _DAY).replace("/", "-").replace("年", "-").replace("月", "-").rstrip("日").split(" ")[0]
    if not written:
        return clock.today()
    try:
        return dt.date(*(int(part) for part in written.split("-")))
    except (ValueError, TypeError):
        raise Refusal("bad_date", _("Write the day as 2026-11-23."), status=422) from None


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines as header and cell, counted as a spreadsheet counts them. Raises ``Refusal`` (422)."""
    if len(content) > MOST_BYTES:
        raise Refusal("file_too_large", _("The list is too long. Split it."), status=422, field="file")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _no_list()
    if "\x00" in text:
        raise _no_list()
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        raise _no_list() from None
    heads = [head.strip().lower() for head in lines[0]] if lines else []
    wanted = {*_REFERENCE, *_NUMBER, batches.heads()[1].lower(), batches.heads()[8].lower()}
    if not wanted & set(heads) or len(lines) > MOST_ROWS:
        raise _no_list()
    for line, cells in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in cells):
            yield line, {head: cell.strip().lstrip("'") for head, cell in zip(heads, cells, strict=False)}


def _cell(row: dict[str, str], names: tuple[str, ...], own: str = "") -> str:
    return next((row[name] for name in (own.lower(), *names) if row.get(name)), "")


def _no_list() -> Refusal:
    return Refusal(
        "no_list",
        _("This is no list of letters. It needs a column with the reference or the postal number (CSV)."),
        status=422,
        field="file",
    )
