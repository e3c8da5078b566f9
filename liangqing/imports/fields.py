"""What a higher room declares so that its files can be read: kinds of file, and the fields of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise


class FieldType(Enum):
    """How the cells of a column are understood."""

    TEXT = "text"
    IDENTIFIER = "identifier"
    DATE = "date"
    AMOUNT = "amount"
    CURRENCY = "currency"
    INTEGER = "integer"
    CHOICE = "choice"


@dataclass(frozen=True)
class Field:
    """One thing a row says. ``synonyms`` are header spellings, the best first."""

    name: str
    label: str | Promise
    type: FieldType
    synonyms: tuple[str, ...]
    required: bool = False
    choices: Mapping[str, tuple[str, ...]] | None = None  # of a CHOICE: canonical value -> spellings


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    The kind is possible only when every required field, and of each group in ``needs`` at least one field, has a
    column. ``excludes`` names headers, or fields of other kinds, whose presence speaks against this kind.
    """

    name: str
    label: str | Promise
    fields: tuple[Field, ...]
    needs: tuple[tuple[str, ...], ...] = ()
    excludes: tuple[str, ...] = ()
    beside: tuple[str, ...] | None = None
    """Headers of dates and amounts that such files often have beside what is read of them. Where they are named, a column
    of dates or amounts under any other header that is not known speaks against this kind; None: it says nothing."""

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(field for field in self.fields if field.name == name)

    def of_type(self, wanted: FieldType) -> tuple[Field, ...]:
        """The fields understood in one way."""
        return tuple(field for field in self.fields if field.type is wanted)
