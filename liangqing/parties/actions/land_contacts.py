"""Land the ways to reach customers that a file names: sealed, indexed, never twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from liangqing.imports.landing import Arrival
from liangqing.kit import bulk, sealing
from liangqing.parties.actions.rows import bytea
from liangqing.parties.rules.ways import same

_COLUMNS = ("party_id", "kind", "role", "person_stored", "value_stored", "value_index", "validity", "imported")
_AT_ONCE = 50_000

# What the file says, one row a way. A phone needs five digits and an e-mail address an @ to be more than a doubt.
_SAID = r"""
    WITH said AS (
        SELECT party_id, had_kind, 'phone' AS kind, contact,
               unnest(regexp_split_to_array(phone, '[;；、,，]|\s/\s')) AS value FROM arriving WHERE phone <> ''
        UNION ALL
        SELECT party_id, had_kind, 'email', contact, unnest(regexp_split_to_array(email, '[;；、,，]')) FROM arriving
        WHERE email <> ''
        UNION ALL
        SELECT party_id, had_kind, 'address', contact, concat_ws(' ', street, postcode, city, country) FROM arriving
        WHERE street <> '')
    SELECT party_id, kind, coalesce(contact, '') AS person, trim(value) AS value,
           CASE kind WHEN 'email' THEN regexp_full_match(trim(value), '[^@\s]+@[^@\s]+\.[^@\s]+')
                     WHEN 'phone' THEN length(regexp_replace(value, '[^0-9]', '', 'g')) >= 5 ELSE true END AS sound
    FROM said WHERE trim(value) <> '' AND {who} ORDER BY party_id"""


def contacts_of_new(arrival: Arrival) -> Iterator[pa.RecordBatch]:
    """The ways to reach new customers that the DuckDB table ``arriving`` names (party_id, had_kind NULL for a new customer,
    phone, email, street, postcode, city, country, contact), ready to land."""
    found = arrival.staging.con.sql(_SAID.format(who="had_kind IS NULL")).to_arrow_reader(_AT_ONCE)
    yield from _sealed(found, arrival.record.pk)


def land_contacts(arrival: Arrival, of_new: Iterable[pa.RecordBatch], fresh: bool) -> set[int]:
    """Land those ``of_new`` customers, and what ``arriving`` says of known ones. ``fresh`` tells that the table of contacts
    is new.

    Returns the known customers who got a way that was not known.
    """
    duck, cursor, imported = arrival.staging.con, arrival.cursor, arrival.record.pk
    bulk.copy_in(cursor, "parties_contact", of_new, _COLUMNS, fresh=fresh)
    known = duck.sql(_SAID.format(who="had_kind IS NOT NULL")).to_arrow_reader(_AT_ONCE)
    cursor.execute(
        """CREATE TEMPORARY TABLE staged_contact (party_id bigint, kind text, role text, person_stored text,
               value_stored text, value_index bytea, validity text, imported bigint) ON COMMIT DROP"""
    )
    if not bulk.copy_in(cursor, "staged_contact", _sealed(known, imported), _COLUMNS):
        return set()
    names = ", ".join(_COLUMNS)
    cursor.execute(
        f"""INSERT INTO parties_contact ({names})
            SELECT {names} FROM staged_contact s WHERE NOT EXISTS (
                SELECT 1 FROM parties_contact c WHERE c.party_id = s.party_id AND c.kind = s.kind
                                                  AND c.value_index = s.value_index)
            RETURNING party_id"""
    )
    return {party for (party,) in cursor.fetchall()}


def _sealed(batches: pa.RecordBatchReader, imported: int) -> Iterator[pa.RecordBatch]:
    """Batches ready to land. The database works on one while the next is being sealed."""
    last, seen = None, set[tuple[str, bytes]]()
    for batch in batches:
        columns = batch.to_pydict()
        spelled = map(same, columns["kind"], columns["value"])
        kept, indexes = [], []
        for place, (party, kind, index) in enumerate(
            zip(columns["party_id"], columns["kind"], sealing.index_all(spelled), strict=True)
        ):
            if party != last:
                last, seen = party, set()
            if (kind, index) not in seen:
                seen.add((kind, index))
                kept.append(place)
                indexes.append(bytea(index))
        once = batch.take(pa.array(kept, pa.int64()))
        yield pa.record_batch(
            {
                "party_id": once["party_id"],
                "kind": once["kind"],
                "role": pa.array(["self"] * len(kept), pa.string()),
                "person_stored": pa.array(sealing.seal_all(once["person"].to_pylist()), pa.string()),
                "value_stored": pa.array(sealing.seal_all(once["value"].to_pylist()), pa.string()),
                "value_index": pa.array(indexes, pa.string()),
                "validity": pc.if_else(once["sound"], "unknown", "invalid"),
                "imported": pa.array([imported] * len(kept), pa.int64()),
            }
        )
