"""Files for tests: written as people export them, brought in through the real door."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from liangqing.imports.actions.bring import Reading, Result, bring
from liangqing.kit.money import plain
from liangqing.receivables.importables import IMPORTABLES
from liangqing.receivables.queries.ageing import ageing

CUSTOMERS = "客户编号,客户名称\nK1,华信机械有限公司\nK2,远大贸易有限公司\n"
BILLS = "账单号,客户编号,开票日期,到期日,金额\n"
PAYMENTS = "收款单号,客户编号,账单号,收款日期,收款金额\n"


_READING = {field.name for field in dataclasses.fields(Reading)}


class Desk:
    """A clerk's desk: puts files down and brings them in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def put(self, text: str | bytes, name: str = "") -> Path:
        self._count += 1
        path = self.folder / (name or f"file{self._count}.csv")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def bring(self, text: str | bytes | Path, **options: object) -> Result:
        path = text if isinstance(text, Path) else self.put(text)
        how = {name: options.pop(name) for name in _READING if name in options}
        return bring(path, IMPORTABLES, reading=Reading(**{"currency": "CNY", **how}), **options)  # type: ignore[arg-type]


def open_amount(day: str, currency: str = "CNY") -> str:
    """What is owed in all on a day, in major units."""
    import datetime as dt

    rows = ageing(dt.date.fromisoformat(day))
    return plain(sum(row["amount"] for row in rows if row["currency"] == currency), currency)
