"""Small words for rules over sets (Ibis expressions), the same on every backend."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir


def day(value: dt.date) -> ir.DateScalar:
    return ibis.literal(value, type="date")


def days_between(start: ir.DateValue, end: ir.DateValue | dt.date) -> ir.IntegerValue:
    """Whole days from ``start`` to ``end``; negative when the end comes first."""
    last = day(end) if isinstance(end, dt.date) else end
    return last.delta(start, unit="day").cast("int32")


def listed(numbers: ir.IntegerColumn) -> ir.StringScalar:
    """The numbers of a group in ascending order, with spaces between. (Not every backend joins text in an order.)"""
    return numbers.collect().sort().map(lambda each: each.cast("string")).join(" ")


def share_bp(part: ir.IntegerValue, whole: ir.IntegerValue) -> ir.IntegerValue:
    """``part`` of ``whole`` in basis points, rounded down, exactly: widened to 38 digits, never through floating point.

    0 when there is no whole. ``Decimal`` division would go through rounding on some backends, so the remainder is
    taken away first and what is left divides evenly.
    """
    wide = part.cast("decimal(38, 0)") * ibis.literal(10_000, type="decimal(38, 0)")
    base = whole.cast("decimal(38, 0)")
    even = wide - wide % base
    return (whole > 0).ifelse((even / base).round(0).cast("int64"), 0)
