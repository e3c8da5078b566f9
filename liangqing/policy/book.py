"""The policy book: versions of the policy, each in force from a day until the next begins.

The first is the preset this product ships; the others were approved by the institution. A version may set values for
some accounts only (``scope``), and may be tried on a share of the customers, with the rest as control (``draw``). Both
make *variants*: a policy as it counts for one kind of account. Everybody else is decided by the policy itself.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.policy.content import (
    PRESET,
    Content,
    complete,
    digest,
    problems,
    resolved_cells,
    shipped,
    tables_at,
    terms_of,
)
from liangqing.policy.draw import lot, lot_over
from liangqing.policy.models import Version
from liangqing.policy.scope import DIMENSIONS, Cell, cells
from liangqing.policy.tables import Row, Table, TableError
from liangqing.policy.terms import Terms

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class Rollout:
    """A version that is tried on ``share`` percent of the customers, drawn with ``seed``; the rest stay with before."""

    share: int
    seed: int


@dataclass(frozen=True)
class Variant:
    """The policy for the accounts of a cell, and of an arm where a share is drawn (None: there is no drawing)."""

    cell: Cell
    drawn: bool | None
    policy: Policy


@dataclass(frozen=True)
class Policy:
    """One version: its terms and tables, in force from ``from_on``. ``digest`` names its exact content."""

    version: str
    from_on: dt.date
    terms: Terms
    tables: Mapping[str, Table]
    digest: str
    rollout: Rollout | None = None
    variants: tuple[Variant, ...] = ()

    @property
    def stamp(self) -> str:
        """What every decision made under this version remembers of it."""
        return f"{self.version}/{self.digest}"

    # the portfolio -------------------------------------------------------------------------------------------------

    def variant_over(self, accounts: ir.Table) -> ir.IntegerValue:
        """Which variant decides each row: 0 the policy itself, n the n-th of ``variants``.

        In: party_id, and line, place, debtor (see ``scope``) where there are variants at all.
        """
        import ibis

        if not self.variants:
            return ibis.literal(0, type="int16")
        named = self._named()
        branches = []
        for number, variant in enumerate(self.variants, start=1):
            tests = []
            for dimension, value in variant.cell.at:
                column = ibis.coalesce(accounts[dimension], "")
                tests.append(~column.isin(named[dimension]) if value is None else column == value)
            if variant.drawn is not None and self.rollout is not None:
                drawn = lot_over(accounts.party_id, self.rollout.seed) < self.rollout.share
                tests.append(drawn if variant.drawn else ~drawn)
            branches.append((ibis.and_(*tests), number))
        return ibis.cases(*branches, else_=0).cast("int16")

    def each(self, table: ir.Table, decide: Callable[[Policy], ir.Value]) -> ir.Value:
        """A decision over rows with a column ``variant``: what ``decide`` says under the policy of each."""
        import ibis

        if not self.variants:
            return decide(self)
        branches = [
            (table.variant == number, decide(each.policy)) for number, each in enumerate(self.variants, start=1)
        ]
        return ibis.cases(*branches, else_=decide(self))

    def stamp_over(self, table: ir.Table) -> ir.StringValue:
        """The stamp each row's decision remembers; those who are control were decided by the version before."""
        import ibis

        return self.each(table, lambda rules: ibis.literal(rules.stamp))

    # one account ---------------------------------------------------------------------------------------------------

    def of(self, party_id: int, *, line: str = "", place: str = "", debtor: str = "") -> Policy:
        """The policy as it counts for one account."""
        here, named = {"line": line, "place": place, "debtor": debtor}, self._named()
        for variant in self.variants:
            if not self._arm_fits(variant, party_id):
                continue
            if all(
                here[dimension] not in named[dimension] if value is None else here[dimension] == value
                for dimension, value in variant.cell.at
            ):
                return variant.policy
        return self

    def variant(self, number: int) -> Policy:
        """The policy that a row of the night with this ``variant`` was decided by."""
        return self if number == 0 else self.variants[number - 1].policy

    def _arm_fits(self, variant: Variant, party_id: int) -> bool:
        if variant.drawn is None or self.rollout is None:
            return True
        return variant.drawn == (lot(party_id, self.rollout.seed) < self.rollout.share)

    def _named(self) -> dict[str, list[str]]:
        return {
            dimension: sorted(
                {value for each in self.variants for name, value in each.cell.at if name == dimension and value}
            )
            for dimension in DIMENSIONS
        }


