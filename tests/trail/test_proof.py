"""Tampering by somebody who may do everything in the database: found, and the entry or block named."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from django.db import transaction

from liangqing.kit import clock
from liangqing.kit.snapshot import database_uri
from liangqing.trail.actions.seal import heads_file, seal
from liangqing.trail.actions.tell import write
from liangqing.trail.models import Block, Entry
from liangqing.trail.queries import proof

DAY = "2026-03-10"


def told(*things: int) -> None:
    with clock.at(DAY), transaction.atomic():
        write((("tested", 7, "thing", thing, 3, {"amount": thing}) for thing in things), day=clock.today())


@pytest.fixture
def sealed(books):
    """Three blocks of four entries (ids 1-12), then one entry not sealed yet (13)."""
    for first in (1, 5, 9):
        told(*range(first, first + 4))
        seal()
    told(13)
    assert list(Block.objects.values_list("first_id", "last_id")) == [(1, 4), (5, 8), (9, 12)]
    assert list(proof.flaws()) == []


@pytest.fixture
def tamper(sealed, english) -> Callable[[str], list[str]]:
    """Run statements as one who switches the triggers off; returns what the proof finds."""

    def act(*statements: str) -> list[str]:
        with psycopg.connect(database_uri()) as intruder:
            intruder.execute("SET session_replication_role = replica")
            for statement in statements:
                assert intruder.execute(statement).rowcount > 0, statement
        return list(proof.flaws())

    return act


COLUMNS = {
    "id": "id + 1000",
    "at": "at + interval '1 microsecond'",
    "day": "day + 1",
    "event": "event || '!'",
    "actor_id": "NULL",
    "thing": "thing || '!'",
    "thing_id": "thing_id + 1",
    "party_id": "NULL",
    "facts": "'{\"amount\": 0}'",
    "mac": "sha256('x')",
}


@pytest.mark.parametrize("entry", [1, 6, 12, 13])
@pytest.mark.parametrize("column", sorted(COLUMNS))
def test_a_changed_column_of_an_entry_is_found_and_the_entry_named(tamper, column, entry):
    flaws = tamper(f"UPDATE trail_entry SET {column} = {COLUMNS[column]} WHERE id = {entry}")
    named = entry + 1000 if column == "id" else entry
    assert any(f"entry {named} " in flaw for flaw in flaws)


def test_every_column_of_an_entry_is_tried():
    assert {field.column for field in Entry._meta.fields} == set(COLUMNS)


@pytest.mark.parametrize(
    ("entry", "block"), [(1, "1 and 4"), (4, "1 and 4"), (6, "5 and 8"), (9, "9 and 12"), (12, "9 and 12")]
)
def test_a_deleted_entry_is_found_wherever_it_stood_in_its_block(tamper, entry, block):
    flaws = tamper(f"DELETE FROM trail_entry WHERE id = {entry}")
    assert len(flaws) == 1 and f"1 trail entries between {block} are missing" in flaws[0]


@pytest.mark.parametrize("number", [0, 14, -5])
def test_a_forged_entry_is_found_and_named(tamper, number):
    flaws = tamper(
        f"""INSERT INTO trail_entry SELECT {number}, at, day, event, actor_id, thing, thing_id, party_id, facts, mac
            FROM trail_entry WHERE id = 3"""
    )
    assert any(f"entry {number} " in flaw for flaw in flaws)


def test_an_entry_put_back_into_a_gap_of_a_block_is_found(tamper):
    flaws = tamper(
        "DELETE FROM trail_entry WHERE id = 6",
        """INSERT INTO trail_entry SELECT 6, at, day, event, actor_id, thing, thing_id, party_id, facts, mac
           FROM trail_entry WHERE id = 7""",
    )
    assert any("entry 6 " in flaw for flaw in flaws)


BLOCK_COLUMNS = {
    "number": "number + 1000",
    "first_id": "first_id - 1",
    "last_id": "last_id + 1",
    "count": "count + 1",
    "previous": "sha256('x')",
    "hash": "sha256('x')",
    "sealed_at": "sealed_at + interval '1 day'",
}


@pytest.mark.parametrize("block", [1, 2, 3])
@pytest.mark.parametrize("column", sorted(BLOCK_COLUMNS))
def test_a_changed_column_of_a_block_is_found(tamper, column, block):
    assert tamper(f"UPDATE trail_block SET {column} = {BLOCK_COLUMNS[column]} WHERE number = {block}")


def test_every_column_of_a_block_is_tried():
    assert {field.column for field in Block._meta.fields} == set(BLOCK_COLUMNS)


def test_the_end_cut_off_blocks_and_all_is_found(tamper):
    flaws = tamper("DELETE FROM trail_block WHERE number = 3", "DELETE FROM trail_entry WHERE id >= 9")
    assert flaws == ["Trail block 3 was sealed here but is gone from the database or replaced in it."]


def test_an_end_cut_off_and_sealed_over_is_still_found(tamper):
    tamper("DELETE FROM trail_block WHERE number = 3", "DELETE FROM trail_entry WHERE id >= 9")
    told(9, 10)
    seal()
    assert any("block 3" in flaw for flaw in proof.flaws())


def test_a_block_cut_out_of_the_middle_breaks_the_chain(tamper):
    flaws = tamper("DELETE FROM trail_block WHERE number = 2", "DELETE FROM trail_entry WHERE id BETWEEN 5 AND 8")
    assert any("chain of seals is broken before block 3" in flaw for flaw in flaws)


def test_heads_of_the_chain_are_kept_outside_the_database(sealed):
    assert [line.split()[0] for line in heads_file().read_text().splitlines()] == ["1", "2", "3"]
