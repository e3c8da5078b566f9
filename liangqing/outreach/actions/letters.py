"""Letters on paper: printed in batches, posted by hand, and what the post says of them.

A letter is asked about like any message, at the moment it is printed; from then on it counts. It is *sent* when it was
posted, and *delivered*, *declined* or *bounced* (returned) when the post says so: what a court asks for is the delivery.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, files, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard, preparing, switches
from liangqing.outreach.actions.messages import move
from liangqing.outreach.actions.routing import NotNow
from liangqing.outreach.content import batches
from liangqing.outreach.content.letters import Addressee, Letter, compose
from liangqing.outreach.events import LettersPrinted, SlipAttached
from liangqing.outreach.kinds import Channel
from liangqing.outreach.lifecycle import DUE, MESSAGE, MessageState
from liangqing.outreach.models import AttemptEvent, LetterBatch, Message, Posting
from liangqing.outreach.queries import asking
from liangqing.outreach.rules.facts import Outcome
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

MOST = 10_000
"""Letters of one batch."""
CONTENTS = "contents.csv"
RESULTS: Mapping[str, str] = {"delivered": "deliver", "declined": "decline", "returned": "bounce"}
"""What the post says, and the move that follows."""


@action
def order(*, by: User) -> LetterBatch:
    """A batch to be printed, empty still; ``carry_out`` fills it. Raises ``Refusal``: 403; 409 where no letter waits."""
    demand(by, "outreach.send")
    if not _due().exists():
        raise Refusal("no_letters", _("No letter waits to be printed."))
    return LetterBatch.objects.create(made_by=by, made_at=clock.now())


@clause("P3 4.2.3")
def carry_out(number: int) -> LetterBatch:
    """Print what is due into a batch that was ordered: each letter is asked about in a transaction of its own, then all are
    set in volumes. Done twice, as after its worker died, what was printed without paper is printed anew."""
    batch = LetterBatch.objects.select_related("made_by").get(pk=number)
    if batch.files or batch.discarded_at is not None:
        return batch
    _give_back(batch, "printed_anew")
    with tempfile.TemporaryDirectory() as scratch:
        made = batches.batch(_printed(batch), Path(scratch))
        kept = [_kept(path.name, path.read_bytes()) for path in made.volumes]
        if made.posted:
            kept.append(_kept(CONTENTS, batches.contents_csv(made)))
    _land(batch, made, kept)
    return batch


def _kept(name: str, content: bytes) -> dict[str, str | int]:
    return {"name": name, "sha256": files.keep(content), "size": len(content)}


def whole(batch: LetterBatch, to: BinaryIO) -> int:
    """All PDF volumes of a batch as one PDF, written to a file volume by volume; returns how many pages it has. It is made of
    what is kept and so the same each time.

    Raises ``Refusal``: 404 (``no_pdf``) where nothing of it is PDF; 404 or 409 for a volume that is gone or was altered.
    """
    volumes = [each for each in batch.files if each["name"].endswith(".pdf")]
    if not volumes:
        raise Refusal("no_pdf", _("Nothing of this batch is PDF."), status=404)
    return batches.joined((files.read(each["sha256"], each["size"]).read() for each in volumes), to)


def make(*, by: User) -> LetterBatch:
    """Both at once, for a few letters."""
    return carry_out(order(by=by).pk)


def _due() -> QuerySet[Message]:
    waiting = Message.objects.filter(state__in=DUE, due_at__lte=clock.now(), channel=Channel.LETTER)
    return switches.let_through(waiting)


def _printed(batch: LetterBatch) -> Iterator[Letter]:
    """The letters, one after another, each as it was decided."""
    for place in range(1, MOST + 1):
        letter = None
        while letter is None:
            with transaction.atomic():
                row = (
                    _due()
                    .select_for_update(skip_locked=True, of=("self",))
                    .select_related("party__merged_into", "creditor", "template__template", "by")
                    .order_by("due_at", "id")
                    .first()
                )
                if row is None:
                    return
                letter = _print(row, batch, place)
        yield letter


def _print(row: Message, batch: LetterBatch, place: int) -> Letter | None:
    """Everything asked again, as ``preparing.prepare`` does for what a provider carries."""
    day = clock.today()
    try:
        rules, regime = asking.rules_of(row.party, row.creditor, day)
        preparing.demand_in_time(row, rules, day)
        preparing.demand_books(row)
        reference = f"LQ-H-{day.year}-{row.pk:06d}"
        version, values = preparing.worded(row, regime, day, bills=row.bills, reference=reference)
        try:
            letter = compose(version, values, Addressee(row.party.name, (row.value,)))
        except Refusal as refusal:
            raise NotNow("refuse", refusal.code, refusal.sentence) from refusal
        attempt = preparing.ask(row, preparing.contact_of(row))
    except NotNow as told:
        waits = told.name in ("hold", "put back")
        move(
            row, told.name, reason=told.reason, said=told.said,
            **({"due_at": told.due_at} if waits else {"ended_at": clock.now()}),
        )  # fmt: skip
        return None
    preparing.note(row, preparing.written_as(version, values, letter.rendered))
    move(row, "print", reason="", attempt=attempt, tries=row.tries + 1)
    Posting.objects.update_or_create(
        message=row, defaults={"batch": batch, "place": place, "reference": reference, "volume": "", "pages": 0}
    )
    return letter


@action
def _land(batch: LetterBatch, made: batches.Batch, kept: list[dict[str, str | int]]) -> None:
    """The files that were kept stand with the batch; what could not be set is left to a person."""
    batch.files = kept
    batch.count = len(made.posted)
    batch.save(update_fields=["files", "count"])
    rows = {row.reference: row for row in Posting.objects.select_related("message__attempt").filter(batch=batch)}
    for each in made.posted:
        row = rows[each.reference]
        row.volume, row.first_page, row.pages = each.volume, each.first_page, each.pages
    Posting.objects.bulk_update(rows.values(), ["volume", "first_page", "pages"], batch_size=1000)
    for reference, why in made.failed:
        message = rows[reference].message
        if message.attempt is not None:
            guard.conclude(message.attempt, Outcome.CALLED_OFF, told="not set")
        move(message, "fail", reason="not_set", said=why, ended_at=clock.now())
    tell(
        LettersPrinted(
            thing_id=batch.pk, count=batch.count, sha256=batch.files[0]["sha256"] if batch.files else ""
        ),
        by=batch.made_by,
    )  # fmt: skip


@action
def discard(batch: LetterBatch, *, by: User) -> int:
    """What of a batch was not posted goes back to wait; returns how many letters. Raises ``Refusal``: 403; 409 when it was
    discarded already."""
    demand(by, "outreach.send")
    if not LetterBatch.objects.filter(pk=batch.pk, discarded_at=None).update(discarded_at=clock.now()):
        raise Refusal("moved_on", _("This batch was discarded already."))
    return _give_back(batch, "discarded")


@transaction.atomic
def _give_back(batch: LetterBatch, reason: str) -> int:
    rows = Message.objects.select_for_update(of=("self",)).select_related("attempt")
    found = list(rows.filter(posting__batch=batch, state=MessageState.PRINTED))
    for row in found:
        if row.attempt is not None:
            guard.conclude(row.attempt, Outcome.CALLED_OFF, told=reason)
        move(row, "put back", reason=reason, due_at=clock.now())
    return len(found)


# at the post ----------------------------------------------------------------------------------------------------------


@action
@clause("P3 4.2.3")
def post(batch: LetterBatch, *, on: dt.date, by: User, numbers: Mapping[str, str] | None = None) -> int:
    """The letters of a batch were posted on a day; ``numbers``: the postal number of each reference, as far as there is one.
    How many went. Raises ``Refusal``: 403; 422 for a day to come or before it was printed, an unknown reference or a number
    that is taken.
    """
    demand(by, "outreach.send")
    _demand_day(on, batch.made_at.astimezone(clock.zone()).date())
    numbers = numbers or {}
    rows = {row.reference: row for row in Posting.objects.filter(batch=batch).select_related("message__attempt")}
    if unknown := sorted(set(numbers) - set(rows)):
        raise Refusal(
            "unknown_letter", _("This batch has no letter {reference}."), status=422, reference=unknown[0]
        )  # fmt: skip
    given = [number.strip() for number in numbers.values() if number.strip()]
    taken = Posting.objects.filter(postal_number__in=given).exclude(batch=batch).values_list("postal_number", flat=True)
    twice = next(iter(taken), None) or next((number for number in given if given.count(number) > 1), None)
    if twice is not None:
        raise Refusal("number_taken", _("The postal number {number} is another letter's."), status=422, number=twice)
    count = 0
    for row in rows.values():
        if row.message.state == MessageState.PRINTED:
            _conclude(row.message, Outcome.SENT, on, "posted")
            move(row.message, "send", reason="", by=by, sent_at=clock.now())
            row.posted_on, count = on, count + 1
        row.postal_number = numbers.get(row.reference, row.postal_number).strip()
        row.save(update_fields=["posted_on", "postal_number"])
    return count


@action
@clause("P3 4.2.3", "P4-3.3")
def result(posting: Posting, what: str, *, on: dt.date, by: User | None) -> Message:
    """What the post says of a letter: delivered, declined or returned. A delivered one begins limitation anew.

    Raises ``Refusal``: 403; 422 for an unknown result or a day to come or before it was posted; 409 (``moved_on``).
    """
    if by is not None:
        demand(by, "outreach.send")
    if what not in RESULTS:
        raise Refusal("unknown_result", _("Say whether it was delivered, declined or returned."), status=422)
    row = Message.objects.select_for_update(of=("self",)).select_related("attempt").get(pk=posting.message_id)
    _demand_day(on, posting.posted_on or row.written_at.astimezone(clock.zone()).date())
    name = RESULTS[what]
    if row.state == MESSAGE.named(name).target and posting.result_on == on:
        return row
    if row.state not in MESSAGE.named(name).sources or (row.state == MessageState.PRINTED and what != "delivered"):
        raise Refusal("moved_on", _("Post the letter first; or its result is known already."))
    _conclude(row, Outcome.DELIVERED if what == "delivered" else Outcome.FAILED, on, what)
    move(row, name, reason="" if what == "delivered" else what, by=by, ended_at=clock.now())
    Posting.objects.filter(pk=posting.pk).update(result_on=on)
    return row


@action
@clause("P3 4.2.3")
def attach_slip(posting: Posting, upload: Upload, *, by: User, on: dt.date | None = None) -> Posting:
    """The slip came back signed: it is kept, and the letter was delivered (on a day, today when not said).

    Raises ``Refusal``: 403; 422 for a file that is not taken; 409 when there is one already.
    """
    demand(by, "outreach.send")
    files.kinds([upload])
    row = Posting.objects.select_for_update(of=("self",)).select_related("message__attempt").get(pk=posting.pk)
    if row.slip_sha256:
        raise Refusal("slip_there", _("The slip of this letter is kept already."))
    row.slip_sha256, row.slip_size = files.keep(upload.content), len(upload.content)
    row.slip_name_stored = sealing.seal(upload.name[:200])
    row.save(update_fields=["slip_sha256", "slip_size", "slip_name_stored"])
    message = row.message
    if message.attempt is not None:
        AttemptEvent.objects.create(attempt=message.attempt, at=clock.now(), told="slip", sha256=row.slip_sha256)
    if message.state in (MessageState.SENT, MessageState.PRINTED):
        result(row, "delivered", on=on or clock.today(), by=by)
    tell(SlipAttached(thing_id=message.pk, party_id=message.party_id, case=message.case, sha256=row.slip_sha256), by=by)
    return row


def _conclude(row: Message, outcome: str, on: dt.date, told: str) -> None:
    attempt = row.attempt
    if attempt is not None and attempt.outcome in (Outcome.OPEN, Outcome.SENT):
        noon = dt.datetime.combine(on, dt.time(12), clock.zone())
        guard.conclude(attempt, outcome, at=max(min(noon, clock.now()), attempt.at), told=told)
        attempt.refresh_from_db()


def _demand_day(on: dt.date, after: dt.date) -> None:
    if not after <= on <= clock.today():
        raise Refusal(
            "day_impossible", _("The day must lie between {after} and today."), status=422, field="on", after=after
        )  # fmt: skip
