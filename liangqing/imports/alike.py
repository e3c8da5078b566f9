"""Whether rows repeat each other, asked of their hashes: nearly always no, and then nothing more is asked."""

from __future__ import annotations

import duckdb
import numpy as np


def some_alike(connection: duckdb.DuckDBPyConnection, columns: str, source: str) -> bool:
    """Whether two rows of ``source`` have equal hashes of these columns. False means that no two rows agree in them; True
    that some may. Sorting eight bytes a row costs a quarter of grouping them.

    >>> connection = duckdb.connect()
    >>> _ = connection.execute("CREATE TABLE rows AS SELECT * FROM (VALUES (1, 'a'), (1, 'b')) t (x, y)")
    >>> some_alike(connection, "x, y", "rows"), some_alike(connection, "x", "rows")
    (False, True)
    """
    found = connection.execute(f"SELECT hash({columns}) AS code FROM {source}").fetchnumpy()
    codes = np.sort(np.asarray(found["code"]))
    return bool((codes[1:] == codes[:-1]).any())
