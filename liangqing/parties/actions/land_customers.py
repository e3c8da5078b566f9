"""Land a file of customers: new ones, changed ones, their contacts; and take it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from liangqing.imports import problems
from liangqing.imports.alike import some_alike
from liangqing.imports.landing import Arrival, Importable, Landed
from liangqing.imports.models import Change, Import
from liangqing.kit import asked, bulk, sealing
from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal
from liangqing.kit.snapshot import read_into
from liangqing.parties.actions import leaving
from liangqing.parties.actions.finding import array, learn
from liangqing.parties.actions.land_contacts import contacts_of_new, land_contacts
from liangqing.parties.actions.rows import bytea, land_aliases, name_stored
from liangqing.parties.kinds import CUSTOMERS
from liangqing.parties.models import Party
from liangqing.parties.rules.identity import kind_of, well_formed
from liangqing.parties.rules.searching import Keys

problems.register(
    {
        "identity_invalid": _("“{detail}” is neither a valid USCC nor a valid resident ID. Check its digits."),
        "unknown_customer": _(
            "Customer “{detail}” is not known. Import the list of customers first, or add a column with the name."
        ),
        "duplicate_number": _(
            "The number “{detail}” stands in an earlier row with other content. Keep one of the two."
        ),
        "name_as_number": _("{count} customers have no number; their name is used as the number."),
        "new_customer": _("{count} customers come with this file for the first time."),
        "new_spelling": _("{count} other spellings of customers' names were learnt."),
    }
)

_PLAIN = ("customer_class", "terms_days", "area", "country", "language")
"""Columns kept as they are; an empty cell leaves what is there."""
_COLUMNS = ("kind", "name_stored", "name_index", "identity_stored", "identity_index", *_PLAIN)
_LANDED = ("id", "number", *_COLUMNS, "search", "imported")
_AT_ONCE = 50_000
"""Rows in memory at a time."""
_SEALED_AHEAD = 8
"""So many times ``_AT_ONCE`` contacts wait sealed, some ten megabytes each."""


@clause("P2 3.1.1")
def land(arrival: Arrival) -> Landed:
    """New customers, changed customers (the change is kept in the history), and ways to reach them.

    A changed name leaves the old one behind as an alias; so do further rows of a number that spell its name otherwise and
    say nothing else. Contacts are added, never taken away.
    """
    duck, cursor = arrival.staging.con, arrival.cursor
    arrival.read_on(None)  # sealing takes one processor, and leaves the other
    _find_fault(arrival)
    wanted = asked.among(duck, "typed", {"number": "number"})
    read_into(
        duck,
        {
            "stored": f"""SELECT id AS party_id, number, name_index AS had_index, kind AS had_kind FROM parties_party
                          WHERE NOT gone AND {wanted}"""
        },
    )
    duck.execute(
        f"""CREATE TABLE arriving AS
            SELECT t.*, s.party_id, s.had_index, s.had_kind, row_number() OVER (ORDER BY t.row) AS place
            FROM {arrival.staging.good()} t LEFT JOIN stored s ON s.number = t.number
            WHERE t.row NOT IN (SELECT row FROM spellings)"""
    ).fetchall()
    ((count, created),) = duck.execute("SELECT count(*), count(*) FILTER (party_id IS NULL) FROM arriving").fetchall()
    again = _come_again(arrival, wanted)
    updated: set[int] = set()

    sealed: Iterator[pa.RecordBatch]
    with ExitStack() as beside:

        def parties(fresh: bool) -> None:
            nonlocal sealed
            leaving.make_room(cursor, again)
            _land_new(arrival, created - len(again), fresh)
            if again:
                leaving.check_room(cursor)
            updated.update(_land_known(arrival))
            # Their contacts are sealed while the database builds indexes.
            sealed = beside.enter_context(bulk.ahead(contacts_of_new(arrival), most=_SEALED_AHEAD))

        def contacts(fresh: bool) -> None:
            updated.update(land_contacts(arrival, sealed, fresh))

        bulk.large_load(cursor, "parties_party", created, parties)
        bulk.large_load(cursor, "parties_contact", created, contacts)
    count += _learn_spellings(arrival)
    return Landed(created=created, updated=len(updated), unchanged=count - created - len(updated))


def _come_again(arrival: Arrival, wanted: str) -> list[int]:
    """Customers that had gone have their places in ``arriving``; returns these."""
    duck = arrival.staging.con
    before = leaving.places_of(arrival.cursor, wanted)
    places = {"id": pa.array(before.values(), pa.int64()), "number": pa.array(before, pa.string())}
    duck.register("places", pa.table(places))
    found = duck.execute("SELECT p.id FROM arriving a JOIN places p USING (number) WHERE a.party_id IS NULL").fetchall()
    duck.execute("UPDATE arriving SET party_id = p.id FROM places p WHERE p.number = arriving.number").fetchall()
    duck.unregister("places")
    return [party for (party,) in found]


def _find_spellings(arrival: Arrival) -> None:
    """Rows that say of the number of an earlier good row nothing but another name, into ``spellings(row, number, name)``.
    What else stands in a second row of a number is a problem of it."""
    duck = arrival.staging.con
    duck.execute("CREATE TABLE spellings (row BIGINT, number VARCHAR, name VARCHAR)").fetchall()
    if not some_alike(duck, "number", "typed"):
        return
    others = [field.name for field in CUSTOMERS.fields if field.name not in ("number", "name")]
    same = " AND ".join(f"(t.{name} IS NULL OR t.{name} IS NOT DISTINCT FROM f.{name})" for name in others)
    duck.execute(
        f"""CREATE TABLE repeated AS
            WITH firsts AS (SELECT number, min(row) AS row FROM typed WHERE number IS NOT NULL
                            GROUP BY number HAVING count(*) > 1)
            SELECT t.row, t.number, t.name,
                   t.name <> f.name AND {same} AND f.row NOT IN (SELECT row FROM problems) AS spelling
            FROM typed t JOIN firsts USING (number) JOIN typed f ON f.row = firsts.row WHERE t.row > firsts.row"""
    ).fetchall()
    duck.execute("INSERT INTO spellings SELECT row, number, name FROM repeated WHERE spelling").fetchall()
    arrival.staging.problem(
        "SELECT row, 'number', 'duplicate_number', number FROM repeated WHERE spelling IS DISTINCT FROM true"
    )
    duck.execute("DROP TABLE repeated").fetchall()


def _learn_spellings(arrival: Arrival) -> int:
    """The spellings of further rows become aliases, unless a name is compared alike; returns how many rows had one."""
    found = arrival.staging.con.execute(
        """SELECT a.party_id, s.name FROM spellings s JOIN arriving a USING (number)
           WHERE s.row NOT IN (SELECT row FROM problems) ORDER BY s.row"""
    ).fetchall()
    if not found:
        return 0
    parties = Party.objects.only("kind", "name_index").in_bulk({party for party, _name in found})
    others = {
        (party, sealing.index(name)): (party, parties[party].kind, name)
        for party, name in reversed(found)
        if sealing.index(name) != bytes(parties[party].name_index)
    }
    if learnt := land_aliases(arrival.cursor, others.values(), arrival.record.pk):
        arrival.staging.warn("new_spelling", learnt)
    return len(found)


def _find_fault(arrival: Arrival) -> None:
    _find_identity_faults(arrival)
    _find_spellings(arrival)


def _find_identity_faults(arrival: Arrival) -> None:
    if "identity" not in arrival.mapped:
        return
    wrong = [
        (row, identity)
        for row, identity, country in arrival.staging.con.execute(
            "SELECT row, identity, coalesce(upper(country), '') FROM typed WHERE identity IS NOT NULL"
        ).fetchall()
        if not well_formed(identity, country)
    ]
    if wrong:
        table = pa.table({"row": [row for row, _ in wrong], "detail": [identity for _, identity in wrong]})
        arrival.staging.con.register("wrong_identities", table)
        arrival.staging.problem("SELECT row, 'identity', 'identity_invalid', detail FROM wrong_identities")
        arrival.staging.con.unregister("wrong_identities")


def _columns(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The stored columns of each row; empty where the file says nothing."""
    return {
        "kind": [
            kind_of(given or had, name, identity)
            for given, had, name, identity in zip(
                rows["kind"], rows["had_kind"], rows["name"], rows["identity"], strict=True
            )
        ],
        "name": rows["name"],
        "identity": [(identity or "").upper() for identity in rows["identity"]],
        "customer_class": [value or "" for value in rows["customer_class"]],
        "terms_days": rows["terms_days"],
        "area": [(value or "")[:100] for value in rows["city"]],
        "country": [value.upper() if value and len(value) == 2 else "" for value in rows["country"]],
        "language": [(value or "")[:16] for value in rows["language"]],
    }


