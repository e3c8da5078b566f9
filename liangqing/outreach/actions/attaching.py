"""An e-mail with files: what somebody wants to go with it, looked at before it is written.

A letter and a statement are made when it leaves (``enclosing``), of what is owed then; what is handed in is kept at once.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, files, media, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import enclosing, guard, messages
from liangqing.outreach.actions.messages import Want
from liangqing.outreach.actions.routing import NotNow
from liangqing.outreach.content import documents, statements
from liangqing.outreach.content.letters import PDF, WHO_OWES
from liangqing.outreach.kinds import Channel, Content
from liangqing.outreach.models import Message, MessageFile
from liangqing.outreach.queries.asking import rules_of
from liangqing.outreach.queries.facts import recipient_of
from liangqing.outreach.rules import language
from liangqing.parties.queries.members import customer
from liangqing.people.models import User
from liangqing.people.rights import demand

MOST_FILES = 10
"""Files handed in with one mail."""
_TEXT = "text/plain"
_TAKEN = frozenset(kind for kind in media.KINDS if not kind.startswith("audio/"))
"""Papers, pictures, sheets and texts. Recordings hold voices and stay in the house."""
_Kind = MessageFile.Kind


@dataclass(frozen=True, kw_only=True)
class Enclosed:
    """What shall go with a mail: the letter of demand, a statement of open bills (``pdf`` or ``xlsx``), files handed in."""

    letter: bool = False
    statement: str = ""
    uploads: tuple[Upload, ...] = ()

    def __bool__(self) -> bool:
        return self.letter or bool(self.statement) or bool(self.uploads)

    @property
    def named(self) -> str:
        """Tells one choice of files from another."""
        told = [str(self.letter), self.statement, *(hashlib.sha256(each.content).hexdigest() for each in self.uploads)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


@action
@clause("P3 4.1.1", "P3 4.2.4")
def send(want: Want, enclosed: Enclosed, *, by: User) -> Message:
    """``messages.send``, with files. Wanted again with the same files, it is the message that is there already.

    Raises ``Refusal``: as ``messages.send``; 422 for files with anything but an e-mail (``files_by_mail``), to somebody
    who does not owe (``files_to_whom``), for a kind that is not sent, too many or too large ones, words that may not be
    said in a text or Word document, and what can't be made now; 409 (``contact_refused``) for files with an answer at a
    time or by a way at which no bill may go.
    """
    demand(by, "outreach.send")
    if not enclosed:
        return messages.send(want, by=by)
    kinds = _demand_sound(want, enclosed)
    _demand_lawful(want, enclosed, by)
    row = messages.send(dataclasses.replace(want, step=f"{want.step}:{enclosed.named}"), by=by)
    if row.files.exists():
        return row
    rows = [MessageFile(message=row, kind=_Kind.LETTER, media_type=PDF, by=by)] if enclosed.letter else []
    if enclosed.statement:
        form = statements.FORMS[enclosed.statement]
        rows.append(MessageFile(message=row, kind=_Kind.STATEMENT, media_type=form, by=by))
    rows += [
        MessageFile(
            message=row, kind=_Kind.UPLOAD, media_type=kind, by=by, sha256=files.keep(each.content),
            size=len(each.content), name_stored=sealing.seal(media.clean_name(each.name, kind)),
        )
        for each, kind in zip(enclosed.uploads, kinds, strict=True)
    ]  # fmt: skip
    MessageFile.objects.bulk_create(rows)
    rules, regime = rules_of(row.party, row.creditor, clock.today())
    try:
        enclosing.made(row, regime, clock.today(), rules, bills=row.bills)
    except NotNow as told:
        raise Refusal(told.reason, "{said}", status=422, field="files", said=told.said) from told
    enclosing.tell_files(row, rows, sent=False)
    return row


def _demand_sound(want: Want, enclosed: Enclosed) -> list[str]:
    """The media types of what was handed in. Raises ``Refusal`` as ``send``."""
    if want.channel != Channel.EMAIL:
        raise Refusal("files_by_mail", _("Files go with an e-mail only."), status=422, field="files")
    recipient = want.recipient or recipient_of(customer(want.party), want.contact.role)
    if recipient not in WHO_OWES or want.content == Content.LOCATE:
        raise Refusal("files_to_whom", _("Files go to nobody but those who owe."), status=422, field="files")
    if enclosed.letter and want.content not in enclosing.WITH_LETTER:
        raise Refusal("no_letter_with", _("Only a demand carries a letter of demand."), status=422, field="letter")
    if enclosed.statement and enclosed.statement not in statements.FORMS:
        raise Refusal("unknown_choice", _("Choose PDF or Excel."), status=422, field="statement")
    if len(enclosed.uploads) > MOST_FILES:
        raise Refusal(
            "too_many_files", _("At most {most} files go with one e-mail."), status=422, field="files", most=MOST_FILES
        )
    rules, regime = rules_of(want.party, want.creditor, clock.today())
    enclosing.demand_size(sum(len(each.content) for each in enclosed.uploads), rules)
    try:
        kinds = files.kinds(enclosed.uploads)
    except Refusal as refusal:
        refusal.facts["field"] = "files"
        raise
    for each, kind in zip(enclosed.uploads, kinds, strict=True):
        if kind not in _TAKEN:
            raise Refusal(
                "kind_not_sent",
                _(
                    "“{name}” is not sent by e-mail: recordings stay in the house. Send PDF, pictures, Word, Excel or text."
                ),
                status=422,
                field="files",
                name=each.name,
            )
        _demand_words(each, kind, want.content, regime)
    return kinds


def _demand_lawful(want: Want, enclosed: Enclosed, by: User) -> None:
    """Not all that is handed in can be read, and it may ask for money: with an answer it goes only when a bill could."""
    if want.content not in (Content.REPLY, Content.CONFIRM) or not enclosed.uploads:
        return
    verdict = guard.look(dataclasses.replace(messages.wish_of(want, by=by), content=Content.BILL))
    if not verdict.allowed:
        reasons = "; ".join(guard.said(each) for each in verdict.deciding)
        raise Refusal("contact_refused", _("Not allowed: {reason}."), reason=reasons)


def _decoded(content: bytes) -> str:
    """``media.media_type`` took it for a text, so one of the two it is."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _demand_words(upload: Upload, kind: str, content: str, regime: str) -> None:
    """What can be read of a file is held against the list of words, as what is typed is."""
    said = ""
    if kind == _TEXT:
        said = _decoded(upload.content)
    elif kind == documents.DOCX:
        said = documents.words(upload.content)
    for hit in language.check(said, content=content, regime=regime) if said else ():
        if hit.severity in ("block", "counsel"):
            raise Refusal(
                "language_forbidden",
                _("“{found}” may not be said ({category}): it stands in “{name}”. Change the file."),
                status=422,
                field="files",
                found=hit.found,
                category=hit.category,
                name=upload.name,
            )
