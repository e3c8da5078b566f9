"""Find the customers a ledger speaks of; make the acquaintance of those it names for the first time.

The customer number is the identity. A name met under a number for the first time becomes a known alias. A ledger that
has names but no numbers is matched by name, and a customer it brings is numbered by its name.

Who is met for the first time has an id at once, by which rows are checked; ``welcome`` stores only those of whom a row
lands.
"""

from __future__ import annotations

import pyarrow as pa

from liangqing.imports.landing import Arrival
from liangqing.imports.staging import Staging
from liangqing.kit import asked, bulk, sealing
from liangqing.kit.actions import clause
from liangqing.kit.snapshot import read_into
from liangqing.parties.actions import leaving
from liangqing.parties.actions.finding import array
from liangqing.parties.actions.rows import land_aliases, name_index, name_stored
from liangqing.parties.rules.identity import kind_of
from liangqing.parties.rules.searching import Keys

_LONGEST_NUMBER = 64


@clause("P2 3.1.1")
def meet(arrival: Arrival) -> None:
    """Make the table ``met(number, party_id)``; ``typed.customer`` holds a number afterwards wherever one is known.

    Adds the problem ``unknown_customer`` to rows whose customer is neither known nor named. ``welcome`` comes after it, when
    every row has been checked.
    """
    duck = arrival.staging.con
    if "customer" not in arrival.mapped and "customer_name" in arrival.mapped:
        _number_by_name(arrival)
    wanted = asked.among(duck, "typed", {"number": "customer"})
    read_into(
        duck,
        {
            "known_parties": f"""SELECT id AS party_id, number, kind, name_index, terms_days FROM parties_party
                                 WHERE NOT gone AND {wanted}"""
        },
    )
    named = "customer_name" in arrival.mapped
    if named:
        _number_new(arrival)
    know(arrival.staging)


def welcome(arrival: Arrival) -> None:
    """Store the customers met for the first time, and the spellings of names, that the good rows speak of."""
    if "customer_name" not in arrival.mapped:
        return
    duck = arrival.staging.con
    duck.execute(
        """CREATE TABLE spelled AS SELECT customer, customer_name, min(row) AS row FROM spoken
           WHERE customer_name <> '' AND row NOT IN (SELECT row FROM problems) GROUP BY ALL"""
    ).fetchall()
    _bring_new(arrival)
    _learn_spellings(arrival)


def know(staging: Staging) -> None:
    """``met(number, party_id)`` from ``known_parties``, and the problem ``unknown_customer``."""
    staging.con.execute("CREATE TABLE met AS SELECT number, party_id FROM known_parties").fetchall()
    staging.problem(
        """SELECT t.row, 'customer', 'unknown_customer', t.customer FROM typed t
           WHERE t.customer IS NOT NULL AND NOT EXISTS (SELECT 1 FROM met m WHERE m.number = t.customer)"""
    )


def fingerprint(cursor: bulk.Cursor) -> tuple[int, int]:
    """Which customer bears which number: equal while none is added, taken away or numbered anew."""
    cursor.execute(
        "SELECT count(*), coalesce(sum(hashtextextended(number, id)), 0)::text FROM parties_party WHERE NOT gone"
    )
    count, codes = cursor.fetchone()
    return int(count), int(codes)


def _number_by_name(arrival: Arrival) -> None:
    """Put a number where the file has only a name: that of the one known customer so called, else the name itself."""
    duck = arrival.staging.con
    names = [
        name
        for (name,) in duck.execute("SELECT DISTINCT customer_name FROM typed WHERE customer_name <> ''").fetchall()
    ]
    known: dict[bytes, set[str]] = {}
    wanted = asked.one_of("name_index", sealing.index_all(names)) if len(names) <= asked.FEW else asked.ALL
    arrival.cursor.execute(
        f"""WITH called AS (SELECT id, name_index FROM parties_party WHERE {wanted}
                           UNION SELECT party_id, name_index FROM parties_alias WHERE {wanted})
           SELECT DISTINCT c.name_index, coalesce(k.number, p.number) FROM called c
           JOIN parties_party p ON p.id = c.id LEFT JOIN parties_party k ON k.id = p.merged_into_id"""
    )
    for index, number in arrival.cursor.fetchall():
        known.setdefault(bytes(index), set()).add(number)
    numbers, fresh = [], 0
    for name in names:
        found = known.get(sealing.index(name), set())
        numbers.append(next(iter(found)) if len(found) == 1 else name[:_LONGEST_NUMBER])
        fresh += not found
    duck.register("by_name", pa.table({"name": pa.array(names, pa.string()), "number": pa.array(numbers, pa.string())}))
    duck.execute(
        "UPDATE typed_rows SET customer = b.number FROM by_name b WHERE b.name = typed_rows.customer_name"
    ).fetchall()
    duck.unregister("by_name")
    if fresh:
        arrival.staging.warn("name_as_number", fresh)