def _identity_stored(identity: str, kind: str) -> str:
    return sealing.seal(identity) if kind == Party.Kind.PERSON else identity


def _land_new(arrival: Arrival, count: int, fresh: bool) -> None:
    """Customers not known before, in the order of the file; their ids go into ``arriving``."""
    duck = arrival.staging.con
    ids = bulk.reserve(arrival.cursor, bulk.sequence_of("parties_party"), count)
    bulk.number_rows(duck, "party_ids", ids, "SELECT place FROM arriving WHERE party_id IS NULL", by="place")
    duck.execute("UPDATE arriving SET party_id = n.id FROM party_ids n WHERE n.place = arriving.place").fetchall()
    reader = duck.sql("SELECT * FROM arriving WHERE had_kind IS NULL ORDER BY place").to_arrow_reader(_AT_ONCE)
    keys = Keys()
    sealed = (_sealed(batch, arrival.record.pk, keys) for batch in reader)
    bulk.copy_in(arrival.cursor, "parties_party", sealed, _LANDED, fresh=fresh)


def _sealed(batch: pa.RecordBatch, imported: int, keys: Keys) -> pa.RecordBatch:
    rows = batch.to_pydict()
    columns = _columns(rows)
    kinds, names, identities = columns["kind"], columns["name"], columns["identity"]
    return pa.record_batch(
        {
            "id": pa.array(rows["party_id"], pa.int64()),
            "number": pa.array(rows["number"], pa.string()),
            "kind": pa.array(kinds, pa.string()),
            "name_stored": [name_stored(name, kind) for name, kind in zip(names, kinds, strict=True)],
            "name_index": [bytea(index) for index in sealing.index_all(names)],
            "identity_stored": [_identity_stored(number, kind) for number, kind in zip(identities, kinds, strict=True)],
            "identity_index": [bytea(index) for index in sealing.index_all(identities)],
            **{name: pa.array(columns[name], pa.int64() if name == "terms_days" else pa.string()) for name in _PLAIN},
            "search": [array(keys.of(number, (name,))) for number, name in zip(rows["number"], names, strict=True)],
            "imported": pa.array([imported] * len(names), pa.int64()),
        }
    )


