"""Drawing a share of the customers by lot, the same ones each time: for trying a change on some before it is for all.

The lot of a customer depends on its id and the seed alone, so it is stable, and the same in Python, DuckDB and any other
engine: whole numbers below 2^62, multiplied and divided with remainder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

_PRIME = 2_147_483_647  # 2^31 - 1: the square of a remainder fits into 62 bits


LOT_SQL = (
    "(((({party} %% 2147483647 * 48271 + %(seed)s) %% 2147483647) * (({party} %% 2147483647 * 48271 + %(seed)s) "
    "%% 2147483647) + 12345 + %(seed)s) %% 2147483647 * (((({party} %% 2147483647 * 48271 + %(seed)s) %% 2147483647) "
    "* (({party} %% 2147483647 * 48271 + %(seed)s) %% 2147483647) + 12345 + %(seed)s) %% 2147483647) + {party}) "
    "%% 2147483647 %% 100"
)
"""The same in SQL, for a parameter ``seed``; ``{party}`` is a bigint column."""


def lot(party_id: int, seed: int) -> int:
    """0 to 99; a customer is drawn when it is below the share in percent."""
    first = (party_id % _PRIME * 48_271 + seed) % _PRIME
    second = (first * first + 12_345 + seed) % _PRIME
    return (second * second + party_id) % _PRIME % 100


def lot_over(party_id: ir.IntegerColumn, seed: int) -> ir.IntegerValue:
    """The same for a column."""
    given = party_id.cast("int64")
    first = (given % _PRIME * 48_271 + seed) % _PRIME
    second = (first * first + 12_345 + seed) % _PRIME
    return (second * second + given) % _PRIME % 100
