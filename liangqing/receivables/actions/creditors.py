"""Whose money a file speaks of: the creditor it names, or the institution itself."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import gettext

from liangqing.imports.landing import Arrival
from liangqing.parties.models import Creditor

HOME = "HOME"
"""The code of the institution itself."""


def name_creditors(arrival: Arrival) -> None:
    """Make the DuckDB table ``creditors(code, creditor_id)``; a creditor named for the first time is added.

    Rows that name none are the institution's own, under the code ``HOME``.
    """
    duck = arrival.staging.con
    if "creditor" in arrival.mapped:
        codes = [
            code for (code,) in duck.execute("SELECT DISTINCT creditor FROM typed WHERE creditor <> ''").fetchall()
        ]
    else:
        codes = []
    ((unnamed,),) = duck.execute("SELECT count(*) FROM typed WHERE creditor IS NULL").fetchall()
    for code in sorted({*codes, HOME} if unnamed else codes):
        Creditor.objects.get_or_create(
            code=code, defaults={"name": gettext("this institution") if code == HOME else code}
        )
    known = dict(Creditor.objects.filter(code__in=[*codes, HOME]).values_list("code", "id"))
    table = pa.table({"code": list(known), "creditor_id": pa.array(known.values(), pa.int64())})
    duck.register("creditor_rows", table)
    duck.execute("CREATE TABLE creditors AS SELECT * FROM creditor_rows").fetchall()
    duck.unregister("creditor_rows")
