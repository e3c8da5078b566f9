"""Seal the entries written since the last block."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection, transaction

from liangqing.kit import clock, sealing
from liangqing.trail.models import Block, Entry
from liangqing.trail.rules import codes

_PATIENCE_MS = 300


def heads_file() -> Path:
    """Where the chain's heads are kept outside the database, so that cutting its end off is noticed."""
    return Path(settings.HOME) / "seals.log"


def seal() -> Block | None:
    """Seal what is unsealed into one block; None when there is nothing or a writer is busy (the next call will).

    The lock is shared against writers and held for one query: when it is free, every id handed out is committed or
    gone for good, so a block's range of ids is final.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('liangqing trail seal'))")
            last = Block.objects.order_by("-number").first()
            after = last.last_id if last else 0
            cursor.execute(f"SET LOCAL lock_timeout = {_PATIENCE_MS}")
            cursor.execute("SAVEPOINT quiet")
            cursor.execute("LOCK TABLE trail_entry IN SHARE MODE")
            cursor.execute("SELECT max(id) FROM trail_entry")
            (until,) = cursor.fetchone()
            cursor.execute("ROLLBACK TO SAVEPOINT quiet")  # lets the writers go on while the block is computed
            if until is None or until <= after:
                return None
            entries = list(
                Entry.objects.filter(id__gt=after, id__lte=until)
                .order_by("id")
                .values_list("id", "mac")
                .iterator(50_000)
            )
            number, previous = (last.number + 1, bytes(last.hash)) if last else (1, b"")
            header = (number, entries[0][0], until, len(entries), clock.now(), previous)
            block = Block.objects.create(
                number=number,
                first_id=header[1],
                last_id=until,
                count=header[3],
                sealed_at=header[4],
                previous=previous,
                hash=codes.block_hash(
                    sealing.key_for("trail"), header, ((entry, bytes(mac)) for entry, mac in entries)
                ),
            )
    except OperationalError as error:
        if "lock timeout" in str(error):
            return None
        raise
    heads_file().parent.mkdir(parents=True, exist_ok=True)
    with heads_file().open("a") as file:
        file.write(f"{block.number} {bytes(block.hash).hex()}\n")
    return block
