"""Keep customers findable: the keys of their names and numbers, wherever a name is born or changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from django.db import connection

from liangqing.kit import bulk, sealing
from liangqing.parties.rules.searching import Keys

_AT_ONCE = 20_000


def array(keys: Iterable[str]) -> str:
    """Keys as COPY reads them."""
    return "{" + ",".join(keys) + "}"


def learn(cursor: bulk.Cursor, names: Iterable[tuple[int, str]]) -> None:
    """Add the keys of further names: (party id, name). Those of former names stay, since they are aliases now.

    What a duplicate is called goes to the customer it is.
    """
    keys = Keys()
    by_party: dict[int, set[str]] = {}
    for party, name in names:
        by_party.setdefault(party, set()).update(keys.of_names((name,)))
    if not by_party:
        return
    table = pa.table(
        {"party_id": pa.array(by_party, pa.int64()), "keys": pa.array(map(array, by_party.values()), pa.string())}
    )
    bulk.stage(cursor, "staged_keys", "party_id bigint, keys integer[]", table)
    cursor.execute(
        """UPDATE parties_party p SET search = ARRAY(SELECT unnest(p.search) UNION SELECT unnest(k.keys))
           FROM (SELECT coalesce(m.merged_into_id, m.id) AS party_id, array_agg(key) AS keys
                 FROM staged_keys s JOIN parties_party m ON m.id = s.party_id, unnest(s.keys) AS key GROUP BY 1) k
           WHERE p.id = k.party_id AND NOT p.search @> k.keys"""
    )
    cursor.execute("DROP TABLE staged_keys")


def refresh(model: Any, parties: Iterable[int] | None = None) -> None:
    """Make the keys of these customers (all, when not named) anew from what they are called now.

    A customer has the keys of its duplicates; a duplicate has none and is found through it. ``model`` is ``Party`` as
    it stands, or as a migration knows it.
    """
    ids = list(model.objects.values_list("id", flat=True)) if parties is None else sorted(set(parties))
    keys = Keys()
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        with connection.cursor() as cursor:
            cursor.execute(
                """WITH member AS (SELECT coalesce(merged_into_id, id) AS party_id, id, number, name_stored
                                   FROM parties_party WHERE id = ANY(%(some)s) OR merged_into_id = ANY(%(some)s))
                   SELECT party_id, number, name_stored FROM member
                   UNION ALL SELECT m.party_id, '', a.name_stored FROM member m JOIN parties_alias a ON a.party_id = m.id""",
                {"some": some},
            )
            found: dict[int, set[str]] = {party: set() for party in some}
            for party, number, stored in cursor.fetchall():
                if party in found:
                    found[party] |= keys.of(number, (sealing.unseal(stored),))
            cursor.execute("SELECT id FROM parties_party WHERE id = ANY(%s) AND merged_into_id IS NOT NULL", [some])
            found |= {party: set() for (party,) in cursor.fetchall()}
            cursor.execute(
                """UPDATE parties_party p SET search = k.keys::integer[]
                   FROM unnest(%s::bigint[], %s::text[]) AS k (party_id, keys) WHERE p.id = k.party_id""",
                [list(found), [array(keys_of) for keys_of in found.values()]],
            )
