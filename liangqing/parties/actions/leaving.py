"""Customers go with the import that brought them, while nothing depends on them; and may come again.

Rows of money are never deleted. A customer whose only rows are bills and receipts that were taken back is emptied and
hidden (``Party.gone``), so that those rows still know whose they were; whoever brings the number again finds its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from liangqing.imports.models import Import
from liangqing.parties.actions.finding import refresh
from liangqing.parties.models import Alias, Contact, Party

_past: dict[str, str] = {}
_REFERENCES = """
    SELECT c.conrelid::regclass::text, quote_ident(a.attname) FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = 'parties_party'::regclass ORDER BY 1, 2"""
BROUGHT_IN_VAIN = "t.imported IS NOT NULL AND t.imported = ANY (%(undone)s)"
"""Rows of imports that are undone."""


def register_past(table: str, condition: str) -> None:
    """Rows of ``table`` (as ``t``) that say nothing any more under ``condition`` (SQL; ``%(undone)s`` are the imports that
    are undone) do not keep a customer. A room above that keeps such rows says so."""
    _past[table] = condition


register_past("parties_alias", BROUGHT_IN_VAIN)
register_past("parties_contact", BROUGHT_IN_VAIN)


def depended_on(cursor: Any, parties: Collection[int], undone: Collection[int]) -> set[int]:
    """Those of the customers that something depends on: money that stands, cases, contacts, whatever refers to them."""
    cursor.execute(_REFERENCES)
    found = set(Party.everyone.filter(pk__in=parties, merged_into__isnull=False).values_list("pk", flat=True))
    for table, column in cursor.fetchall():
        past = f"AND NOT ({_past[table]})" if table in _past else ""
        cursor.execute(
            f"SELECT DISTINCT t.{column} FROM {table} t WHERE t.{column} = ANY (%(parties)s) {past}",
            {"parties": list(parties), "undone": list(undone)},
        )
        found |= {party for (party,) in cursor.fetchall()}
    return found


def undone_with(record: Import) -> list[int]:
    """The imports that are undone once this one is."""
    return [record.pk, *Import.objects.filter(status=Import.Status.UNDONE).values_list("id", flat=True)]


def forget_said(record: Import, renamed: Iterable[int] = ()) -> None:
    """Forget the contacts and spellings an import told of customers who stay; ``renamed`` bear other names again."""
    Contact.objects.filter(imported=record.pk).delete()
    spelled = Alias.objects.filter(imported=record.pk)
    called = set(spelled.values_list("party_id", flat=True))
    spelled.delete()
    kept = Party.everyone.filter(pk__in=called, merged_into__isnull=False).values_list("merged_into_id", flat=True)
    refresh(Party, {*called, *kept, *renamed})


def leave(record: Import, cursor: Any) -> None:
    """Customers first met in a file go with it while nothing else depends on them; else they stay."""
    forget_said(record)
    own = set(Party.objects.filter(imported=record.pk).values_list("id", flat=True))
    take_away(cursor, own - depended_on(cursor, own, undone_with(record)))


def take_away(cursor: Any, parties: Iterable[int]) -> None:
    """Let customers go that nothing depends on: deleted, or emptied and hidden where rows taken back still name them."""
    ids = sorted(parties)
    if not ids:
        return
    Contact.objects.filter(party__in=ids).delete()
    Alias.objects.filter(party__in=ids).delete()
    cursor.execute(_REFERENCES)
    named = " UNION ALL ".join(
        f"SELECT {column} AS id FROM {table} WHERE {column} = ANY (%(ids)s)" for table, column in cursor.fetchall()
    )
    cursor.execute(
        f"""WITH named AS ({named}), gone AS (
                DELETE FROM parties_party WHERE id = ANY (%(ids)s) AND id NOT IN (SELECT id FROM named))
            UPDATE parties_party SET gone = true, name_stored = '', name_index = '', identity_stored = '',
                   identity_index = '', customer_class = '', terms_days = NULL, area = '', country = '', language = '',
                   zone = '', search = '{{}}'
            WHERE id IN (SELECT id FROM named)""",
        {"ids": ids},
    )


def places_of(cursor: Any, condition: str) -> dict[str, int]:
    """The ids kept for customers that have gone, by number; ``condition`` is SQL over ``number``."""
    cursor.execute(f"SELECT number, id FROM parties_party WHERE gone AND {condition}")
    return dict(cursor.fetchall())


def make_room(cursor: Any, ids: Collection[int]) -> None:
    """Free the places of customers that come again. The new rows, under the same ids, must be there before the
    transaction ends: rows taken back refer to them."""
    if ids:
        cursor.execute("DELETE FROM parties_party WHERE gone AND id = ANY (%s)", [list(ids)])


def check_room(cursor: Any) -> None:
    """See now that all who were made room for have come: tables with checks to come can't be altered."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def hidden(number: str) -> Party | None:
    """The customer of this number that has gone, if there was one."""
    return Party.everyone.filter(number=number, gone=True).first()