def _number_new(arrival: Arrival) -> None:
    """Ids for customers met for the first time: the place of one that had gone, else a new one. Leaves ``spoken``, of whom
    each row speaks and what it calls them, and ``newcomers``."""
    duck = arrival.staging.con
    duck.execute(
        "CREATE TABLE spoken AS SELECT row, customer, customer_name FROM typed WHERE customer IS NOT NULL"
    ).fetchall()
    fresh = duck.execute(
        """SELECT customer FROM spoken WHERE customer_name <> '' AND row NOT IN (SELECT row FROM problems)
             AND NOT EXISTS (SELECT 1 FROM known_parties k WHERE k.number = customer)
           GROUP BY customer ORDER BY min(row)"""
    ).fetchall()
    numbers = [number for (number,) in fresh]
    before = leaving.places_of(arrival.cursor, asked.one_of("number", numbers))
    ids = iter(bulk.reserve(arrival.cursor, bulk.sequence_of("parties_party"), len(numbers) - len(before)))
    places = [before.get(number) or next(ids) for number in numbers]
    comers = pa.table({"party_id": pa.array(places, pa.int64()), "number": pa.array(numbers, pa.string())})
    duck.register("comers", comers)
    duck.execute("CREATE TABLE newcomers AS SELECT * FROM comers").fetchall()
    duck.execute("INSERT INTO known_parties SELECT party_id, number, NULL, NULL, NULL FROM comers").fetchall()
    duck.unregister("comers")


def _bring_new(arrival: Arrival) -> None:
    """Customers met for the first time, under the first spelling of their name in a row that lands; else in any."""
    duck = arrival.staging.con
    found = duck.execute(
        """SELECT n.party_id, n.number,
                  coalesce(arg_min(s.customer_name, s.row) FILTER (s.customer_name <> '' AND p.row IS NULL),
                           arg_min(s.customer_name, s.row) FILTER (s.customer_name <> ''))
           FROM newcomers n JOIN spoken s ON s.customer = n.number LEFT JOIN (SELECT DISTINCT row FROM problems) p USING (row)
           GROUP BY ALL HAVING bool_or(p.row IS NULL) ORDER BY min(s.row)"""
    ).fetchall()
    if not found:
        return
    ids, fresh = [row[0] for row in found], [row[1:] for row in found]
    leaving.make_room(arrival.cursor, ids)
    kinds = [kind_of(None, name, None) for _number, name in fresh]
    keys = Keys()
    parties = pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "number": [number for number, _name in fresh],
            "kind": kinds,
            "name_stored": [name_stored(name, kind) for (_number, name), kind in zip(fresh, kinds, strict=True)],
            "name_index": [name_index(name) for _number, name in fresh],
            "identity_stored": [""] * len(fresh),
            "identity_index": ["\\x"] * len(fresh),
            "customer_class": [""] * len(fresh),
            "area": [""] * len(fresh),
            "country": [""] * len(fresh),
            "language": [""] * len(fresh),
            "search": [array(keys.of(number, (name,))) for number, name in fresh],
            "imported": [arrival.record.pk] * len(fresh),
        }
    )
    bulk.copy_in(arrival.cursor, "parties_party", parties)
    duck.register("fresh_parties", parties)
    duck.execute(
        """UPDATE known_parties SET kind = f.kind, name_index = from_hex(f.name_index[3:])
           FROM fresh_parties f WHERE f.id = known_parties.party_id"""
    ).fetchall()
    duck.unregister("fresh_parties")
    arrival.staging.warn("new_customer", len(fresh))


def _learn_spellings(arrival: Arrival) -> None:
    pairs = arrival.staging.con.execute(
        """SELECT k.party_id, k.kind, k.name_index, s.customer_name
           FROM spelled s JOIN known_parties k ON k.number = s.customer"""
    ).fetchall()
    others = sorted({(party, kind, name) for party, kind, index, name in pairs if sealing.index(name) != bytes(index)})
    if learnt := land_aliases(arrival.cursor, others, arrival.record.pk):
        arrival.staging.warn("new_spelling", learnt)
