"""Proof of one entry: its own code, the block that holds it, and the block before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from liangqing.kit import sealing
from liangqing.trail.actions.seal import heads_file
from liangqing.trail.models import Block, Entry
from liangqing.trail.rules import codes


@dataclass(frozen=True)
class Proof:
    """What was found on recomputing. ``block`` is None while the entry waits for the next seal; then only its own code
    can be proved. ``chained``: the block names the hash of the block before, and stands in the seals file as it is."""

    entry: bool
    block: Block | None
    sealed: bool
    chained: bool

    @property
    def whole(self) -> bool:
        return self.entry and (self.block is None or (self.sealed and self.chained))


def block_of(entry_id: int) -> Block | None:
    """The block that seals this entry; None when it is not sealed yet."""
    block = Block.objects.filter(last_id__gte=entry_id).order_by("last_id").first()
    return block if block is not None and block.first_id <= entry_id else None


def blocks_of(entries: Iterable[int]) -> dict[int, Block]:
    """The blocks that seal these entries, by entry id; two queries, however many."""
    ids = sorted(entries)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id, b.number FROM unnest(%s::bigint[]) AS e(id)
               CROSS JOIN LATERAL (SELECT number, first_id FROM trail_block WHERE last_id >= e.id
                                   ORDER BY last_id LIMIT 1) b
               WHERE b.first_id <= e.id""",
            [ids],
        )
        numbers = dict(cursor.fetchall())
    blocks = Block.objects.in_bulk(set(numbers.values()))
    return {entry: blocks[number] for entry, number in numbers.items()}


def prove(entry: Entry) -> Proof:
    """Recompute now the entry's code, the hash of its block over all its entries, and the link to the block before."""
    key = sealing.key_for("trail")
    genuine = codes.entry_code(
        key,
        (
            entry.pk, entry.at, entry.day, entry.event, entry.actor_id, entry.thing, entry.thing_id, entry.party_id,
            codes.canonical(entry.facts),
        ),
    ) == bytes(entry.mac)  # fmt: skip
    block = block_of(entry.pk)
    if block is None:
        return Proof(genuine, None, sealed=False, chained=False)
    header = (block.number, block.first_id, block.last_id, block.count, block.sealed_at, bytes(block.previous))
    inside = Entry.objects.filter(id__range=(block.first_id, block.last_id)).order_by("id").values_list("id", "mac")
    told = ((number, bytes(mac)) for number, mac in inside.iterator(20_000))
    sealed = codes.block_hash(key, header, told) == bytes(block.hash)
    before = Block.objects.filter(number=block.number - 1).values_list("hash", flat=True).first()
    linked = bytes(block.previous) == (bytes(before) if before is not None else b"")
    if block.number > 1 and before is None:
        linked = False
    return Proof(genuine, block, sealed, linked and _as_written(block))


def _as_written(block: Block) -> bool:
    """Whether the block's hash is the one written down outside the database; true where that file is not kept."""
    if not heads_file().exists():
        return True
    with heads_file().open() as file:
        for line in file:
            number, digest = line.split()
            if int(number) == block.number and digest != bytes(block.hash).hex():
                return False
    return True
