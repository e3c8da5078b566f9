"""Typing a sheet: totals and repeats set aside, then every column as a set, then one table of typed rows.

1. Rows that are totals, and rows that repeat an earlier row cell by cell, are set aside and counted.
2. The currency of each row is known first, because an amount cannot be read without it.
3. Every other column is typed: plain cells in SQL, odd ones in Python, once each. A column whose first cells are all
   plain is hoped to be so throughout, and its odd cells are not looked for.
4. ``typed`` is written in one pass; the odd cells that could not be understood become problems of their rows. Where a
   hope was wrong, the sheet is typed again without it.
5. What is required and still empty becomes a problem too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext_lazy as _

from liangqing.imports.alike import some_alike
from liangqing.imports.columns import Column, Parser, odd_cells, parse_odd, set_odd_apart
from liangqing.imports.fields import Field, FieldType, Kind
from liangqing.imports.rules import amounts, currencies, dates, identifiers, spelling, words
from liangqing.imports.rules.outcome import Bad, blank_sql
from liangqing.kit.money import CURRENCIES
from liangqing.kit.refusal import Refusal

if TYPE_CHECKING:
    from liangqing.imports.staging import Sheet, Staging

_TOTAL = (
    r"(?i)[\s\x{3000}]*(本[页月年期]|期末)?([合总小共累][\s\x{3000}]*计|(grand\s*|sub[\s-]*)?totals?)"
    r"[\s\x{3000}]*[:\x{ff1a}]?[\s\x{3000}]*"
)
_MAYBE_TOTAL = "({0} < '!' OR {0} > '~' OR {0}[1] IN ('g', 'G', 's', 'S', 't', 'T'))"
"""How a cell begins that ``_TOTAL`` may match: asked first, since nearly no cell begins so."""
_SQL_TYPES = {FieldType.DATE: "DATE", FieldType.AMOUNT: "BIGINT", FieldType.INTEGER: "BIGINT"}
_ROWS_SHOWN = 10
_LOOKED_AT = 5000
"""Rows whose cells tell whether a column may be plain throughout."""


class Typing:
    """One sheet being typed into the tables of its staging."""

    def __init__(
        self,
        staging: Staging,
        sheet: Sheet,
        kind: Kind,
        mapping: Mapping[str, int],
        currency: str | None,
        digits: Callable[[str], int],
        profile: Mapping[str, str],
    ) -> None:
        self.staging = staging
        self.con = staging.con
        self.sheet = sheet
        self.kind = kind
        self.mapping = {name: column for name, column in mapping.items() if column < len(sheet.headers)}
        self.digits = digits
        self.date_order = cast("dates.Order | None", _option(profile, "date_order", ("dmy", "mdy")))
        self.decimal_mark = cast("amounts.Mark | None", _option(profile, "decimal_mark", ("point", "comma")))
        self.currency_field = next(iter(kind.of_type(FieldType.CURRENCY)), None)
        self.default = self._default_currency(currency)
        self.doubted: set[str] = set()  # fields that were hoped to be plain and were not

    def run(self) -> int:
        """Type the sheet; tells how many rows were typed."""
        while not self._typed_whole():
            pass
        row = self.con.execute("SELECT count(*) FROM typed").fetchone()
        return int(row[0]) if row else 0

    def _typed_whole(self) -> bool:
        """Type the sheet from the beginning; False when a column was not as plain as hoped, and is doubted now."""
        self.odd: list[tuple[Field, Column]] = []  # columns with cells that had to be parsed
        self.hoped: list[Field] = []  # columns whose odd cells were not looked for
        self.dropped = False
        self._clear()
        self._report_unused()
        self._set_aside_totals()
        self._set_aside_repeats()
        self.currency_sql = self._type_currency()
        values = {}
        for field in self.kind.fields:
            values[field.name] = self._value(field)
        self._write(values)
        if not self._hopes_come_true():
            return False
        self._collect_problems()
        return True

    # What is known before any cell is read

    def _clear(self) -> None:
        """Forget an earlier typing of the same sheet."""
        self.con.execute("DROP VIEW IF EXISTS good")
        self.staging.let_go("typed")
        self.con.execute("DELETE FROM problems")
        self.con.execute("DELETE FROM warnings")
        for (name,) in self.con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE temporary AND table_name LIKE 'odd_%'"
        ).fetchall():
            self.con.execute(f"DROP TABLE {name}")
        self.con.execute("CREATE OR REPLACE TEMP TABLE dropped (row BIGINT)")

    def _default_currency(self, currency: str | None) -> str | None:
        """The currency of rows that name none: what the header of an amount declares, else what the import says."""
        declared = {
            code
            for field in self.kind.of_type(FieldType.AMOUNT)
            if field.name in self.mapping and (code := currencies.in_header(self._header(field)))
        }
        if len(declared) > 1:
            raise Refusal(
                "mixed_currencies",
                _("The headers declare several currencies: {currencies}. Split the file by currency."),
                status=422,
                currencies=", ".join(sorted(declared)),
            )
        default = declared.pop() if declared else currency
        if default is not None and default not in CURRENCIES:
            raise Refusal(
                "unknown_currency",
                _("“{currency}” is not a known currency. Write its ISO code, such as CNY."),
                status=422,
                currency=default,
            )
        has_amounts = any(field.name in self.mapping for field in self.kind.of_type(FieldType.AMOUNT))
        if default is None and has_amounts and self.currency_field and self.currency_field.name not in self.mapping:
            raise Refusal(
                "no_currency",
                _("The file has no column for the currency. Name the currency of the file when importing."),
                status=422,
            )
        return default

    def _header(self, field: Field) -> str:
        return self.sheet.headers[self.mapping[field.name]]

    def _report_unused(self) -> None:
        used = set(self.mapping.values())
        unused = [name.strip() for place, name in enumerate(self.sheet.headers) if place not in used and name.strip()]
        if unused:
            self.staging.warn("columns_ignored", len(unused), ", ".join(unused[:30]) + ("…" if unused[30:] else ""))

    # Rows set aside

    def _set_aside_totals(self) -> None:
        """A total: no identifier, and 合计 or the like in some cell."""
        own = [f"c{self.mapping[f.name]}" for f in self.kind.of_type(FieldType.IDENTIFIER) if f.name in self.mapping]
        unidentified = " AND ".join(
            f"({blank_sql(cell)} OR {_MAYBE_TOTAL.format(cell)} AND regexp_full_match({cell}, '{_TOTAL}'))"
            for cell in own
        )
        somewhere = " OR ".join(
            f"coalesce(regexp_full_match(c{place}, '{_TOTAL}'), false)" for place in range(len(self.sheet.headers))
        )
        where = f"({unidentified}) AND ({somewhere})" if own else f"({somewhere})"
        self._set_aside("total_row", f"SELECT row FROM raw WHERE {where}")

    def _set_aside_repeats(self) -> None:
        """A repeat: every cell equals that of an earlier row. Hashes find the few rows worth comparing; where each row has
        an identifier of its own, there are none."""
        cells = ", ".join(f"c{place}" for place in range(len(self.sheet.headers)))
        own = [f"c{self.mapping[f.name]}" for f in self.kind.of_type(FieldType.IDENTIFIER) if f.name in self.mapping]
        if not all(some_alike(self.con, columns, "raw") for columns in [*own[:1], cells]):
            return
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE alike AS SELECT h FROM (SELECT hash({cells}) AS h FROM raw) "
            "GROUP BY h HAVING count(*) > 1"
        )
        self._set_aside(
            "repeated_row",
            f"SELECT row FROM (SELECT row, row_number() OVER (PARTITION BY {cells} ORDER BY row) AS place FROM raw "
            f"WHERE hash({cells}) IN (SELECT h FROM alike) AND row NOT IN (SELECT row FROM dropped) "
            "AND row NOT IN (SELECT row FROM surplus)) WHERE place > 1",
        )
        self.con.execute("DROP TABLE alike")

    def _set_aside(self, code: str, rows: str) -> None:
        before = self.con.execute("SELECT count(*) FROM dropped").fetchone()
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE found AS {rows}")
        self.con.execute("INSERT INTO dropped SELECT row FROM found")
        count = self.con.execute("SELECT count(*) FROM found").fetchone()
        if before and count and count[0]:
            first = self.con.execute(f"SELECT row FROM found ORDER BY row LIMIT {_ROWS_SHOWN}").fetchall()
            shown = ", ".join(str(row) for (row,) in first) + ("…" if count[0] > _ROWS_SHOWN else "")
            self.staging.warn(code, count[0], shown)
            self.dropped = True
        self.con.execute("DROP TABLE found")

    # Columns

    def _value(self, field: Field) -> str:
        """SQL for the typed value of a field."""
        if field is self.currency_field:
            return self.currency_sql
        if field.name not in self.mapping:
            return f"NULL::{_SQL_TYPES.get(field.type, 'VARCHAR')}"
        if field.type is FieldType.AMOUNT:
            return self._amount(field)
        if field.type is FieldType.DATE:
            return self._date(field)
        if field.type is FieldType.IDENTIFIER:
            return self._identifier(field)
        cell = f"r.c{self.mapping[field.name]}"
        if field.type is FieldType.INTEGER:
            return self._typed(field, words.integer_sql(cell), lambda text, _currency: words.parse_integer(text))
        if field.type is FieldType.CHOICE:
            known = words.spellings(field.choices or {})
            return self._typed(field, "NULL::VARCHAR", lambda text, _currency: words.parse_choice(text, known))
        if field.type is FieldType.CURRENCY:
            return self._typed(field, "NULL::VARCHAR", lambda text, _currency: currencies.parse(text))
        return self._typed(field, words.text_sql(cell), lambda text, _currency: words.parse_text(text))

    def _column(self, field: Field, plain: str, context: str | None = None) -> Column:
        source = "raw" if context is None else self.with_currency
        return Column(
            name=field.name,
            cell=f"c{self.mapping[field.name]}",
            sql_type=_SQL_TYPES.get(field.type, "VARCHAR"),
            plain=plain,
            source=source,
            context=context,
        )

    def _may_hope(self, field: Field, column: Column) -> bool:
        """Whether the first cells of a column are all plain; it is taken for plain then until ``typed`` says otherwise.

        Rows set aside have a say in how a column is read, and are not in ``typed``: with them, all cells are looked at.
        """
        if self.dropped or field.name in self.doubted or column.plain.startswith("NULL::"):
            return False
        row = self.con.execute(
            f"SELECT count(*) FROM (SELECT * FROM {column.source} LIMIT {_LOOKED_AT}) r "
            f"WHERE {column.raw} IS NOT NULL AND ({column.plain}) IS NULL"
        ).fetchone()
        if row and row[0]:
            return False
        self.hoped.append(field)
        return True

    def _hopes_come_true(self) -> bool:
        """Whether every cell of the columns hoped to be plain has a value in ``typed``."""
        if not self.hoped:
            return True
        cells = ", ".join(f"count(c{self.mapping[field.name]})" for field in self.hoped)
        values = ", ".join(f"count({field.name})" for field in self.hoped)
        (there,) = self.con.execute(f"SELECT {cells} FROM raw").fetchall()
        (understood,) = self.con.execute(f"SELECT {values} FROM typed").fetchall()
        self.doubted |= {
            field.name for field, wanted, had in zip(self.hoped, there, understood, strict=True) if wanted != had
        }
        return there == understood

    def _typed(self, field: Field, plain: str, parse: Parser) -> str:
        """The way of most columns: what is not plain is parsed."""
        column = self._column(field, plain)
        if self._may_hope(field, column):
            return column.plain
        if not set_odd_apart(self.con, column):
            return column.plain
        parse_odd(self.con, column, parse)
        self.odd.append((field, column))
        return column.value

    def _type_currency(self) -> str:
        """SQL for the currency of a row; also which currencies occur, and a view that knows each row's."""
        default = f"'{self.default}'" if self.default else "NULL::VARCHAR"
        field = self.currency_field
        if field is None or field.name not in self.mapping:
            self.with_currency = "raw"
            self.in_use = {self.default or ""}
            self.row_currency = f"'{self.default or ''}'"
            return default
        column = self._column(field, "NULL::VARCHAR")
        if not set_odd_apart(self.con, column):
            self.with_currency = "raw"
            self.in_use = {self.default or ""}
            self.row_currency = f"'{self.default or ''}'"
            return default
        parse_odd(self.con, column, lambda text, _currency: currencies.parse(text))
        self.odd.append((field, column))
        found = self.con.execute(f"SELECT DISTINCT coalesce(value, '') FROM {column.odd}").fetchall()
        self.in_use = {str(code) for (code,) in found} | {self.default or ""}
        value = f"CASE WHEN {column.odd}.code IS NULL THEN coalesce({column.odd}.value, {default}) END"
        self.row_currency = f"coalesce({value}, '')"
        self.with_currency = f"(SELECT r.*, {self.row_currency} AS row_currency FROM raw r {column.join})"
        return value

    def _identifier(self, field: Field) -> str:
        cell = f"r.c{self.mapping[field.name]}"
        value = self._typed(field, identifiers.plain_sql(cell), lambda text, _currency: identifiers.parse(text))
        restored = self.con.execute(
            f"SELECT count(*) FROM raw r WHERE regexp_full_match({cell}, '{identifiers.RESTORABLE_SQL}')"
        ).fetchone()
        count = int(restored[0]) if restored else 0
        if count:
            self.staging.warn("identifier_restored", count, self._header(field))
        if count or self.mapping[field.name] in self.sheet.numeric:
            self._check_leading_zeros(field)
        return value

    def _check_leading_zeros(self, field: Field) -> None:
        """All digits, came as numbers, and not of one length: the shorter ones once began with zeros."""
        cell = f"c{self.mapping[field.name]}"
        row = self.con.execute(
            "WITH figures AS (SELECT split_part(trim(" + cell + "), '.', 1) AS text FROM raw WHERE "
            f"trim({cell}) <> '' AND row NOT IN (SELECT row FROM dropped)) "
            "SELECT bool_and(regexp_full_match(text, '[0-9]+')), count(*) FILTER (WHERE length(text) < longest) "
            "FROM figures, (SELECT max(length(text)) AS longest FROM figures)"
        ).fetchone()
        if row and row[0] and row[1]:
            self.staging.warn("leading_zeros_lost", int(row[1]), self._header(field))

    def _date(self, field: Field) -> str:
        column = self._column(field, dates.plain_sql(f"r.c{self.mapping[field.name]}"))
        if self._may_hope(field, column):
            return column.plain
        if not set_odd_apart(self.con, column):
            return column.plain
        seen = dates.Evidence()
        for chunk in odd_cells(self.con, column):
            seen = dates.evidence((cell for cell, _context in chunk), seen)
        order = self.date_order or seen.order
        example = seen.either or seen.day_first or seen.month_first
        if order is None and example is not None:
            raise self._ambiguous(field, seen)
        if order is not None and self.date_order is None:
            self.staging.warn("day_first" if order == "dmy" else "month_first", 0, self._header(field))
        parse_odd(self.con, column, lambda text, _currency: dates.parse(text, order))
        self.odd.append((field, column))
        return column.value

    def _ambiguous(self, field: Field, seen: dates.Evidence) -> Refusal:
        if seen.day_first and seen.month_first:
            return Refusal(
                "mixed_dates",
                _(
                    "Column “{header}” holds dates with the day first ({day_first}) and with the month first "
                    "({month_first}). Write all dates as 2020-01-31, or import with the date order dmy or mdy."
                ),
                status=422,
                header=self._header(field),
                day_first=seen.day_first,
                month_first=seen.month_first,
            )
        example = seen.either or ""
        return Refusal(
            "ambiguous_dates",
            _(
                "Column “{header}”: “{example}” may be {day_first} or {month_first}, and the column does not decide. "
                "Write dates as 2020-01-31, or import with the date order dmy or mdy."
            ),
            status=422,
            header=self._header(field),
            example=example,
            day_first=dates.parse(example, "dmy"),
            month_first=dates.parse(example, "mdy"),
        )

    def _amount(self, field: Field) -> str:
        place = self.mapping[field.name]
        in_header = spelling.factor_in(self._header(field))
        factor = in_header if in_header is not None else self.sheet.factor or 1
        plain_form = self._amount_sql(f"r.c{place}")
        nothing_plain = "NULL::BIGINT"
        context = "r.row_currency" if self.with_currency != "raw" else self.row_currency
        trusted = factor == 1 and self.decimal_mark != "comma"
        column = self._column(field, self._plain_with(plain_form, context) if trusted else nothing_plain, context)
        if trusted and self._may_hope(field, column):
            return self._plain_with(plain_form, self.row_currency)
        odd = set_odd_apart(self.con, column)
        mark, torn = self.decimal_mark, False
        noisy = place in self.sheet.numeric
        if mark is None and odd:
            seen = self._evidence(column, trusted, factor, noisy)
            if seen.undecided:
                raise self._either_mark(field, seen.undecided)
            mark, torn = seen.mark, seen.mark == "point" and seen.thousands is not None
            if mark == "comma" and trusted:  # then no cell is plain
                self.con.execute(f"DROP TABLE {column.odd}_cells")
                column = self._column(field, nothing_plain, context)
                set_odd_apart(self.con, column)
        if factor != 1:
            self.staging.warn("unit_applied", factor, self._header(field))
        if mark == "comma" and self.decimal_mark is None:
            self.staging.warn("decimal_comma", 0, self._header(field))
        final_plain = self._plain_with(plain_form, self.row_currency)
        final = self._column(field, final_plain if column.plain != nothing_plain else nothing_plain, self.row_currency)
        if not odd and column.plain != nothing_plain:
            return final.plain

        def parse(text: str, currency: str) -> int | Bad | None:
            digits = self.digits(currency or self.default or "")
            return amounts.parse(text, currency, digits, mark=mark or "point", factor=factor, noisy=noisy, torn=torn)

        parse_odd(self.con, final, parse)
        self.odd.append((field, final))
        return final.value

    def _amount_sql(self, cell: str) -> dict[int, str]:
        """The plain form for each number of digits the currencies in use have."""
        fallback = self.default or ""
        return {
            digits: amounts.plain_sql(cell, digits)
            for digits in {self.digits(code or fallback) for code in self.in_use}
        }

    def _plain_with(self, forms: Mapping[int, str], currency: str) -> str:
        """SQL: the plain form that fits the currency of the row."""
        if len(forms) == 1:
            return next(iter(forms.values()))
        fallback = self.default or ""
        cases = []
        for digits, form in forms.items():
            codes = ", ".join(f"'{code}'" for code in self.in_use if self.digits(code or fallback) == digits)
            cases.append(f"WHEN {currency} IN ({codes}) THEN {form}")
        return f"CASE {' '.join(cases)} END"

    def _evidence(self, column: Column, trusted: bool, factor: int, noisy: bool) -> amounts.Evidence:
        """What the odd cells say of the decimal mark, and, where they call for it, the plain ones too."""
        seen = amounts.Evidence()
        for chunk in odd_cells(self.con, column):
            for currency in sorted({currency for _cell, currency in chunk}):
                finest = factor * int(10 ** self.digits(currency or self.default or ""))
                cells = (cell for cell, of in chunk if of == currency)
                seen = amounts.evidence(cells, seen, finest=finest, noisy=noisy)
        if trusted and (seen.undecided or seen.mark == "comma"):
            row = self.con.execute(
                f"SELECT {column.raw} FROM {column.source} r WHERE ({column.plain}) IS NOT NULL "
                f"AND {amounts.point_evidence_sql(column.raw)} LIMIT 1"
            ).fetchone()
            if row:
                return dataclasses.replace(seen, point=row[0])
        return seen

    def _either_mark(self, field: Field, example: str) -> Refusal:
        """The refusal of a column that leaves the decimal mark open: both readings, and what to do."""
        point, comma = (amounts.parse(example, "", 3, mark=mark) for mark in amounts.MARKS)
        return Refusal(
            "ambiguous_amounts",
            _(
                "Column “{header}”: “{example}” may be {point} or {comma}, and the column does not decide. Write amounts "
                "with two decimals, or say what it means: --decimal-mark point or comma, or on the import page."
            ),
            status=422,
            header=self._header(field),
            example=example,
            point=f"{Decimal(point).scaleb(-3):f}" if isinstance(point, int) else example,
            comma=f"{Decimal(comma).scaleb(-3):.2f}" if isinstance(comma, int) else example,
        )

    # The result

    def _write(self, values: Mapping[str, str]) -> None:
        """``typed``, with room for the identifiers even when the file has none: they may be found out later."""
        joins = " ".join(column.join for _field, column in self.odd)
        where = "WHERE r.row NOT IN (SELECT row FROM dropped)" if self.dropped else ""
        identifiers = {field.name for field in self.kind.of_type(FieldType.IDENTIFIER)}
        self.staging.keep("typed", {"row": "r.row", **values}, f"raw r {joins} {where}", stored=identifiers)

    def _collect_problems(self) -> None:
        for field, column in self.odd:
            join = column.join.removeprefix("LEFT ")
            if column.context and self.with_currency != "raw":  # the currency of the row comes by a join of its own
                currency = next(other for owner, other in self.odd if owner is self.currency_field)
                join = f"{currency.join} {join}"
            self.con.execute(
                f"INSERT INTO problems SELECT r.row, '{field.name}', {column.odd}.code, {column.odd}.detail "
                f"FROM raw r {join} WHERE {column.odd}.code IS NOT NULL AND r.row NOT IN (SELECT row FROM dropped)"
            )
        self.con.execute(
            "INSERT INTO problems SELECT row, '', 'wrong_number_of_cells', cells FROM surplus "
            "WHERE row NOT IN (SELECT row FROM dropped)"
        )
        for field in self.kind.fields:
            is_currency = field is self.currency_field and field.name in self.mapping and self.default is None
            if is_currency or (field.required and field.name in self.mapping):
                self.con.execute(
                    f"INSERT INTO problems SELECT row, '{field.name}', "
                    f"'{'missing_currency' if is_currency else 'missing'}', '' FROM typed WHERE {field.name} IS NULL "
                    f"AND row NOT IN (SELECT row FROM problems WHERE field = '{field.name}')"
                )


def _option(profile: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str | None:
    """A reading option of a profile, if it is one we know."""
    value = profile.get(name)
    if value is not None and value not in allowed:
        raise Refusal(
            "bad_profile",
            _("The profile sets {name} to “{value}”. Use one of: {allowed}."),
            status=422,
            name=name,
            value=value,
            allowed=", ".join(allowed),
        )
    return value
