"""Amounts as people and programs write them, into whole minor units. No float, and no number of unbounded size."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from liangqing.imports.rules import currencies
from liangqing.imports.rules.outcome import Bad, folded, shown, spreadsheet_error
from liangqing.kit import money
from liangqing.kit.money import CURRENCIES

Mark = Literal["point", "comma"]
MARKS: tuple[Mark, ...] = ("point", "comma")

LIMIT = 10**15
"""No amount reaches this many minor units."""

_UNITS = {"百万": 1_000_000, "千万": 10_000_000, "万": 10_000, "千": 1_000, "亿": 100_000_000}
_SHAPE = re.compile(
    r"(?P<open>\()?\s*(?P<sign>[+-])?\s*(?P<before>[^0-9.,()+\-\s]{0,6})\s*(?P<inner>[+-])?\s*"
    r"(?P<number>[.,]?[0-9](?:[0-9.,' ]*[0-9.,])?)\s*"
    r"(?P<unit>百万|千万|亿|万|千)?\s*(?P<after>[^0-9.,()+\-\s]{0,6})\s*(?P<trail>-)?\s*(?P<close>\))?"
)
_POINT = re.compile(r"(?:([1-9][0-9]{0,2}(?:([,' ])[0-9]{3})(?:\2[0-9]{3})*)|([0-9]*))(?:\.([0-9]*))?")
_COMMA = re.compile(r"(?:([1-9][0-9]{0,2}(?:([.' ])[0-9]{3})(?:\2[0-9]{3})*)|([0-9]*))(?:,([0-9]*))?")
_EITHER = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a whole column says about its decimal mark, by example."""

    point: str | None = None  # an amount that is only possible with a decimal point
    comma: str | None = None  # an amount that is only possible with a decimal comma
    either: str | None = None  # an amount like 2.500, whose point may set the thousands or the decimals apart
    thousands: str | None = (
        None  # one like 1.234, which has more decimals than its currency if its point is a decimal one
    )

    @property
    def mark(self) -> Mark:
        """Comma only when some amounts demand it and none forbids it."""
        return "comma" if self.comma and not self.point else "point"

    @property
    def undecided(self) -> str | None:
        """The amount to show where nothing in the column decides its mark."""
        return None if self.point or self.comma else self.either or self.thousands


def plain_sql(cell: str, digits: int) -> str:
    """SQL: minor units when the cell is a plain decimal with a point; NULL for every other form.

    A decimal that is written as the cell is needs no pattern, which would take longer than reading and writing it.
    """
    decimals = f"(\\.[0-9]{{1,{digits}}})?" if digits else ""
    decimal, longest = f"TRY_CAST({cell} AS DECIMAL(18, {digits}))", 12 + (digits + 1 if digits else 0)
    return (
        f"CASE WHEN strlen({cell}) <= {longest} AND {decimal}::VARCHAR = {cell}"
        f" THEN CAST({decimal} * {10**digits} AS BIGINT)"
        f" WHEN regexp_full_match({cell}, '-?([0-9]{{1,12}}|[1-9][0-9]{{0,2}}(,[0-9]{{3}}){{1,3}}){decimals}')"
        f" THEN CAST(CAST(replace({cell}, ',', '') AS DECIMAL(18, {digits})) * {10**digits} AS BIGINT) END"
    )


def shown_sql(amount: str, currency: str) -> str:
    """SQL: minor units as a person writes them, with the digits of their currency (unknown ones have two).

    >>> import duckdb
    >>> duckdb.connect().execute(f"SELECT {shown_sql('amount', 'code')} FROM (VALUES (-5, 'CNY')) t (amount, code)").fetchone()
    ('-0.05',)
    """
    whole, thousandths = (
        ", ".join(f"'{code}'" for code in sorted(CURRENCIES) if money.digits(code) == digits) for digits in (0, 3)
    )
    exact = f"({amount})::DECIMAL(30, 0)"
    return (
        f"CASE WHEN {currency} IN ({whole}) THEN ({amount})::VARCHAR"
        f" WHEN {currency} IN ({thousandths}) THEN ({exact} * 0.001)::DECIMAL(34, 3)::VARCHAR"
        f" ELSE ({exact} * 0.01)::DECIMAL(34, 2)::VARCHAR END"
    )


def point_evidence_sql(cell: str) -> str:
    """SQL: whether a plain cell is possible only with a decimal point. The twin of :func:`evidence`."""
    return f"NOT regexp_full_match({cell}, '-?([0-9]+|[1-9][0-9]{{0,2}}[.,][0-9]{{3}})')"


