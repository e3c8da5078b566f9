"""A small kind of bill, and a desk at which a file is read and typed in one breath."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from liangqing.imports.fields import Field, FieldType, Kind
from liangqing.imports.rules.headers import recognise
from liangqing.imports.staging import Sheet, Staged, Staging

CUSTOMERS = Kind(
    "customers",
    "Customers",
    (
        Field("number", "Customer number", FieldType.IDENTIFIER, ("客户编号", "customer_id", "KUNNR"), required=True),
        Field("name", "Name", FieldType.TEXT, ("客户名称", "name"), required=True),
    ),
    excludes=("due_on",),
)
BILLS = Kind(
    "bills",
    "Bills",
    (
        Field("number", "Bill number", FieldType.IDENTIFIER, ("账单编号", "bill_id", "BELNR"), required=True),
        Field("customer", "Customer number", FieldType.IDENTIFIER, ("客户编号", "customer_id", "KUNNR")),
        Field("due_on", "Due date", FieldType.DATE, ("到期日", "due_date", "FAEDT"), required=True),
        Field("amount", "Amount", FieldType.AMOUNT, ("金额", "amount", "DMBTR"), required=True),
        Field("currency", "Currency", FieldType.CURRENCY, ("币种", "currency", "WAERS")),
        Field("terms", "Terms", FieldType.INTEGER, ("账期", "terms")),
        Field(
            "state", "State", FieldType.CHOICE, ("状态", "state"), choices={"open": ("未清", "1"), "paid": ("已清",)}
        ),
        Field("note", "Note", FieldType.TEXT, ("备注", "note")),
    ),
    needs=(("customer", "note"),),
)
KINDS = (CUSTOMERS, BILLS)


@dataclass
class Desk:
    """Reads and types a file, and answers what became of it."""

    staging: Staging
    folder: Path
    sheet: Sheet | None = None
    staged: Staged | None = None

    def file(self, content: str | bytes, name: str = "file.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def take(
        self,
        content: str | bytes | Path,
        *,
        wanted: str | None = "bills",
        profile: dict[str, str] | None = None,
        currency: str | None = "CNY",
        encoding: str | None = None,
    ) -> list[dict[str, Any]]:
        path = content if isinstance(content, Path) else self.file(content)
        self.sheet = self.staging.read(path, kinds=KINDS, profile=profile, encoding=encoding)
        kind, mapping = recognise(self.sheet.headers, KINDS, wanted=wanted, profile=profile)
        self.staged = self.staging.type(self.sheet, kind, mapping, currency, profile=profile)
        return self.rows()

    def rows(self, source: str = "typed") -> list[dict[str, Any]]:
        found = self.staging.con.execute(f"SELECT * FROM {source} ORDER BY row")
        names = [item[0] for item in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def column(self, name: str, cells: list[str], **extra: Any) -> list[Any]:
        """One column typed, the other columns being in order. Cells must not need quotes."""
        fixed = {"bill_id": "B{}", "customer_id": "C{}", "due_date": "2026-01-31", "amount": "1", "currency": "CNY"}
        headers = list(dict.fromkeys([*fixed, name]))
        lines = ["\t".join(headers)]
        for place, cell in enumerate(cells):
            values = {key: text.format(place) for key, text in fixed.items()} | {name: cell}
            lines.append("\t".join(values[header] for header in headers))
        fields = {"bill_id": "number", "customer_id": "customer", "due_date": "due_on"}
        return [row[fields.get(name, name)] for row in self.take("\n".join(lines) + "\n", **extra)]

    def codes(self) -> list[tuple[int, str, str]]:
        found = self.staging.con.execute("SELECT row, field, code FROM problems ORDER BY row, field, code").fetchall()
        return [(int(row), str(name), str(code)) for row, name, code in found]

    def warned(self) -> dict[str, int]:
        return dict(self.staging.con.execute("SELECT code, count FROM warnings").fetchall())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Staging(tmp_path / "staging") as staging:
        yield Desk(staging, tmp_path)


def bill(number: str = "B1", due: str = "2026-01-31", amount: str = "100.00", note: str = "x") -> str:
    return f"{number},{due},{amount},{note}\n"


HEAD = "账单编号,到期日,金额,备注\n"
DAY = date(2026, 1, 31)