def _land_known(arrival: Arrival) -> set[int]:
    """Rows about customers known before: what they say anew; each change goes into the history."""
    updated: set[int] = set()
    duck = arrival.staging.con
    ((last,),) = duck.execute("SELECT coalesce(max(place), 0) FROM arriving WHERE had_kind IS NOT NULL").fetchall()
    for first in range(1, last + 1, _AT_ONCE):
        rows = duck.sql(
            f"""SELECT * FROM arriving WHERE had_kind IS NOT NULL AND place >= {first} AND place < {first + _AT_ONCE}
                ORDER BY place"""
        ).to_arrow_table()
        updated |= _update(arrival, rows.to_pydict())
    return updated


def _update(arrival: Arrival, rows: dict[str, list[Any]]) -> set[int]:
    columns = _columns(rows)
    stored = Party.objects.defer("search").in_bulk(rows["party_id"])
    changes: list[Change] = []
    aliases: list[tuple[int, str, str]] = []
    renamed: list[tuple[int, str]] = []
    for place, number in enumerate(rows["party_id"]):
        party = stored[number]
        row = {name: values[place] for name, values in columns.items()}
        after: dict[str, Any] = {}
        if sealing.index(row["name"]) != bytes(party.name_index):
            aliases.append((party.pk, party.kind, party.name))
            renamed.append((party.pk, row["name"]))
            after |= {"name_stored": name_stored(row["name"], row["kind"])}
            after |= {"name_index": sealing.index(row["name"]).hex()}
        identity = row["identity"]
        if identity and sealing.index(identity) != bytes(party.identity_index):
            after |= {"identity_stored": _identity_stored(identity, row["kind"])}
            after |= {"identity_index": sealing.index(identity).hex()}
        if row["kind"] != party.kind:
            after |= {"kind": row["kind"], "name_stored": name_stored(row["name"], row["kind"])}
        for name in _PLAIN:
            if row[name] not in (None, "") and row[name] != getattr(party, name):
                after[name] = row[name]
        if after:
            before = {name: _as_json(getattr(party, name)) for name in after}
            changes.append(
                Change(imported=arrival.record, table="parties_party", row_id=party.pk, before=before, after=after)
            )
    land_aliases(arrival.cursor, aliases, arrival.record.pk)
    _write(arrival.cursor, [(change.row_id, change.after) for change in changes])
    learn(arrival.cursor, renamed)
    Change.objects.bulk_create(changes, batch_size=5000)
    return {change.row_id for change in changes}