def build(
    content: Content,
    *,
    version: str,
    from_on: dt.date,
    rollout: Rollout | None = None,
    control: Content | None = None,
    control_version: str = "",
) -> Policy:
    """A policy from its content; with ``rollout``, those not drawn are decided by ``control``.

    Raises ``TableError`` (a ``ValueError``) for content with problems.
    """
    if wrong := [problem for problem in problems(content) if not problem.note]:
        first = wrong[0]
        raise TableError(f"{first.where}: {first.code} {first.at} {first.fault or ''}".strip())
    plain = _resolve(content, Cell(()), version, from_on)
    if rollout is None or control is None:
        here = [Variant(cell, None, _resolve(content, cell, version, from_on)) for cell in resolved_cells(content)]
        variants = tuple(each for each in here if not each.cell.plain)
    else:
        both = cells(
            [scope for given in (content, control) for term in terms_of(given).values() for scope in term.scopes]
        )
        arms = ((True, content, version), (False, control, control_version))
        variants = tuple(
            Variant(cell, drawn, _resolve(given, cell, name, from_on)) for drawn, given, name in arms for cell in both
        )
    return Policy(version, from_on, plain.terms, plain.tables, plain.digest, rollout, variants)


def _resolve(content: Content, cell: Cell, version: str, from_on: dt.date) -> Policy:
    terms = Terms(terms_of(content), cell)
    return Policy(version, from_on, terms, tables_at(content, terms), digest(complete(content)))


# which one ---------------------------------------------------------------------------------------------------------


def read(text: str) -> Policy:
    """A policy from its YAML. Raises ``TableError`` (a ``ValueError``) for content with problems."""
    given = yaml.safe_load(text)
    return build(given, version=str(given["version"]), from_on=given["from"])


@functools.cache
def preset() -> Policy:
    """What an institution starts from."""
    return read(PRESET.read_text("utf-8"))


@functools.cache
def preset_content() -> dict[str, dict[str, Any]]:
    return complete(shipped())


def in_force(on: dt.date) -> Policy:
    """The policy in force on a day. Raises ``Refusal`` for a day before the first version."""
    for policy in reversed(_book(on)):
        if policy.from_on <= on:
            return policy
    raise Refusal(
        "no_policy",
        _("No policy was in force on {on}. The first version begins on {first}; choose a later day."),
        on=on,
        first=preset().from_on,
    )


def row_of(stamp: str, table: str, row: str) -> Row:
    """The row that made a decision, as it read in the version the decision was made under.

    Where that version or row is not known (books taken over from elsewhere), a row that says no more than its name.
    """
    version = stamp.partition("/")[0]
    key = (_database(), version)
    if (found := _made.get(key)) is None and (found := policy_of(version)) is not None:
        _made[key] = found
    known = found.tables[table].find(row) if found else None
    return known or Row(row, {}, {}, {"zh": row, "en": row})


def policy_of(version: str) -> Policy | None:
    """A version by its name, whatever became of it; None when there is no such version."""
    if version == preset().version:
        return preset()
    number = version.removeprefix("v")
    if not number.isdigit():
        return None
    row = Version.objects.filter(number=int(number)).first()
    return compiled(row) if row else None


def compiled(row: Version) -> Policy:
    """A stored version as policy. Raises ``TableError`` for a draft with problems."""
    key = (row.name, row.revision, row.digest, row.from_on, row.share, row.seed, row.base_id)
    found = _compiled.get(key)
    if found is None:
        control = row.base.content if row.base else preset_content()
        rollout = Rollout(row.share, row.seed) if row.share < 100 else None
        found = build(
            row.content,
            version=row.name,
            from_on=row.from_on,
            rollout=rollout,
            control=control if rollout else None,
            control_version=row.base.name if row.base else preset().version,
        )
        if len(_compiled) > 200:
            _compiled.clear()
        _compiled[key] = found
    return found


_compiled: dict[Any, Policy] = {}
_known: dict[str, Any] = {}
_made: dict[tuple[str, str], Policy] = {}
"""Versions that decided something: they never change."""


def _book(on: dt.date) -> tuple[Policy, ...]:
    """The preset and the approved versions, by day.

    A version begins after the day it is approved on, so what is in force up to today can't change before tomorrow: for
    such a day the book is read once a day and process.
    """
    today = clock.today()
    key = (today, Version.objects.db, _database())
    if on <= today and _known.get("key") == key:
        return _known["book"]  # type: ignore[no-any-return]
    rows = Version.objects.filter(state=Version.State.APPROVED).select_related("base").order_by("from_on", "number")
    book = (preset(), *(compiled(row) for row in rows))
    if on <= today:
        _known.update(key=key, book=book)
    return book


def _database() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


def forget() -> None:
    """Let the next question read the book anew: a version was approved or withdrawn here."""
    _known.clear()
    _made.clear()
