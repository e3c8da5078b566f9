"""What is late of many cases today: as the night found it where nothing has moved since, else worked out from the books.

The two always say the same (``tests/cases/test_late_amounts.py``). The first costs nothing, however many bills a customer
has; the second reads all bills of a customer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import connection
from django.db.models import Q

from liangqing.cases.lifecycle import CaseStage
from liangqing.cases.models import Case, Morning
from liangqing.imports.models import Import
from liangqing.kit.money import Money
from liangqing.receivables.queries.account import Late, late_of

Pair = tuple[int, int]

_MARGIN = 1_000
"""How far below the last number an act may have been that was not finished when the snapshot was taken."""
_MOST_MOVED = 5_000
"""Rows written since; beyond them nothing is known of anybody."""
_RECENT_IMPORTS = 50


def _new(row: str, last: str) -> str:
    """The condition that the night did not see a row: it came later, or its transaction was not finished then."""
    unfinished = f"(({row}.xmin::text::bigint - %(finished_below)s) & 4294967295) < 2147483648"
    return f"{row}.id > %({last})s - {_MARGIN} AND ({row}.id > %({last})s OR {unfinished})"


_MOVED = f"""
    SELECT b.party_id FROM receivables_bill b WHERE {_new("b", "last_bill")}
    UNION ALL
    SELECT b.party_id FROM receivables_adjustment j JOIN receivables_bill b ON b.id = j.bill_id
    WHERE {_new("j", "last_adjustment")}
    UNION ALL
    SELECT b.party_id FROM receivables_allocation a JOIN receivables_bill b ON b.id = a.bill_id
    WHERE {_new("a", "last_allocation")}
    LIMIT %(most)s"""


def late_of_cases(cases: Iterable[Case], on: dt.date) -> dict[Pair, Late]:
    """What is late by customer and creditor. Cases that are not open, and days without a night, are worked out."""
    pairs = {(case.party_id, case.creditor_id): case for case in cases}
    kept: dict[Pair, Late] = {}
    if (movers := moved(on)) is not None:
        for pair, case in pairs.items():
            if case.stage == CaseStage.OPEN and case.late is not None and pair[0] not in movers:
                since = case.late_since_on if case.late else None
                amounts = [Money(case.late[code], code) for code in sorted(case.late)]
                kept[pair] = Late(amounts, (on - since).days if since else None)
    rest = pairs.keys() - kept.keys()
    return kept | (late_of(rest, on) if rest else {})


def moved(on: dt.date) -> set[int] | None:
    """The customers of whose bills anything may have changed since the night of this day took its snapshot; None where that
    can't be told of everybody. Two queries, by keys alone."""
    morning = Morning.objects.filter(on=on).first()
    if morning is None or _changed_by_files(morning):
        return None
    with connection.cursor() as cursor:
        marks = ("finished_below", "last_bill", "last_adjustment", "last_allocation")
        cursor.execute(_MOVED, {"most": _MOST_MOVED + 1, **{name: getattr(morning, name) for name in marks}})
        found = cursor.fetchall()
    return {party for (party,) in found} if len(found) <= _MOST_MOVED else None


def _changed_by_files(morning: Morning) -> bool:
    """Whether files have changed terms of bills since, or were landing while the snapshot was taken."""
    terms = Q(pk__gt=morning.last_import, kind="bills", updated__gt=0)
    beside = Q(
        pk__gt=morning.last_import - _RECENT_IMPORTS, pk__lte=morning.last_import, landed_at__gt=morning.taken_at
    )
    if Import.objects.filter(terms | beside).exists():
        return True
    return Import.objects.filter(status=Import.Status.UNDONE).count() != morning.undone
