"""Digests of the money rows an import brought, kept in the trail, so that a row altered behind our back is found.

Rows are rendered in one way only (Arrow's CSV of the columns that never change) and hashed a thousand ids at a time:
while they land, from the very batches that are sent; later, from what the database says it holds.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

_ROWS_A_DIGEST = 1000
_KEPT = 16
"""Hex digits of SHA-256 kept: 64 bits, under the code of a trail entry."""

_INTEGER, _TEXT, _DATE = pa.int64(), pa.string(), pa.date32()
TABLES: dict[str, pa.Schema] = {
    "receivables_bill": pa.schema(
        [
            *(
                ("id", _INTEGER),
                ("creditor_id", _INTEGER),
                ("party_id", _INTEGER),
                ("number", _TEXT),
                ("currency", _TEXT),
            ),
            *((name, _INTEGER) for name in ("principal", "interest", "penalty", "fee")),
        ]
    ),
    "receivables_adjustment": pa.schema(
        [
            *(("id", _INTEGER), ("bill_id", _INTEGER), ("effective_on", _DATE)),
            *((name, _INTEGER) for name in ("principal", "interest", "penalty", "fee")),
            ("reason", _TEXT),
        ]
    ),
    "receivables_receipt": pa.schema(
        [
            *(
                ("id", _INTEGER),
                ("creditor_id", _INTEGER),
                ("party_id", _INTEGER),
                ("number", _TEXT),
                ("version", _INTEGER),
            ),
            *(("received_on", _DATE), ("amount", _INTEGER), ("currency", _TEXT), ("bill_number", _TEXT)),
            ("reverses_id", _INTEGER),
        ]
    ),
    "receivables_allocation": pa.schema(
        [
            ("id", _INTEGER),
            ("receipt_id", _INTEGER),
            ("bill_id", _INTEGER),
            ("allocated_on", _DATE),
            ("amount", _INTEGER),
        ]
    ),
}
"""The columns of each table that never change once they are written."""

TERMS: dict[str, pa.Schema] = {
    table: pa.schema([("id", _INTEGER), *((name, _TEXT) for name in names)])
    for table, names in {
        "receivables_bill": ("issued_on", "due_on", "kind", "contract_id"),
        "receivables_contract": ("creditor_id", "party_id", "number", "starts_on", "ends_on"),
    }.items()
}
"""What else age and lateness hang on. Files may change it in place: the digest is of what came first, and every change since
is a row of ``imports_change``, digested too, by which ``came`` works out what that was."""
CHANGES = "imports_change"
_CHANGES = pa.schema([("id", _INTEGER), *((name, _TEXT) for name in ("table", "row_id", "before", "after"))])

OF_TERMS = " terms"
"""Behind the name of the table, where its terms are told of."""

_RENDERED = pa_csv.WriteOptions(include_header=False, quoting_style="needed")

Blocks = dict[str, str]
"""``{"12": digest}``: over the import's rows whose id is in 12,000..12,999, in order of id."""


class Digester:
    """Takes batches in order of id and gives the digests of their blocks."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._blocks: dict[int, Any] = {}
        self.first: int | None = None
        """The lowest id that passed."""

    def passing(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Hand the batches on as they are, having seen them."""
        for batch in batches:
            self.take(batch)
            yield batch

    def take(self, batch: pa.RecordBatch) -> None:
        given = set(batch.schema.names)  # a column that is not sent stays empty
        rows = pa.table(
            [
                batch[name].cast(self._schema.field(name).type)
                if name in given
                else pa.nulls(batch.num_rows, self._schema.field(name).type)
                for name in self._schema.names
            ],
            self._schema,
        )
        ids = rows["id"].to_numpy()
        if self.first is None and len(ids):
            self.first = int(ids[0])
        start = 0
        while start < len(ids):
            block = int(ids[start]) // _ROWS_A_DIGEST
            end = int(ids.searchsorted((block + 1) * _ROWS_A_DIGEST))
            buffer = io.BytesIO()
            pa_csv.write_csv(rows.slice(start, end - start), buffer, _RENDERED)
            self._blocks.setdefault(block, hashlib.sha256()).update(buffer.getbuffer())
            start = end

    def blocks(self) -> Blocks:
        return {str(block): digest.hexdigest()[:_KEPT] for block, digest in sorted(self._blocks.items())}


