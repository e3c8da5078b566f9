"""Land a file of customers: new ones, changed ones, their contacts; and take it back."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from liangqing.imports import problems
from liangqing.imports.landing import Arrival, Importable, Landed
from liangqing.imports.models import Change, Import
from liangqing.kit import bulk, sealing
from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal
from liangqing.kit.snapshot import read_into
from liangqing.parties.actions.rows import bytea, land_aliases, name_index, name_stored, parts, validity
from liangqing.parties.kinds import CUSTOMERS
from liangqing.parties.models import Alias, Contact, Party
from liangqing.parties.rules.identity import kind_of, well_formed

problems.register(
    {
        "identity_invalid": _("“{detail}” is neither a valid USCC nor a valid resident ID. Check its digits."),
        "unknown_customer": _(
            "Customer “{detail}” is not known. Import the list of customers first, or add a column with the name."
        ),
        "duplicate_number": _("The number “{detail}” stands in an earlier row with other content. Keep one of the two."),
        "name_as_number": _("{count} customers have no number; their name is used as the number."),
        "new_customer": _("{count} customers were not known and were added."),
        "new_spelling": _("{count} other spellings of customers' names were learnt."),
    }
)

_PLAIN = ("customer_class", "terms_days", "area", "country", "language")
"""Columns kept as they are; an empty cell leaves what is there."""
_AT_ONCE = 100_000
"""Rows in memory at a time."""
_COLUMNS = ("kind", "name_stored", "name_index", "identity_stored", "identity_index", *_PLAIN)


@clause("P2 3.1.1")
def land(arrival: Arrival) -> Landed:
    """New customers, changed customers (the change is kept in the history), and ways to reach them.

    A changed name leaves the old one behind as an alias. Contacts are added, never taken away.
    """
    duck = arrival.staging.con
    _find_fault(arrival)
    read_into(
        duck,
        {
            "stored": "SELECT id AS party_id, number, name_index AS had_index, kind AS had_kind FROM parties_party",
            "stored_contacts": "SELECT party_id, kind, '\\x' || encode(value_index, 'hex') AS value_index FROM parties_contact",
        },
    )
    duck.execute(
        f"""CREATE TABLE arriving AS
            SELECT t.*, s.party_id, s.had_index, s.had_kind, row_number() OVER (ORDER BY t.row) - 1 AS place
            FROM {arrival.staging.good()} t LEFT JOIN stored s ON s.number = t.number"""
    ).fetchall()
    ((count,),) = duck.execute("SELECT count(*) FROM arriving").fetchall()
    created = updated = 0
    ((new,),) = duck.execute("SELECT count(*) FROM arriving WHERE party_id IS NULL").fetchall()
    with (
        bulk.large_load(arrival.cursor, "parties_party", new),
        bulk.large_load(arrival.cursor, "parties_contact", new),
    ):
        for first in range(0, count, _AT_ONCE):
            chunk = duck.sql(
                f"SELECT * FROM arriving WHERE place >= {first} AND place < {first + _AT_ONCE} ORDER BY place"
            )
            new, changed = _land_some(arrival, chunk.to_arrow_table().to_pydict())
            created, updated = created + new, updated + changed
    return Landed(created=created, updated=updated, unchanged=count - created - updated)


def _land_some(arrival: Arrival, rows: dict[str, list[Any]]) -> tuple[int, int]:
    """Land a part of the rows; returns how many are new and how many of the known ones changed."""
    columns = _columns(rows)
    known = rows["party_id"]
    fresh = [place for place, party in enumerate(known) if party is None]
    ids = bulk.reserve(arrival.cursor, bulk.sequence_of("parties_party"), len(fresh))
    for place, number in zip(fresh, ids, strict=True):
        known[place] = number
    _insert(arrival, fresh, rows, columns)
    updated = _update(arrival, sorted(set(range(len(known))) - set(fresh)), rows, columns)
    updated |= _land_contacts(arrival, rows, known) - set(ids)
    return len(fresh), len(updated)


def _find_fault(arrival: Arrival) -> None:
    arrival.staging.problem(
        """SELECT row, 'number', 'duplicate_number', number FROM
           (SELECT row, number, row_number() OVER (PARTITION BY number ORDER BY row) AS place FROM typed
            WHERE number IS NOT NULL) WHERE place > 1"""
    )
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
    """The stored columns of each row; None where the file says nothing."""
    kinds = [
        kind_of(given or had, name, identity)
        for given, had, name, identity in zip(rows["kind"], rows["had_kind"], rows["name"], rows["identity"], strict=True)
    ]
    return {
        "kind": kinds,
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


def _insert(arrival: Arrival, places: list[int], rows: dict[str, list[Any]], columns: dict[str, list[Any]]) -> None:
    if not places:
        return
    kinds, names, identities = columns["kind"], columns["name"], columns["identity"]
    table = pa.table(
        {
            "id": pa.array([rows["party_id"][place] for place in places], pa.int64()),
            "number": [rows["number"][place] for place in places],
            "kind": [kinds[place] for place in places],
            "name_stored": [name_stored(names[place], kinds[place]) for place in places],
            "name_index": [name_index(names[place]) for place in places],
            "identity_stored": [_identity_stored(identities[place], kinds[place]) for place in places],
            "identity_index": [bytea(sealing.index(identities[place])) for place in places],
            **{
                name: pa.array([columns[name][place] for place in places], pa.int64() if name == "terms_days" else pa.string())
                for name in _PLAIN
            },
            "imported": [arrival.record.pk] * len(places),
        }
    )
    bulk.copy_in(arrival.cursor, "parties_party", table)


def _update(
    arrival: Arrival, places: list[int], rows: dict[str, list[Any]], columns: dict[str, list[Any]]
) -> set[int]:
    """Rows that say something new about a known customer; each change goes into the history."""
    if not places:
        return set()
    numbers = [rows["number"][place] for place in places]
    stored = {party.number: party for party in Party.objects.filter(number__in=numbers).iterator()} if places else {}
    changes: list[Change] = []
    aliases: list[tuple[int, str, str]] = []
    for place, number in zip(places, numbers, strict=True):
        party = stored[number]
        after: dict[str, Any] = {}
        if sealing.index(columns["name"][place]) != bytes(party.name_index):
            aliases.append((party.pk, party.kind, party.name))
            after |= {"name_stored": name_stored(columns["name"][place], columns["kind"][place])}
            after |= {"name_index": sealing.index(columns["name"][place]).hex()}
        identity = columns["identity"][place]
        if identity and sealing.index(identity) != bytes(party.identity_index):
            after |= {"identity_stored": _identity_stored(identity, columns["kind"][place])}
            after |= {"identity_index": sealing.index(identity).hex()}
        if columns["kind"][place] != party.kind:
            after |= {
                "kind": columns["kind"][place],
                "name_stored": name_stored(columns["name"][place], columns["kind"][place]),
            }
        for name in _PLAIN:
            value = columns[name][place]
            if value not in (None, "") and value != getattr(party, name):
                after[name] = value
        if after:
            before = {name: _as_json(getattr(party, name)) for name in after}
            changes.append(
                Change(imported=arrival.record, table="parties_party", row_id=party.pk, before=before, after=after)
            )
    land_aliases(arrival.cursor, aliases, arrival.record.pk)
    _write(arrival.cursor, [(change.row_id, change.after) for change in changes])
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
    sets += [f"{name} = coalesce(decode(c.after->>'{name}', 'hex'), p.{name})" for name in ("name_index", "identity_index")]
    sets += ["terms_days = CASE WHEN c.after ? 'terms_days' THEN (c.after->>'terms_days')::int ELSE p.terms_days END"]
    cursor.execute(f"UPDATE parties_party p SET {', '.join(sets)} FROM staged_change c WHERE c.party_id = p.id")
    cursor.execute("DROP TABLE staged_change")


def _land_contacts(arrival: Arrival, rows: dict[str, list[Any]], parties: list[int]) -> set[int]:
    """Ways to reach them that were not known; returns whose."""
    cursor = arrival.cursor
    party_ids: list[int] = []
    kinds: list[str] = []
    values: list[str] = []
    persons: list[str] = []
    address = list(zip(rows["street"], rows["postcode"], rows["city"], rows["country"], strict=True))
    for place, party in enumerate(parties):
        found = [("phone", value) for value in parts(rows["phone"][place] or "")]
        found += [("email", value) for value in parts(rows["email"][place] or "")]
        if address[place][0]:
            found.append(("address", " ".join(piece for piece in address[place] if piece)))
        for kind, value in found:
            party_ids.append(party)
            kinds.append(kind)
            values.append(value)
            persons.append(rows["contact"][place] or "")
    if not party_ids:
        return set()
    table = pa.table(
        {
            "party_id": pa.array(party_ids, pa.int64()),
            "kind": kinds,
            "value_index": [bytea(sealing.index(value)) for value in values],
            "value_stored": values,
            "person_stored": persons,
            "validity": [validity(kind, value) for kind, value in zip(kinds, values, strict=True)],
        }
    )
    duck = arrival.staging.con
    duck.register("found_contacts", table)
    fresh = duck.sql(
        """SELECT party_id, kind, value_index, first(value_stored) AS value_stored, first(person_stored) AS person_stored,
                  first(validity) AS validity FROM found_contacts ANTI JOIN stored_contacts USING (party_id, kind, value_index)
           GROUP BY party_id, kind, value_index ORDER BY party_id, kind, value_index"""
    ).to_arrow_table()
    duck.unregister("found_contacts")
    for name in ("value_stored", "person_stored"):
        place = fresh.schema.get_field_index(name)
        fresh = fresh.set_column(place, name, pa.array([sealing.seal(text) for text in fresh[name].to_pylist()]))
    fresh = fresh.append_column("role", pa.array(["self"] * fresh.num_rows))
    fresh = fresh.append_column("imported", pa.array([arrival.record.pk] * fresh.num_rows, pa.int64()))
    bulk.copy_in(cursor, "parties_contact", fresh)
    return set(fresh["party_id"].to_pylist())


def undo(record: Import, cursor: Any) -> dict[str, dict[str, str]]:
    """Take the customers of an import back. Raises ``Refusal`` when bills, cases or later imports rest on them."""
    changed = list(Change.objects.filter(imported=record, table="parties_party"))
    if Change.objects.filter(
        table="parties_party", row_id__in=[change.row_id for change in changed], imported_id__gt=record.pk
    ).exists():
        raise Refusal("changed_since", _("A later import changed the same rows. Undo that one first."))
    _write(cursor, [(change.row_id, change.before) for change in changed])
    try:
        with transaction.atomic():
            Contact.objects.filter(imported=record.pk).delete()
            Alias.objects.filter(imported=record.pk).delete()
            cursor.execute("DELETE FROM parties_party WHERE imported = %s", [record.pk])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise Refusal(
            "import_in_use",
            _("Bills, payments or cases belong to customers of this import. Undo the imports that brought those first."),
        ) from error
    return {}


IMPORTABLE = Importable(kind=CUSTOMERS, land=land, undo=undo)
