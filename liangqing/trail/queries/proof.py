"""Proof that the trail is whole: every entry's code, every block's hash, the chain, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from liangqing.kit import sealing
from liangqing.kit.shapes import Unreadable, read_facts
from liangqing.trail.actions.seal import heads_file
from liangqing.trail.models import Block
from liangqing.trail.rules import codes

_AT = "CASE WHEN {0} >= '0001-01-03' AND {0} < '9999-12-30' THEN {0} END"
"""A moment or day as Python can read it; others (``infinity``) never came from here, and are read as none."""
_ENTRIES = f"""
    SELECT id, {_AT.format("at")}, {_AT.format("day")}, event, actor_id, thing, thing_id, party_id, facts::text, mac
    FROM trail_entry ORDER BY id"""
_BLOCKS = f"""
    SELECT number, first_id, last_id, count, previous, hash, {_AT.format("sealed_at")} AS sealed_at
    FROM trail_block ORDER BY number"""


def flaws() -> Iterator[str]:
    """Each thing that is wrong, as a sentence that names the entry or the block; nothing when the trail is whole. Whatever
    stands in a row, the others are checked all the same."""
    key = sealing.key_for("trail")
    blocks = list(Block.objects.raw(_BLOCKS))
    yield from _chain_flaws(blocks)

    pending = iter(blocks)
    block = next(pending, None)
    inside: list[tuple[int, bytes]] = []
    for row in _entries():
        while block is not None and row[0] > block.last_id:
            yield from _block_flaws(key, block, inside)
            block, inside = next(pending, None), []
        if not _genuine(key, row):
            yield _(
                "Trail entry {id} ({event}, {thing} {thing_id}) was altered or did not come from this system."
            ).format(id=row[0], event=row[3], thing=row[5], thing_id=row[6])
        if block is not None and row[0] < block.first_id:
            yield _("Trail entry {id} was put in between sealed blocks.").format(id=row[0])
        elif block is not None:
            inside.append((row[0], bytes(row[-1])))
    while block is not None:
        yield from _block_flaws(key, block, inside)
        block, inside = next(pending, None), []


def _entries() -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ENTRIES)
        while rows := cursor.fetchmany(20_000):
            yield from rows


def _genuine(key: bytes, row: tuple[Any, ...]) -> bool:
    *told, facts, mac = row
    if told[1] is None or told[2] is None:
        return False
    try:
        return codes.entry_code(key, (*told, codes.canonical(read_facts(facts)))) == bytes(mac)
    except Unreadable:
        return False


def _block_flaws(key: bytes, block: Block, inside: list[tuple[int, bytes]]) -> Iterator[str]:
    if block.sealed_at is not None:
        header = (block.number, block.first_id, block.last_id, block.count, block.sealed_at, bytes(block.previous))
        if codes.block_hash(key, header, inside) == bytes(block.hash):
            return
    if len(inside) < block.count:
        yield _("{count} trail entries between {first} and {last} are missing (block {number}).").format(
            count=block.count - len(inside), first=block.first_id, last=block.last_id, number=block.number
        )
    else:
        yield _("Trail block {number} (entries {first} to {last}) does not fit its seal.").format(
            number=block.number, first=block.first_id, last=block.last_id
        )


def _chain_flaws(blocks: list[Block]) -> Iterator[str]:
    previous, number = b"", 0
    for block in blocks:
        if block.number != number + 1 or bytes(block.previous) != previous:
            yield _("The chain of seals is broken before block {number}.").format(number=block.number)
        previous, number = bytes(block.hash), block.number
    known = {block.number: bytes(block.hash).hex() for block in blocks}
    if heads_file().exists():
        for place, line in enumerate(heads_file().read_text(errors="replace").splitlines(), start=1):
            head, _blank, digest = line.partition(" ")
            if not (head.isascii() and head.isdigit()):
                yield _("Line {line} of {file} is damaged.").format(line=place, file=heads_file())
            elif known.get(int(head)) != digest.strip():
                yield _("Trail block {number} was sealed here but is gone from the database or replaced in it.").format(
                    number=head
                )