def evidence(
    texts: Iterable[str], so_far: Evidence | None = None, *, finest: int = 100, noisy: bool = False
) -> Evidence:
    """What the odd cells of a column say about their decimal mark.

    ``finest`` is how many minor units one of the column is (100 for yuan, a million for 万元): where thousandths are
    amounts, three decimals are nothing strange. ``noisy`` as for :func:`parse`: no number of a spreadsheet ends with 0.
    """
    seen = so_far or Evidence()
    point, comma, either, thousands = seen.point, seen.comma, seen.either, seen.thousands
    for text in texts:
        shape = _SHAPE.fullmatch(_clean(text)) if len(text) <= 64 else None
        if shape is None:
            continue
        number = shape["number"]
        with_point, with_comma = _POINT.fullmatch(number), _COMMA.fullmatch(number)
        if with_point and not with_comma:
            point = point or shown(text)
        elif with_comma and not with_point:
            comma = comma or shown(text)
        elif _EITHER.fullmatch(number) and not shape["unit"] and finest < 1000:
            if number.endswith("0"):
                either = either or shown(text)
            elif not noisy:
                thousands = thousands or shown(text)
    return Evidence(point, comma, either, thousands)


def parse(
    text: str,
    currency: str,
    digits: int,
    *,
    mark: Mark = "point",
    factor: int = 1,
    noisy: bool = False,
    torn: bool = False,
) -> int | Bad | None:
    """The minor units a cell shows in a currency; None for an empty cell.

    ``factor`` is the unit its header declares (万元: 10,000), unless the cell names its own. ``noisy`` says that the
    cell came as a binary number from a spreadsheet, so that 12.300000000000001 means 12.30. ``torn`` says that the column
    has points that set thousands apart beside points that do not, so that 2.500 means nothing sure.
    """
    cell = _clean(text)
    if not cell or cell in ("-", "--"):
        return None
    error = spreadsheet_error(cell)
    if error:
        return error
    bad = Bad("bad_amount", shown(text))
    if len(cell) > 64:
        return bad
    if _SCIENTIFIC.fullmatch(cell):
        return Bad("amount_scientific", shown(text))
    shape = _SHAPE.fullmatch(cell)
    if shape is None or bool(shape["open"]) != bool(shape["close"]):
        return bad
    signs = [shape[name] for name in ("open", "sign", "inner", "trail") if shape[name]]
    if len(signs) > 1:
        return bad
    for written in (shape["before"], shape["after"]):
        if written:
            meant = currencies.meant_by(written)
            if not meant:
                return bad
            if currency and currency not in meant:
                return Bad("currency_disagrees", f"{shown(text)} / {currency}")
    number = (_POINT if mark == "point" else _COMMA).fullmatch(shape["number"])
    if number is None:
        return Bad("bad_decimal_mark", shown(text)) if mark == "point" and _COMMA.fullmatch(shape["number"]) else bad
    whole = re.sub(r"[,.' ]", "", number[1] or number[3] or "").lstrip("0")
    fraction = (number[4] or "").rstrip("0")
    if not (number[1] or number[3] or number[4]):
        return bad
    either = _EITHER.fullmatch(shape["number"]) and shape["number"].endswith("0") and not shape["unit"]
    if torn and either and factor * 10**digits < 1000:
        return Bad("ambiguous_amount", shown(text))
    if len(whole) > 16:
        return Bad("amount_out_of_range", shown(text))
    if shape["unit"]:
        factor = _UNITS[shape["unit"]]
    elif shape["after"] in ("元", "圆"):
        factor = 1
    minor: int = int((whole + fraction) or "0") * factor * 10**digits
    scale: int = 10 ** len(fraction)
    rounded: int = (2 * minor + scale) // (2 * scale)
    if rounded >= LIMIT:
        return Bad("amount_out_of_range", shown(text))
    if minor != rounded * scale and not (noisy and _is_noise(minor, rounded * scale, scale)):
        return Bad("too_many_decimals", shown(text))
    return -rounded if signs and signs[0] in ("(", "-") else rounded


def _is_noise(minor: int, rounded: int, scale: int) -> bool:
    """Whether the difference is what binary numbers leave behind, never as much as a hundredth of a minor unit."""
    difference = abs(minor - rounded)
    return difference * 10**9 <= minor and difference * 100 <= scale


def _clean(text: str) -> str:
    """Ordinary digits, one kind of minus, one kind of apostrophe."""
    return folded(text).replace("\u2212", "-").replace("\u2013", "-").replace("\u2019", "'")
