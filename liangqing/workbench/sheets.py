"""Tables taken away as XLSX: the one place that writes them, marks them with who took them and when, and tells the trail.

Nothing in a cell is a formula or a link, whatever it begins with: texts are written as texts. Amounts, numbers and days
are written as values, so that they can be summed and sorted.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import xlsxwriter
from django.http import FileResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.money import Money, plain
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import Event, tell
from liangqing.workbench import permits
from liangqing.workbench.permits import Wanted
from liangqing.workbench.words import moment

MOST_IN_NAME = 31
"""Characters of a sheet's name, as spreadsheets have it."""
_NOT_IN_NAME = str.maketrans("[]:*?/\\", "       ")
_SAFE: dict[str, Any] = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass
class Sheet:
    """One table. A cell may be a text, a number, a day, ``Money`` (its currency stands elsewhere in the row or in a head),
    several ``Money`` as a tuple, or None. ``about`` is what else the first line says, such as the period."""

    title: str | Promise
    heads: Sequence[str | Promise]
    rows: Iterable[Sequence[Any]] = field(default_factory=list)
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class ListExported(Event):
    """Somebody took a list away as a file."""

    name: ClassVar[str] = "list exported"
    thing: ClassVar[str] = "user"
    list: str
    rows: int
    filters: dict[str, str]


@action
@clause("P2 6.2")
def take_away(
    name: str,
    sheets: Sequence[Sheet],
    *,
    by: User,
    filters: Mapping[str, str],
    on: dt.date | None = None,
    address: str,
) -> FileResponse:
    """The tables as one file called ``name`` and the day (``on``, else today); ``filters`` say in the trail what was asked;
    ``address`` is where it is asked for.

    Rows are taken one after another and never all at once. Raises ``Refusal``: 403 without the right to take lists away;
    ``permits.TooLarge`` (409) for more rows than may leave without approval.
    """
    demand(by, "list.export")
    wanted = Wanted.at(address, name, str(sheets[0].title))
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _SAFE) as book:
        writer = _Writer(book, by, wanted)
        for sheet in sheets:
            writer.write(sheet)
    count = writer.count
    told = {key: value for key, value in filters.items() if value}
    tell(ListExported(thing_id=by.pk, list=name, rows=count, filters=told), by=by)
    buffer.seek(0)
    return FileResponse(buffer, as_attachment=True, filename=f"{name}-{on or clock.today()}.xlsx")


class _Writer:
    """Writes sheets into a book for one person."""

    def __init__(self, book: Any, by: User, wanted: Wanted) -> None:
        self.book, self.by, self.wanted = book, by, wanted
        self.count, self.most = 0, permits.most_rows()
        self.asked = False
        self.bold = book.add_format({"bold": True})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.amount = book.add_format({"num_format": "#,##0.00"})
        self.mark = _("exported by {name} ({login}) at {at}").format(
            name=by.name, login=by.username, at=moment(clock.now())
        )

    def write(self, sheet: Sheet) -> None:
        """Who and when in the first line, the heads in the second, then the rows. Raises ``permits.TooLarge``."""
        tab = self.book.add_worksheet(str(sheet.title)[:MOST_IN_NAME].translate(_NOT_IN_NAME))
        tab.write_string(0, 0, " · ".join(part for part in (str(sheet.title), sheet.about, self.mark) if part))
        for place, head in enumerate(sheet.heads):
            tab.write_string(1, place, str(head), self.bold)
        for line, row in enumerate(sheet.rows, 2):
            self._one_more()
            for place, value in enumerate(row):
                self._cell(tab, line, place, value)

    def _one_more(self) -> None:
        """Count a row; the first beyond what may leave freely asks for leave."""
        self.count += 1
        if self.count > self.most and not self.asked:
            if not permits.allowed(self.wanted, self.by):
                raise permits.TooLarge(self.wanted, self.most)
            self.asked = True

    def _cell(self, tab: Any, line: int, place: int, value: Any) -> None:
        if isinstance(value, tuple):
            if len(value) == 1:
                self._cell(tab, line, place, value[0])
            elif value:
                tab.write_string(line, place, "; ".join(plain(each.amount, each.currency) for each in value))
        elif isinstance(value, Money):
            tab.write_number(line, place, float(plain(value.amount, value.currency)), self.amount)
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            tab.write_datetime(line, place, dt.datetime.combine(value, dt.time()), self.day)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            tab.write_number(line, place, value)
        elif value is not None:
            tab.write_string(line, place, str(value))
