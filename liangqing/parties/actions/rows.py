"""Parties, aliases and contacts as rows ready to land: sealed where they name a natural person, and indexed."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from liangqing.kit import bulk, sealing
from liangqing.parties.actions.finding import learn
from liangqing.parties.models import Party


def bytea(value: bytes) -> str:
    """Bytes as COPY reads them."""
    return "\\x" + value.hex()


def name_stored(name: str, kind: str) -> str:
    return sealing.seal(name) if kind == Party.Kind.PERSON else name


def name_index(name: str) -> str:
    return bytea(sealing.index(name))


def land_aliases(cursor: bulk.Cursor, found: Iterable[tuple[int, str, str]], imported: int) -> int:
    """Other spellings of names: (party id, kind, spelling). A spelling already known is left alone."""
    found = list(found)
    rows = [(party, name_stored(name, kind), name_index(name)) for party, kind, name in found]
    if not rows:
        return 0
    table = pa.table(
        {
            "party_id": pa.array([row[0] for row in rows], pa.int64()),
            "name_stored": pa.array([row[1] for row in rows], pa.string()),
            "name_index": pa.array([row[2] for row in rows], pa.string()),
        }
    )
    bulk.stage(cursor, "staged_alias", "party_id bigint, name_stored text, name_index bytea", table)
    cursor.execute(
        """INSERT INTO parties_alias (party_id, name_stored, name_index, imported)
           SELECT party_id, name_stored, name_index, %s FROM staged_alias
           ON CONFLICT (party_id, name_index) DO NOTHING""",
        [imported],
    )
    landed = int(cursor.rowcount)
    cursor.execute("DROP TABLE staged_alias")
    learn(cursor, ((party, name) for party, _kind, name in found))
    return landed
