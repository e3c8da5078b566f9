"""Sums a night leaves behind for the overview, by the person who answers for a case."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from liangqing.kit.sets import day
from liangqing.receivables.rules.owing import bucket

NEW, PAID = "new", "paid"
"""Where bills come from that were not there the night before, and where what is settled goes."""

_PAIR = ("party_id", "creditor_id")
_ACCOUNT = (*_PAIR, "currency")


def answering(work: ir.Table, owners: ir.Table) -> ir.Table:
    """Who answers for each live case: party_id, creditor_id, owner_id (NULL: nobody yet).

    In: ``work`` (see rules.work), ``owners`` (party_id, creditor_id, owner_id). Whoever is to remind before the due day
    answers for nothing yet.
    """
    live = work.filter(work.fate.notnull()).select(*_PAIR)
    return _joined(live, owners, _PAIR, "owner_id")


def tallies(
    owed: ir.Table, accounts: ir.Table, levels: ir.Table, answers: ir.Table, desks: ir.Table, people: ir.Table
) -> ir.Table:
    """What is owed by owner, desk, currency, level and age band.

    In: ``owed`` and ``accounts`` (see receivables), ``levels`` (see warning), ``answers`` (see above), ``desks``
    (party_id, creditor_id, desk), ``people`` (user_id, department_id). Out: owner_id, department_id, desk, currency,
    level, bucket, obligors, bills, amount, asked, late (minor units).
    """
    asked = ibis.greatest(owed.owed, 0)
    banded = owed.group_by(*_ACCOUNT, "bucket").agg(
        obligors=ibis.literal(0, type="int64"),
        bills=owed.count(),
        amount=owed.owed.sum().cast("int64"),
        asked=asked.sum().cast("int64"),
        late=(owed.days >= 1).ifelse(asked, 0).sum().cast("int64"),
    )
    zero = ibis.literal(0, type="int64")
    counted = accounts.select(
        *_ACCOUNT,
        bucket=bucket(ibis.coalesce(accounts.days, 0)),
        obligors=ibis.literal(1, type="int64"),
        bills=zero,
        amount=zero,
        asked=zero,
        late=zero,
    )
    each = _joined(ibis.union(banded, counted), levels, _ACCOUNT, "level")
    each = _joined(each, _joined(answers, desks, _PAIR, "desk"), _PAIR, "owner_id", "desk")
    each = each.mutate(level=ibis.coalesce(each.level, "none"), desk=ibis.coalesce(each.desk, ""))
    return _summed(
        each,
        people,
        ("desk", "currency", "level", "bucket"),
        ("obligors", "bills", "amount", "asked", "late"),
    )


def moves(before: ir.Table, now: ir.Table) -> ir.Table:
    """What became of every bill between two nights, by account and age bands.

    In: ``before`` and ``now`` (bill_id, party_id, creditor_id, currency, bucket, owed). Out: the account, from_bucket
    (NULL: was not there), to_bucket (NULL: is gone), bills, moved, paid, added (minor units).
    """
    had = before.filter(before.owed > 0).select(
        had_bill="bill_id",
        **{f"had_{key}": before[key] for key in _ACCOUNT},
        from_bucket=before.bucket,
        had=before.owed,
    )
    has = now.filter(now.owed > 0).select("bill_id", *_ACCOUNT, to_bucket=now.bucket, has=now.owed)
    both = has.outer_join(had, has.bill_id == had.had_bill)
    both = both.select(
        **{key: ibis.coalesce(both[key], both[f"had_{key}"]) for key in _ACCOUNT},
        from_bucket=both.from_bucket,
        to_bucket=both.to_bucket,
        had=ibis.coalesce(both.had, 0),
        has=ibis.coalesce(both.has, 0),
    )
    return both.group_by(*_ACCOUNT, "from_bucket", "to_bucket").agg(
        bills=both.count(),
        moved=ibis.least(both.had, both.has).sum().cast("int64"),
        paid=ibis.greatest(both.had - both.has, 0).sum().cast("int64"),
        added=ibis.greatest(both.has - both.had, 0).sum().cast("int64"),
    )


def rolls(moves: ir.Table, answers: ir.Table, answered: ir.Table, people: ir.Table) -> ir.Table:
    """Moves by the person who answers tonight, or else answered the night before.

    Out: owner_id, department_id, currency, from_bucket (an age band or ``new``), to_bucket (or ``paid``), bills, amount.
    """
    zero = ibis.literal(0, type="int64")
    stayed = moves.filter(moves.from_bucket.notnull() & moves.to_bucket.notnull())
    left, came = moves.filter(moves.from_bucket.notnull()), moves.filter(moves.to_bucket.notnull())
    parts = ibis.union(
        stayed.select(*_ACCOUNT, "from_bucket", "to_bucket", "bills", amount="moved"),
        left.select(
            *_ACCOUNT,
            "from_bucket",
            to_bucket=ibis.literal(PAID),
            bills=left.to_bucket.isnull().ifelse(left.bills, zero),
            amount="paid",
        ),
        came.select(
            *_ACCOUNT,
            "to_bucket",
            from_bucket=ibis.literal(NEW),
            bills=came.from_bucket.isnull().ifelse(came.bills, zero),
            amount="added",
        ).select(*_ACCOUNT, "from_bucket", "to_bucket", "bills", "amount"),
    ).filter(lambda t: (t.bills > 0) | (t.amount > 0))
    each = _answered(parts, first=answers, then=answered)
    return _summed(each, people, ("currency", "from_bucket", "to_bucket"), ("bills", "amount"))


def loads(answers: ir.Table, tasks: ir.Table, people: ir.Table) -> ir.Table:
    """How much each person has to do; whoever collects is there with nothing, too.

    In: ``answers``, ``tasks`` (owner_id, points), ``people`` (user_id, department_id, collects). Out: owner_id (NULL:
    nobody's), department_id, cases, tasks, points.
    """
    zero, one = ibis.literal(0, type="int64"), ibis.literal(1, type="int64")
    collectors = people.filter(people.collects)
    each = ibis.union(
        answers.select("owner_id", cases=one, tasks=zero, points=zero),
        tasks.select("owner_id", cases=zero, tasks=one, points=tasks.points.cast("int64")),
        collectors.select(owner_id="user_id", cases=zero, tasks=zero, points=zero),
    )
    return _summed(each, people, (), ("cases", "tasks", "points"))


def collected(
    receipts: ir.Table, last_known: int, answers: ir.Table, answered: ir.Table, people: ir.Table, as_of: dt.date
) -> ir.Table:
    """Money that came to the books since the night before ``as_of``, by the person who had the customer's case then, or
    else has it now.

    In: ``receipts`` (receipt_id, party_id, creditor_id, currency, received_on, amount), ``last_known`` the highest
    receipt_id of the night before. A receipt counts on the first night that knows it and whose day has come, so once.
    Out: owner_id, department_id, currency, receipts, amount.
    """
    before = as_of - dt.timedelta(days=1)
    fresh = receipts.filter(
        receipts.received_on <= day(as_of), (receipts.receipt_id > last_known) | (receipts.received_on > day(before))
    )
    each = _answered(
        fresh.select(*_ACCOUNT, "amount", receipts=(fresh.amount > 0).ifelse(1, -1).cast("int64")),
        first=answered,
        then=answers,
    )
    return _summed(each, people, ("currency",), ("receipts", "amount"))


def _answered(each: ir.Table, *, first: ir.Table, then: ir.Table) -> ir.Table:
    """With owner_id: of ``first``, else of ``then``."""
    each = _joined(each, first, _PAIR, "owner_id").rename(first_owner="owner_id")
    each = _joined(each, then, _PAIR, "owner_id")
    return each.mutate(owner_id=ibis.coalesce(each.first_owner, each.owner_id)).drop("first_owner")


def _joined(left: ir.Table, right: ir.Table, keys: tuple[str, ...], *columns: str) -> ir.Table:
    """``left`` with columns of the row of ``right`` that has the same keys; NULL where there is none."""
    other = right.select(**{f"key_{key}": right[key] for key in keys}, **{name: right[name] for name in columns})
    both = left.left_join(other, [left[key] == other[f"key_{key}"] for key in keys])
    return both.drop(*(f"key_{key}" for key in keys))


def _summed(each: ir.Table, people: ir.Table, by: tuple[str, ...], sums: tuple[str, ...]) -> ir.Table:
    total = each.group_by("owner_id", *by).agg(**{name: each[name].sum().cast("int64") for name in sums})
    homes = people.select(home_user="user_id", department_id="department_id")
    both = total.left_join(homes, total.owner_id == homes.home_user)
    return both.select("owner_id", "department_id", *by, *sums).order_by("owner_id", *by)