def stored(cursor: Any, table: str, imported: int, *, first: int | None = None) -> Blocks:
    """The digests of an import's rows as the database has them now; ``first`` says that none has a lower id."""
    own = f"imported = {int(imported)}" + (f" AND id >= {int(first)}" if first is not None else "")
    schema = TABLES[table]
    return _digested(cursor, schema, f"SELECT {_columns(schema)} FROM {table} WHERE {own} ORDER BY id")


def came(cursor: Any, table: str, imported: int, since: Collection[int] = (), *, first: int | None = None) -> Blocks:
    """The digests of the terms (``TERMS``) an import's rows came with: before the changes of the imports ``since`` that
    stand; ``first`` says that none has a lower id."""
    own = f"t.imported = {int(imported)}" + (f" AND t.id >= {int(first)}" if first is not None else "")
    query = f"{_at_first(table, since)} WHERE {own} ORDER BY t.id"
    return _digested(cursor, TERMS[table], query)


def _at_first(table: str, since: Collection[int]) -> str:
    """The query for the terms rows (``t``) came with."""
    names = TERMS[table].names[1:]
    if not since:
        return f"SELECT t.id, {', '.join(f't.{name}::text' for name in names)} FROM {table} t"
    terms = ", ".join(
        f"CASE WHEN f.terms ? '{name}' THEN f.terms->>'{name}' ELSE t.{name}::text END AS {name}" for name in names
    )
    return f"""SELECT t.id, {terms} FROM {table} t LEFT JOIN (
                   SELECT row_id, jsonb_object_agg(key, value) AS terms FROM (
                       SELECT DISTINCT ON (c.row_id, e.key) c.row_id, e.key, e.value
                       FROM ({standing_changes(table, since)}) c, jsonb_each(c.before) e
                       ORDER BY c.row_id, e.key, c.id) earliest
                   GROUP BY row_id) f ON f.row_id = t.id"""


def standing_changes(table: str, imports: Collection[int]) -> str:
    """The query for the changes of a table by those of the imports that are not undone."""
    those = ", ".join(str(int(each)) for each in imports) or "NULL"
    shaped = "jsonb_typeof({0}) = 'object'"
    return f"""SELECT c.id, c.row_id, c.before, c.after FROM imports_change c JOIN imports_import i ON i.id = c.imported_id
               WHERE c."table" = '{table}' AND i.status = 'landed' AND i.id IN ({those})
                 AND {shaped.format("c.before")} AND {shaped.format("c.after")}"""


def changes(cursor: Any, imported: int) -> Blocks:
    """The digests of what an import changed in place."""
    known = ", ".join(f"'{table}'" for table in TERMS)
    return _digested(
        cursor,
        _CHANGES,
        f"""SELECT id, "table", row_id, before::text, after::text FROM {CHANGES}
            WHERE imported_id = {int(imported)} AND "table" IN ({known}) ORDER BY id""",
    )


_NO_DAY = "DATE '9999-12-31'"


def _columns(schema: pa.Schema) -> str:
    """The columns as they can be read whatever stands there: days beyond the calendar (``infinity``) become one no file
    has."""
    return ", ".join(
        f"CASE WHEN {name} BETWEEN '0001-01-01' AND '9999-12-30' OR {name} IS NULL THEN {name} ELSE {_NO_DAY} END"
        if kind == _DATE
        else name
        for name, kind in zip(schema.names, schema.types, strict=True)
    )


def _digested(cursor: Any, schema: pa.Schema, query: str) -> Blocks:
    digester = Digester(schema)
    with tempfile.TemporaryFile() as file:
        with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
            for part in copy:
                file.write(part)
        if not file.tell():
            return {}
        file.seek(0)
        reader = pa_csv.open_csv(
            file,
            read_options=pa_csv.ReadOptions(column_names=schema.names),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
            ),
        )
        for batch in reader:
            digester.take(batch)
    return digester.blocks()


def all_stored(cursor: Any, imported: int) -> dict[str, Blocks]:
    """The digests of all money rows of an import, by table; tables it did not touch are left out."""
    found = {table: stored(cursor, table, imported) for table in TABLES}
    return {table: blocks for table, blocks in found.items() if blocks}


def ids_of(block: str) -> tuple[int, int]:
    """The first and last id a digest covers."""
    return int(block) * _ROWS_A_DIGEST, int(block) * _ROWS_A_DIGEST + _ROWS_A_DIGEST - 1


