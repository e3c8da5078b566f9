"""Whose money a file speaks of: the creditor it names, or the institution itself."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import gettext

from liangqing.imports.landing import Arrival
from liangqing.parties.models import Creditor

HOME = "HOME"


def name_creditors(arrival: Arrival) -> None:
    """Make the DuckDB table ``creditors(code, creditor_id)``; a creditor named for the first time is added."""
    duck = arrival.staging.con
    if "creditor" in arrival.mapped:
        codes = [code for (code,) in duck.execute("SELECT DISTINCT creditor FROM typed WHERE creditor <> ''").fetchall()]
        duck.execute("UPDATE typed SET creditor = ? WHERE creditor IS NULL", [HOME]).fetchall()
    else:
        codes = []
        duck.execute("UPDATE typed SET creditor = ?", [HOME]).fetchall()
    for code in sorted({*codes, HOME}):
        Creditor.objects.get_or_create(code=code, defaults={"name": gettext("this institution") if code == HOME else code})
    known = dict(Creditor.objects.values_list("code", "id"))
    table = pa.table({"code": list(known), "creditor_id": pa.array(known.values(), pa.int64())})
    duck.register("creditor_rows", table)
    duck.execute("CREATE TABLE creditors AS SELECT * FROM creditor_rows").fetchall()
    duck.unregister("creditor_rows")