def _as_json(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _write(cursor: Any, changes: list[tuple[int, dict[str, Any]]]) -> None:
    """Set each row's columns to what the JSON says; columns it does not name stay."""
    if not changes:
        return
    staged = pa.table(
        {
            "party_id": pa.array([party for party, _ in changes], pa.int64()),
            "after": [json.dumps(after, ensure_ascii=False) for _, after in changes],
        }
    )
    bulk.stage(cursor, "staged_change", "party_id bigint, after jsonb", staged)
    texts = [name for name in _COLUMNS if name not in ("terms_days", "name_index", "identity_index")]
    sets = [f"{name} = coalesce(c.after->>'{name}', p.{name})" for name in texts]
    sets += [
        f"{name} = coalesce(decode(c.after->>'{name}', 'hex'), p.{name})" for name in ("name_index", "identity_index")
    ]
    sets += ["terms_days = CASE WHEN c.after ? 'terms_days' THEN (c.after->>'terms_days')::int ELSE p.terms_days END"]
    cursor.execute(f"UPDATE parties_party p SET {', '.join(sets)} FROM staged_change c WHERE c.party_id = p.id")
    cursor.execute("DROP TABLE staged_change")


def undo(record: Import, cursor: Any) -> dict[str, dict[str, str]]:
    """Take the customers of an import back. Raises ``Refusal`` when bills, cases or later imports rest on them; what has
    itself been undone does not count."""
    changed = list(Change.objects.filter(imported=record, table="parties_party"))
    touched = [change.row_id for change in changed]
    later = Import.objects.filter(pk__gt=record.pk, status=Import.Status.LANDED)
    if Change.objects.filter(table="parties_party", row_id__in=touched, imported__in=later).exists():
        raise Refusal("changed_since", _("A later import changed the same rows. Undo that one first."))
    own = list(Party.objects.filter(imported=record.pk).values_list("id", flat=True))
    if leaving.depended_on(cursor, own, leaving.undone_with(record)):
        raise Refusal(
            "import_in_use",
            _(
                "Bills, payments or cases belong to customers of this import. Undo the imports that brought those first."
            ),
        )
    _write(cursor, [(change.row_id, change.before) for change in changed])
    leaving.forget_said(record, touched)
    leaving.take_away(cursor, own)
    return {}


IMPORTABLE = Importable(kind=CUSTOMERS, land=land, undo=undo)