class Books:
    """The digests of one import in the making: by table, seen while landing, or read back where rows were made by the
    database itself."""

    def __init__(self, cursor: Any, imported: int) -> None:
        self._cursor = cursor
        self._imported = imported
        self._seen: dict[str, Blocks] = {}
        self._mixed: set[str] = set()
        self._first: dict[str, int] = {}
        self._terms: dict[str, Blocks] = {}
        self._contracts: int | None = None

    def passing(self, table: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches on their way to ``table``, in order of id."""
        digester = Digester(TABLES[table])
        terms = Digester(TERMS[table]) if table in TERMS else None
        yield from terms.passing(digester.passing(batches)) if terms else digester.passing(batches)
        if terms:
            self._terms[table] = terms.blocks()
        if table in self._seen:
            self._mixed.add(table)
        self._seen[table] = digester.blocks()
        if digester.first is not None:
            self._from(table, digester.first)

    def written_elsewhere(self, table: str, first: int) -> None:
        """Rows of this import got into the table by another way than through here; none with a lower id than that."""
        self._mixed.add(table)
        self._from(table, first)

    def contracts_written(self, first: int) -> None:
        """This import brought contracts; none with a lower id than that."""
        self._contracts = first

    def _from(self, table: str, first: int) -> None:
        self._first[table] = min(first, self._first.get(table, first))

    def terms(self) -> dict[str, Blocks]:
        """The digests of the terms new rows came with, and of what was changed in place; once all has landed."""
        table, terms = "receivables_contract", {**self._terms}
        if self._contracts is not None:
            terms[table] = came(self._cursor, table, self._imported, first=self._contracts)
        told = {f"{table}{OF_TERMS}": blocks for table, blocks in sorted(terms.items())}
        return {**told, CHANGES: changes(self._cursor, self._imported)}

    def digests(self) -> dict[str, Blocks]:
        mixed = {
            table: stored(self._cursor, table, self._imported, first=self._first.get(table)) for table in self._mixed
        }
        found = {**self._seen, **mixed}
        return {table: blocks for table, blocks in sorted(found.items()) if blocks}


# Rows entered by hand ---------------------------------------------------------------------------------------------------

_ONLY_BY_HAND = {
    "receivables_bill": (),
    "receivables_adjustment": ("note",),
    "receivables_receipt": ("method", "reference"),
    "receivables_allocation": ("credit_id",),
}
"""What never changes either, but is not part of what imports told: their digests must stay what they are."""

RowCodes = dict[str, dict[str, str]]
"""``{"receivables_bill": {"12": code}}``: a code for each row an act wrote, by table and id."""


def row_codes(cursor: Any, written: Mapping[str, Collection[int]]) -> RowCodes:
    """The codes of rows entered by hand, as the database has them now; told to the trail with the act."""
    return {
        table: dict(_codes(cursor, table, f"id IN ({', '.join(str(int(row)) for row in sorted(ids))})"))
        for table, ids in sorted(written.items())
        if ids
    }


def all_by_hand(cursor: Any, table: str) -> Iterator[tuple[str, str]]:
    """Id and code of every row of a table that no import brought."""
    return _codes(cursor, table, "imported IS NULL")


def _codes(cursor: Any, table: str, condition: str) -> Iterator[tuple[str, str]]:
    columns = ", ".join((_columns(TABLES[table]), *_ONLY_BY_HAND[table]))
    cursor.execute(f"SELECT {columns} FROM {table} WHERE {condition} ORDER BY id")
    while rows := cursor.fetchmany(5000):
        for row in rows:
            text = json.dumps([None if value is None else str(value) for value in row], ensure_ascii=False)
            yield str(row[0]), hashlib.sha256(text.encode()).hexdigest()[:_KEPT]


def terms_by_hand(cursor: Any, since: Collection[int]) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Id and terms of every bill that no import brought, as they were entered: before the changes of the imports ``since``."""
    names = TERMS["receivables_bill"].names[1:]
    cursor.execute(f"{_at_first('receivables_bill', since)} WHERE t.imported IS NULL ORDER BY t.id")
    while rows := cursor.fetchmany(5000):
        for row in rows:
            yield str(row[0]), dict(zip(names, row[1:], strict=True))
