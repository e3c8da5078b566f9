"""Sealing beside people at work."""

from __future__ import annotations

import time

import psycopg
from django.db import transaction

from liangqing.kit import clock
from liangqing.kit.snapshot import database_uri
from liangqing.trail.actions.seal import seal
from liangqing.trail.actions.tell import write
from liangqing.trail.models import Block
from liangqing.trail.queries import proof


def told(count: int) -> None:
    with transaction.atomic():
        write((("tested", None, "thing", number, None, {}) for number in range(count)), day=clock.today())


def test_nothing_new_is_no_block(books):
    assert seal() is None
    told(1)
    assert seal() is not None
    assert seal() is None
    assert Block.objects.count() == 1


def test_sealing_waits_for_a_writer_only_a_moment_and_seals_later(books):
    told(2)
    with psycopg.connect(database_uri()) as writer:
        writer.execute("LOCK TABLE trail_entry IN ROW EXCLUSIVE MODE")  # what every writer takes before its ids
        start = time.perf_counter()
        assert seal() is None
        assert time.perf_counter() - start < 3
        writer.rollback()
    block = seal()
    assert block is not None and block.count == 2
    assert list(proof.flaws()) == []


def test_an_entry_that_was_on_its_way_while_others_were_sealed_is_sealed_whole(books):
    """Ids given to a transaction that is rolled back leave a gap, never a hole somebody fills later."""
    with psycopg.connect(database_uri()) as writer:
        writer.execute("LOCK TABLE trail_entry IN ROW EXCLUSIVE MODE")
        writer.execute("SELECT nextval('trail_entry_id')")
        writer.rollback()
    told(2)
    block = seal()
    assert block is not None and (block.first_id, block.count) == (2, 2)
    assert list(proof.flaws()) == []


def test_writers_go_on_after_a_seal_has_begun(books):
    told(3)
    seal()
    told(2)
    seal()
    assert list(Block.objects.order_by("number").values_list("count", flat=True)) == [3, 2]
    assert list(proof.flaws()) == []
