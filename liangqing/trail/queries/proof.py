"""Proof that the trail is whole: every entry's code, every block's hash, the chain, and its end."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from liangqing.kit import sealing
from liangqing.trail.actions.seal import heads_file
from liangqing.trail.models import Block, Entry
from liangqing.trail.rules import codes


def flaws() -> Iterator[str]:
    """Each thing that is wrong, as a sentence that names the entry or the block; nothing when the trail is whole."""
    key = sealing.key_for("trail")
    blocks = list(Block.objects.order_by("number"))
    yield from _chain_flaws(blocks)

    columns = ("id", "at", "day", "event", "actor_id", "thing", "thing_id", "party_id", "facts", "mac")
    entries = Entry.objects.order_by("id").values_list(*columns).iterator(20_000)
    pending = iter(blocks)
    block = next(pending, None)
    inside: list[tuple[int, bytes]] = []
    for row in entries:
        while block is not None and row[0] > block.last_id:
            yield from _block_flaws(key, block, inside)
            block, inside = next(pending, None), []
        *told, facts, mac = row
        if codes.entry_code(key, (*told, codes.canonical(facts))) != bytes(mac):
            yield _(
                "Trail entry {id} ({event}, {thing} {thing_id}) was altered or did not come from this system."
            ).format(id=row[0], event=row[3], thing=row[5], thing_id=row[6])
        if block is not None and row[0] < block.first_id:
            yield _("Trail entry {id} was put in between sealed blocks.").format(id=row[0])
        elif block is not None:
            inside.append((row[0], bytes(mac)))
    while block is not None:
        yield from _block_flaws(key, block, inside)
        block, inside = next(pending, None), []


def _block_flaws(key: bytes, block: Block, inside: list[tuple[int, bytes]]) -> Iterator[str]:
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
        for line in heads_file().read_text().splitlines():
            head, digest = line.split()
            if known.get(int(head)) != digest:
                yield _("Trail block {number} was sealed here but is gone from the database or replaced in it.").format(
                    number=head
                )
