"""What goes with an e-mail when it leaves: files that were handed in as they are, a letter and a statement made of this moment.

They are made before the guard is asked, kept under their hash, and stand with the receipt of the contact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, files, media, sealing
from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal
from liangqing.kit.typeset import TypesetError
from liangqing.outreach.actions.routing import NotNow
from liangqing.outreach.channels.sending import Attachment
from liangqing.outreach.content import letters, statements
from liangqing.outreach.content.letters import Addressee
from liangqing.outreach.content.values import Values
from liangqing.outreach.events import FilesAttached
from liangqing.outreach.kinds import Channel, Content
from liangqing.outreach.models import Attempt, AttemptEvent, Message, MessageFile
from liangqing.outreach.queries import asking
from liangqing.outreach.queries.templates import choose
from liangqing.parties.queries.members import customer
from liangqing.policy import Policy
from liangqing.trail.actions.tell import tell

WITH_LETTER = (Content.DEMAND, Content.FORMAL)
"""Only what is a demand itself carries a letter of demand: the guard is asked about what is really sent."""
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Enclosure:
    """A file as it goes: the row that remembers it, its name and its bytes."""

    row: MessageFile
    name: str
    media_type: str
    content: bytes = field(repr=False)

    @property
    def attachment(self) -> Attachment:
        return Attachment(self.name, self.content, self.media_type)


@clause("P3 4.2.4")
def made(
    message: Message,
    regime: str,
    day: dt.date,
    rules: Policy,
    *,
    bills: Collection[int] = (),
    parts: Sequence[Message] = (),
) -> list[Enclosure]:
    """All that goes with a message and with what becomes part of it; of letter and statement one of each form. Nothing is
    kept yet. Raises ``NotNow`` (refused) for what can't be made, is gone, or is too large together."""
    if message.channel != Channel.EMAIL:
        return []
    wanted = Q(message=message) | Q(message__into=message) | Q(message__in=[part.pk for part in parts])
    rows = {_which(row): row for row in MessageFile.objects.filter(wanted).order_by("-id")}
    try:
        found = [_one(row, message, regime, day, bills) for row in sorted(rows.values(), key=lambda row: row.pk)]
        demand_size(sum(len(each.content) for each in found), rules)
    except Refusal as refusal:
        raise NotNow("refuse", refusal.code, refusal.sentence) from refusal
    except TypesetError as problem:
        raise NotNow("refuse", "not_set", str(problem)) from problem
    return found


def note(message: Message, attempt: Attempt, enclosed: Sequence[Enclosure]) -> None:
    """What goes is kept under its hash, with the receipt of the contact, in the transaction that lets it leave."""
    for each in enclosed:
        row = each.row
        if row.kind != MessageFile.Kind.UPLOAD:
            row.sha256, row.size, row.made_at = files.keep(each.content), len(each.content), clock.now()
            row.media_type, row.name_stored = each.media_type, sealing.seal(each.name)
            row.save(update_fields=["sha256", "size", "made_at", "media_type", "name_stored"])
        AttemptEvent.objects.create(
            attempt=attempt, at=clock.now(), told="attached", sha256=row.sha256, detail_stored=sealing.seal(each.name)
        )
    if enclosed:
        tell_files(message, [each.row for each in enclosed], sent=True)


def tell_files(message: Message, rows: Sequence[MessageFile], *, sent: bool) -> None:
    by = None if sent else message.by
    named = [f"{row.kind} {row.sha256}".strip() for row in rows]
    tell(
        FilesAttached(thing_id=message.pk, party_id=message.party_id, case=message.case, files=named, sent=sent), by=by
    )  # fmt: skip


def demand_size(size: int, rules: Policy) -> None:
    """Raises ``Refusal`` (422, field ``files``) for more bytes than the term ``outreach.attachments_mb`` says."""
    most = int(rules.terms["outreach.attachments_mb"])
    if size > most * MEGABYTE:
        raise Refusal(
            "files_too_large",
            _("The files are larger than {most} MB together. Send fewer or smaller ones."),
            status=422,
            field="files",
            most=most,
        )


def _which(row: MessageFile) -> tuple[str, str]:
    """What counts as the same file."""
    if row.kind == MessageFile.Kind.LETTER:
        return row.kind, ""
    return row.kind, row.sha256 if row.kind == MessageFile.Kind.UPLOAD else row.media_type


def _one(row: MessageFile, message: Message, regime: str, day: dt.date, bills: Collection[int]) -> Enclosure:
    if row.kind == MessageFile.Kind.UPLOAD:
        return Enclosure(row, row.name, row.media_type, files.read(row.sha256, row.size).read())
    if row.kind == MessageFile.Kind.LETTER:
        return _letter(row, message, regime, day, bills)
    values = _values(message, Content.BILL, day, ())
    content = statements.made(values, row.media_type)
    name = media.clean_name(f"{statements.title(values.language)} {day}", row.media_type)
    return Enclosure(row, name, row.media_type, content)


def _letter(row: MessageFile, message: Message, regime: str, day: dt.date, bills: Collection[int]) -> Enclosure:
    """The letter a batch would print now for the same purpose, to the address of the mail."""
    if message.content not in WITH_LETTER:
        raise Refusal("no_letter_with", _("Only a demand carries a letter of demand."), status=422, field="letter")
    party, given = customer(message.party), message.given
    version = choose(
        Channel.LETTER,
        message.content,
        message.recipient,
        str(given.get("level", "") or asking.level_of(party, message.creditor)),
        str(given.get("customer_class", "") or party.customer_class),
        asking.language_of(party),
        day,
        regime=regime,
    )
    reference = f"LQ-E-{day.year}-{message.pk:06d}"
    values = _values(message, message.content, day, bills, reference=reference)
    letter = letters.compose(version, values, Addressee(party.name, (message.value,)))
    name = media.clean_name(f"{letter.rendered.subject or version.template.name} {reference}", letter.media_type)
    return Enclosure(row, name, letter.media_type, letters.paper(letter))


def _values(message: Message, content: str, day: dt.date, bills: Collection[int], *, reference: str = "") -> Values:
    due = asking.asked(message.party, message.creditor, content, day, bills=bills)
    if not due:
        raise Refusal("nothing_open", _("No bill is open that is not disputed: there is nothing to state."))
    return asking.values(
        message.party, due, channel=Channel.LETTER, case=message.case, by=message.by, given=message.given,
        reference=reference,
    )  # fmt: skip
